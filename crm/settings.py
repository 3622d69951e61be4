"""All settings, read from the environment (see .env.example). Nothing here needs changing to start."""

import os
import sys
from pathlib import Path
from typing import Any

import environ
import structlog
from botocore.config import Config

from calls.providers.registry import read_credentials
from crm import embedded
from crm.secret_key import local_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env: Any = environ.Env()  # type: ignore[no-untyped-call]
environ.Env.read_env(BASE_DIR / ".env")

BRAND = env("BRAND", default="Switchboard")
TESTING = "pytest" in sys.modules
DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = embedded.data_dir()
SECRET_KEY = env("SECRET_KEY", default="") or local_secret_key(DATA_DIR)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
PORT = env.int("PORT", default=int(embedded.running("port") or 8000))
PUBLIC_BASE_URL = env(
    "PUBLIC_BASE_URL", default=embedded.running("public_base_url") or f"http://127.0.0.1:{PORT}"
).rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
NUM_PROXIES = env.int("NUM_PROXIES", default=0)

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
    "template_partials.apps.SimpleAppConfig",
    "pgtrigger",
    "pghistory",
    "core",
    "accounts",
    "contacts",
    "network",
    "enrichment",
    "leads",
    "campaigns",
    "notes",
    "calls",
    "crm",
]

MIDDLEWARE = [
    "core.logging.RequestIdMiddleware",
    "crm.observability.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.edge.EdgeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.TenantMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.LoginRequiredMiddleware",
]

ROOT_URLCONF = "crm.urls"
ASGI_APPLICATION = "crm.asgi.application"
WSGI_APPLICATION = "crm.wsgi.application"
APPEND_SLASH = False

TEMPLATE_LOADERS: list[Any] = [
    "django_cotton.cotton_loader.Loader",
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [("django.template.loaders.cached.Loader", TEMPLATE_LOADERS)],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
                "core.templatetags.ui",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "crm.navigation.shell",
            ],
        },
    }
]

# Database: DATABASE_URL is the role the product runs under, DATABASE_OWNER_URL the one that migrates.
if not env("DATABASE_URL", default=""):
    _urls = embedded.ensure_postgres()
    env.ENVIRON.update(DATABASE_URL=_urls.database_url, DATABASE_OWNER_URL=_urls.owner_url)
DATABASE_APP_ROLE = env("DATABASE_APP_ROLE", default="crm_app")
_owner_url = env("DATABASE_OWNER_URL", default="") or env("DATABASE_URL")


def _database(url: str, **options: Any) -> dict[str, Any]:
    config = env.db_url_config(url)
    config["ENGINE"] = "core.postgres"
    config["ATOMIC_REQUESTS"] = True
    config["CONN_HEALTH_CHECKS"] = False
    config["OPTIONS"] = {**config.get("OPTIONS", {}), **options}
    return dict(config)


# With only one URL the product steps down from it to DATABASE_APP_ROLE, which migrations create.
_role = "" if _owner_url != env("DATABASE_URL") else f" -c role={DATABASE_APP_ROLE}"
_app_options: dict[str, Any] = {
    "options": f"-c statement_timeout={env('STATEMENT_TIMEOUT', default='15s')} -c lock_timeout=5s{_role}"
}
if not TESTING:
    _app_options["pool"] = {"min_size": 1, "max_size": env.int("DB_POOL_MAX", default=16), "timeout": 10}
DATABASES = {
    "default": _database(env("DATABASE_URL"), **_app_options),
    "owner": _database(_owner_url) | {"ATOMIC_REQUESTS": False},
}
DATABASES["owner"]["TEST"] = {"MIRROR": "default"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if not env("REDIS_URL", default=""):
    env.ENVIRON.update(REDIS_URL=embedded.ensure_redis())
REDIS_URL = env("REDIS_URL")
CACHE_URL = env("CACHE_URL", default=REDIS_URL)
if TESTING:  # each test process has a numbered database of its own
    _worker = env("PYTEST_XDIST_WORKER", default="gw0").removeprefix("gw")
    CACHE_URL = REDIS_URL = f"{REDIS_URL}{'&' if '?' in REDIS_URL else '?'}db={int(_worker) + 1}"
CACHES = {"default": {"BACKEND": "core.cache.TenantCache", "LOCATION": CACHE_URL, "KEY_PREFIX": "sb"}}

AUTH_USER_MODEL = "accounts.User"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # the email is unique by its lower-case index
AUTHENTICATION_BACKENDS = ["accounts.authentication.EmailBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TESTING:
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login"
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_BASE_URL.startswith("https://")
SESSION_COOKIE_NAME = f"session_{PORT}"
CSRF_COOKIE_NAME = f"csrf_{PORT}"
CSRF_FAILURE_VIEW = "core.edge.csrf_failure"
ACCESS_TOKEN_SECONDS = env.int("ACCESS_TOKEN_SECONDS", default=900)
REFRESH_TOKEN_DAYS = env.int("REFRESH_TOKEN_DAYS", default=30)

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=0)
if NUM_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ("/admin", "/api/v1/docs"),
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "worker-src": ["'self'", "blob:"],
        "frame-ancestors": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.BearerAuthentication",
        "accounts.authentication.ApiKeyAuthentication",
        "accounts.authentication.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.IsAgent"],
    "DEFAULT_RENDERER_CLASSES": ["core.parsing.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.parsing.StrictJsonParser"],
    "DEFAULT_PAGINATION_CLASS": "core.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": ["core.filtering.StrictFilterBackend", "core.filtering.StrictOrderingFilter"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.throttling.IdentityThrottle"],
    "DEFAULT_SCHEMA_CLASS": "crm.openapi.ProblemAutoSchema",
    "EXCEPTION_HANDLER": "core.problems.exception_handler",
    "NUM_PROXIES": NUM_PROXIES,
    "URL_FORMAT_OVERRIDE": None,
    "DATETIME_FORMAT": "iso-8601",
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
API_RATE = env("API_RATE", default="6000/min")
INTAKE_RATE_PER_FORM_AND_ADDRESS = env("INTAKE_RATE_PER_FORM_AND_ADDRESS", default="10/min")
INTAKE_RATE_PER_ADDRESS = env("INTAKE_RATE_PER_ADDRESS", default="60/min")
LOGIN_FAILURE_RATE = env("LOGIN_FAILURE_RATE", default="10/5min")
SPECTACULAR_SETTINGS = {
    "TITLE": f"{BRAND} API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "crm.openapi.finish_schema",
    ],
    "PREPROCESSING_HOOKS": ["crm.openapi.only_the_contract"],
}

