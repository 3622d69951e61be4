"""Checks of the machine and the settings, which need no server."""

import io
import os
import platform
import shutil
import sys
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import get_connection

from core.virus_scan import find_virus
from crm.doctor.findings import Check, Finding, fail, ok, warn

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
MEGABYTE = 1024 * 1024


def _public() -> bool:
    """Tell whether the product is meant to be reached from elsewhere."""
    return urlsplit(settings.PUBLIC_BASE_URL).hostname not in LOCAL_HOSTS


def python_version() -> Finding:
    """Python is one that this product is tested on."""
    words = f"Python {platform.python_version()}"
    return ok(words) if sys.version_info < (3, 14) else warn(words, "tested on 3.11 to 3.13")


def disk() -> Finding:
    """There is room for data and recordings."""
    Path(settings.DATA_DIR).mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.DATA_DIR).free // MEGABYTE
    words = f"{free:,} MB free at {settings.DATA_DIR}"
    if free < 200:
        return fail(words, "make room: the database stops when the disk is full")
    return warn(words, "make room soon") if free < 1024 else ok(words)


def secret_key() -> Finding:
    """Sessions and tokens are signed with a key of one's own."""
    given = bool(os.environ.get("SECRET_KEY"))
    if len(settings.SECRET_KEY) < 32:
        return fail("SECRET_KEY is shorter than 32 characters", "set a long random SECRET_KEY")
    if not given and _public():
        return warn(
            f"SECRET_KEY is not set; one was made in {settings.DATA_DIR}",
            "set SECRET_KEY: every machine needs the same, and it must outlive this folder",
        )
    return ok("given by SECRET_KEY" if given else f"made once in {settings.DATA_DIR}/secret_key")


def encryption_key() -> Finding:
    """Provider keys are encrypted under a key that a change of SECRET_KEY does not lose."""
    if not settings.FIELD_ENCRYPTION_KEYS and _public():
        return warn("FIELD_ENCRYPTION_KEYS is not set", "set it, so that stored provider keys survive a new SECRET_KEY")
    return ok("provider keys are encrypted")


def public_address() -> Finding:
    """Links in mails and the addresses given to phone networks lead here."""
    url = urlsplit(settings.PUBLIC_BASE_URL)
    if url.scheme not in ("http", "https") or not url.hostname:
        return fail(f"PUBLIC_BASE_URL is {settings.PUBLIC_BASE_URL!r}", "set it as https://crm.example.com")
    allowed = settings.ALLOWED_HOSTS
    if (
        url.hostname not in allowed
        and "*" not in allowed
        and not any(host.startswith(".") and f".{url.hostname}".endswith(host) for host in allowed)
    ):
        return fail(f"ALLOWED_HOSTS lacks {url.hostname}", f"set ALLOWED_HOSTS={url.hostname}")
    if not _public():
        return ok(f"{settings.PUBLIC_BASE_URL} (this machine only: real phone networks cannot report back)")
    if url.scheme == "http":
        return warn(f"{settings.PUBLIC_BASE_URL} is not encrypted", "serve over https and set PUBLIC_BASE_URL so")
    return ok(settings.PUBLIC_BASE_URL)


def debug_mode() -> Finding:
    """Nobody outside sees tracebacks and settings."""
    if settings.DEBUG and _public():
        return fail("DEBUG is on", "unset DEBUG")
    return warn("DEBUG is on", "unset DEBUG except for development") if settings.DEBUG else ok("off")


def email() -> Finding:
    """Mail can be handed over."""
    backend = settings.EMAIL_BACKEND
    if backend.endswith("filebased.EmailBackend"):
        words = f"no mail server is set; mails are written to {settings.EMAIL_FILE_PATH}"
        return warn(words, "set EMAIL_HOST, or EMAIL_BACKEND and ANYMAIL") if _public() else ok(words)
    if backend.endswith(("console.EmailBackend", "dummy.EmailBackend", "locmem.EmailBackend")):
        return warn(f"{backend} sends nothing", "set EMAIL_HOST, or EMAIL_BACKEND and ANYMAIL")
    if backend.endswith("smtp.EmailBackend"):
        connection = get_connection(fail_silently=False)
        connection.open()
        connection.close()
        return ok(f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT} takes mail")
    return ok(backend)


def file_storage() -> Finding:
    """Files and recordings can be written, read and removed."""
    name = default_storage.save("doctor/probe.txt", ContentFile(b"probe"))
    try:
        with default_storage.open(name) as file:
            if file.read() != b"probe":
                return fail("a file came back changed", "check the storage behind STORAGE_BACKEND")
    finally:
        default_storage.delete(name)
    return ok(settings.STORAGES["default"]["BACKEND"].rpartition(".")[2])


def virus_scanner() -> Finding:
    """Uploads are looked at by ClamAV, when one is named."""
    if not settings.CLAMAV_ADDRESS:
        return ok("none; uploads are judged by their content only")
    host, _, port = settings.CLAMAV_ADDRESS.rpartition(":")
    if not (host and port.isdigit()):
        return fail("CLAMAV_ADDRESS is not host:port", "write it like 127.0.0.1:3310")
    find_virus(io.BytesIO(b"probe"), host=host, port=int(port), timeout=5)
    return ok(settings.CLAMAV_ADDRESS)


def chromium() -> Finding:
    """Browser tests can run; the product itself needs none."""
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    return ok(f"{path} (for browser tests)" if Path(path).exists() else "not installed; only browser tests need it")


SURROUNDING_CHECKS: list[tuple[str, Check]] = [
    ("python", python_version),
    ("disk", disk),
    ("secret key", secret_key),
    ("encryption", encryption_key),
    ("public address", public_address),
    ("debug", debug_mode),
    ("email", email),
    ("files", file_storage),
    ("virus scanner", virus_scanner),
    ("chromium", chromium),
]
