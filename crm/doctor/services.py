"""Checks of what the product talks to: database, Redis, workers, beat, the simulated phone network."""

import datetime as dt
from typing import Any

import httpx
import psycopg
from django.conf import settings
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from redis import Redis
from redis.exceptions import ResponseError

from core.models import Heartbeat
from core.rls import catalogue_problems
from crm.doctor.dialing import invariants
from crm.doctor.findings import Check, Finding, fail, ok, warn

QUEUES = ("default", "dialer", "enrichment", "mail")
OLDEST_POSTGRES = 140000
MIGRATE = "run manage.py migrate --database owner"


def _row(sql: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row: tuple[Any, ...] = cursor.fetchone()
        return row


def database() -> Finding:
    """The database answers and is new enough; asked past the pool, which would wait and hide the reason."""
    wanted = connection.get_connection_params()
    target = {name: wanted[name] for name in ("dbname", "user", "password", "host", "port") if name in wanted}
    try:
        with psycopg.connect(**target, connect_timeout=5) as direct:
            row = direct.execute("SELECT version(), pg_size_pretty(pg_database_size(current_database()))").fetchone()
            number = direct.info.server_version
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        return fail(reason[:300], "start it, or correct DATABASE_URL; without DATABASE_URL an embedded one is used")
    version, size = row or ("", "")
    words = f"{' '.join(version.split()[:2])}, {size}"
    return fail(words, "PostgreSQL 14 or newer is needed") if number < OLDEST_POSTGRES else ok(words)


def migrations() -> Finding:
    """The tables are as this version of the product expects them."""
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    return fail(f"{missing} migrations are not applied", MIGRATE) if missing else ok("all applied")


def tenant_wall() -> Finding:
    """Row-level security holds for every tenant table, under a role that cannot step around it."""
    problems = catalogue_problems(connection)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        return fail(problems[0] + more, f"{MIGRATE}; give DATABASE_URL a role that owns nothing")
    (role,) = _row("SELECT current_user::text")
    return ok(f"row-level security is forced on every tenant table, and {role} cannot step around it")


def search_support() -> Finding:
    """Search has its extensions, and may use indexes under row-level security."""
    found, leakproof = _row(
        "SELECT (SELECT array_agg(extname::text) FROM pg_extension),"
        " (SELECT bool_and(proleakproof) FROM pg_proc WHERE proname = 'ts_match_vq')"
    )
    missing = {"pg_trgm", "unaccent", "btree_gin"} - set(found)
    if missing:
        return fail(f"missing extensions: {', '.join(sorted(missing))}", "run deploy/postgres/init.sql as superuser")
    if not leakproof:
        return warn(
            "full-text search cannot use its index under row-level security",
            "run deploy/postgres/init.sql as superuser",
        )
    return ok("extensions are there, indexes usable under row-level security")


def clocks() -> Finding:
    """The clocks of this machine and of the database agree."""
    (theirs,) = _row("SELECT clock_timestamp()")
    skew = abs((dt.datetime.now(dt.UTC) - theirs).total_seconds())
    words = f"this machine and the database differ by {skew:.1f} s"
    if skew > 30:
        return fail(words, "synchronise the clocks (NTP): tokens and signatures expire at the wrong time")
    return warn(words, "synchronise the clocks (NTP)") if skew > 2 else ok(words)


def redis() -> Finding:
    """Redis answers and refuses new work when full instead of dropping old work."""
    client = Redis.from_url(settings.REDIS_URL, socket_timeout=3, socket_connect_timeout=3)
    version = client.info("server")["redis_version"]
    try:
        policy = client.config_get("maxmemory-policy")["maxmemory-policy"]
    except (ResponseError, KeyError):
        return warn(f"Redis {version}; its maxmemory-policy cannot be read", "make sure that it is noeviction")
    if policy != "noeviction":
        return fail(f"Redis {version} has maxmemory-policy {policy}", "set noeviction: queues lose work otherwise")
    return ok(f"Redis {version}, noeviction")


def workers() -> Finding:
    """A worker takes work from every queue (beat sends each a small task every 30 seconds)."""
    (now,) = _row("SELECT now()")
    beats = dict(Heartbeat.objects.values_list("name", "beat_at"))
    silent = {name: beats.get(name) for name in QUEUES if name not in beats or (now - beats[name]).total_seconds() > 90}
    if len(silent) == len(QUEUES):
        return warn("nothing was heard from beat and workers for 90 s", "start script/server, or the workers and beat")
    if silent:
        return fail(
            f"no worker takes work from: {', '.join(silent)}", "start a worker for it, or restart the one there is"
        )
    age = max((now - beats[name]).total_seconds() for name in QUEUES)
    return ok(f"beat sends and every queue is worked on, {age:.0f} s ago at the longest")


def simulator() -> Finding:
    """The simulated phone network answers."""
    if not settings.SIMULATOR_URL:
        return warn("not running; simulated campaigns wait", "start script/server, or set SIMULATOR_URL")
    try:
        answer = httpx.get(f"{settings.SIMULATOR_URL}/healthz", timeout=3)
    except httpx.HTTPError as error:
        return fail(f"{settings.SIMULATOR_URL} does not answer: {error}", "start python -m simulator there")
    if answer.status_code != httpx.codes.OK:
        return fail(f"{settings.SIMULATOR_URL} answers {answer.status_code}", "look at its log")
    return ok(f"{settings.SIMULATOR_URL}, speed {answer.json().get('speed')}")


def migrating_role() -> Finding:
    """Migrations have a role of their own, which owns the tables."""
    if settings.DATABASES["owner"].get("USER") == settings.DATABASES["default"].get("USER"):
        role = settings.DATABASE_APP_ROLE
        if settings.DATABASES["default"].get("USER") == role:
            return ok("not known to this process, as it should be; migrations run elsewhere")
        return warn(
            f"DATABASE_OWNER_URL is not set; the product steps down to {role} in each session",
            "give the product a login of its own in DATABASE_URL, and the owner's in DATABASE_OWNER_URL",
        )
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolname FROM pg_roles WHERE rolname = current_user")
        is_super, role = cursor.fetchone()
    if is_super:
        return warn(
            f"migrations run as the superuser {role}", "give DATABASE_OWNER_URL a role that only owns the database"
        )
    return ok(f"{role} owns the tables and migrates")


DATABASE_CHECKS: list[tuple[str, Check]] = [
    ("migrations", migrations),
    ("tenant wall", tenant_wall),
    ("owner role", migrating_role),
    ("search", search_support),
    ("clocks", clocks),
    ("workers", workers),
    ("dialing", invariants),
]
OTHER_CHECKS: list[tuple[str, Check]] = [
    ("redis", redis),
    ("simulator", simulator),
]