CELERY_BROKER_URL = REDIS_URL
if REDIS_URL.startswith("unix://"):  # Celery's own writing of a Unix socket
    CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600}
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20.0
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "default"

SIMULATOR_URL = env("SIMULATOR_URL", default="") or embedded.running("simulator_url")
SIMULATOR_KEY = env("SIMULATOR_KEY", default=embedded.running("simulator_key") or "simulator-key")
SIMULATOR_SECRET = env("SIMULATOR_SECRET", default=embedded.running("simulator_secret") or "simulator-secret")
SIMULATOR_SPEED = env.float("SIMULATOR_SPEED", default=10.0)
# Credentials of real telephony providers, by name: TELEPHONY_VAPI_KEY and so on (docs/providers.md).
TELEPHONY = read_credentials(os.environ)
DIALER_LEASE_SECONDS = env.float("DIALER_LEASE_SECONDS", default=30.0)
IMPORT_LEASE_SECONDS = env.float("IMPORT_LEASE_SECONDS", default=60.0)
GRAVATAR_BASE_URL = env("GRAVATAR_BASE_URL", default="https://api.gravatar.com")
HUNTER_BASE_URL = env("HUNTER_BASE_URL", default="https://api.hunter.io")
PEOPLE_DATA_LABS_BASE_URL = env("PEOPLE_DATA_LABS_BASE_URL", default="https://api.peopledatalabs.com")
APOLLO_BASE_URL = env("APOLLO_BASE_URL", default="https://api.apollo.io")
ENRICHMENT_SIMULATED_MS = env.int("ENRICHMENT_SIMULATED_MS", default=0 if TESTING else 10)

MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(DATA_DIR / "media")))
STORAGES = {
    "default": {"BACKEND": env("STORAGE_BACKEND", default="django.core.files.storage.FileSystemStorage")},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG
        else env("STATICFILES_BACKEND", default="crm.static_storage.LocalStaticStorage")
    },
}
AWS_STORAGE_BUCKET_NAME = env("S3_BUCKET", default=None)
AWS_S3_ENDPOINT_URL = env("S3_ENDPOINT_URL", default=None)
AWS_S3_REGION_NAME = env("S3_REGION", default=None)
AWS_ACCESS_KEY_ID = env("S3_ACCESS_KEY_ID", default=None)
AWS_SECRET_ACCESS_KEY = env("S3_SECRET_ACCESS_KEY", default=None)
AWS_S3_MAX_MEMORY_SIZE = 1024 * 1024
AWS_S3_CLIENT_CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 3})
AWS_QUERYSTRING_EXPIRE = 300
AWS_S3_FILE_OVERWRITE = False
CLAMAV_ADDRESS = env("CLAMAV_ADDRESS", default="")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
STATIC_URL = "/static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_MAX_AGE = 3600

EMAIL_BACKEND = env("EMAIL_BACKEND", default="")
if not EMAIL_BACKEND:
    EMAIL_BACKEND = (
        "core.smtp.EmailBackend"
        if env("EMAIL_HOST", default="")
        else "django.core.mail.backends.filebased.EmailBackend"
    )
EMAIL_FILE_PATH = str(DATA_DIR / "mail")
EMAIL_HOST = env("EMAIL_HOST", default="")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default=f"{BRAND} <noreply@switchboard.invalid>")
ANYMAIL = env.json("ANYMAIL", default={})

FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS", default=[])
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
PGHISTORY_DEFAULT_TRACKERS = ()
UNFOLD = {"SITE_TITLE": BRAND, "SITE_HEADER": BRAND, "SITE_URL": "/"}

_processors: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
LOG_JSON = env.bool("LOG_JSON", default=not sys.stderr.isatty())
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer()
            if LOG_JSON
            else structlog.dev.ConsoleRenderer(colors=False),
            "foreign_pre_chain": _processors,
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "httpx": {"level": "WARNING"},
        "django.server": {"level": "WARNING"},
    },
}
structlog.configure(
    processors=[*_processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
SENTRY_DSN = env("SENTRY_DSN", default="")
WEBHOOK_ALLOWED_ORIGINS = env.list("WEBHOOK_ALLOWED_ORIGINS", default=[])
METRICS_TOKEN = env("METRICS_TOKEN", default="")
