"""The room for uploaded files: private, under generated names, on disk or in any storage Django speaks to."""

import contextlib
import errno
import mimetypes
import os
import re
import secrets
import urllib.parse
from pathlib import PurePosixPath
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import FileResponse

from core.problems import DomainError, NotFound
from core.scope import current_tenant_id
from core.virus_scan import ScannerUnavailable, find_virus

log = structlog.get_logger(__name__)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"\\/:*?<>|\u202a-\u202e\u2066-\u2069]')


class StorageFull(DomainError):
    """The storage takes no more."""

    code = "storage_full"
    status = 507
    title = "The file storage is full."


class StorageUnavailable(DomainError):
    """The storage cannot be reached or does not do what it is asked."""

    code = "storage_unavailable"
    status = 503
    title = "The file storage does not answer. Try again in a moment."


class InfectedFile(DomainError):
    """The virus scanner found something."""

    code = "infected_file"
    status = 400
    title = "The virus scanner found something in the file."


class NotScanned(DomainError):
    """A scanner is set up and gave no verdict: nothing is taken unseen."""

    code = "scanner_unavailable"
    status = 503
    title = "The file could not be checked for viruses. Try again in a moment."


def display_name(name: str) -> str:
    """A client's file name fit to be shown and offered for download: no path, no control characters, ≤ 150 long."""
    plain = _UNSAFE.sub("", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(". ")
    stem, dot, extension = plain.rpartition(".")
    if not dot:
        return plain[:150] or "file"
    return f"{stem[: 149 - len(extension)]}.{extension}"[:150]


def keep(*, content: Any, room: str, extension: str) -> str:
    """Store a stream under the open tenant and a generated name; return the name.

    The bytes are on disk (or uploaded) before the caller's row exists; forget_later() is for the other way round.
    Raises InfectedFile, NotScanned, StorageFull, StorageUnavailable; nothing is left behind then.
    """
    _refuse_viruses(content)
    name = f"{current_tenant_id()}/{room}/{secrets.token_hex(16)}{extension.lower()}"
    content.seek(0)
    try:
        stored = default_storage.save(name, File(content))
        _sync(stored)
    except (OSError, BotoCoreError, ClientError) as error:
        log.warning("storage_failed", error=type(error).__name__, errno=getattr(error, "errno", None))
        with contextlib.suppress(Exception):
            default_storage.delete(name)
        if getattr(error, "errno", None) in _FULL:
            raise StorageFull from error
        raise StorageUnavailable(retry_after=30) from error
    return stored


def _refuse_viruses(content: Any) -> None:
    if not settings.CLAMAV_ADDRESS:
        return
    host, _, port = settings.CLAMAV_ADDRESS.rpartition(":")
    try:
        virus = find_virus(content, host=host, port=int(port))
    except ScannerUnavailable as error:
        log.warning("scanner_unavailable", error=str(error)[:200])
        raise NotScanned(retry_after=30) from error
    if virus:
        log.warning("infected_file", virus=virus[:100])
        raise InfectedFile


def _sync(name: str) -> None:
    """On a local disk wait until the bytes are really there: the row that names them is."""
    with contextlib.suppress(NotImplementedError):
        handle = os.open(default_storage.path(name), os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def forget(name: str) -> None:
    """Delete a stored file; one that is already gone is fine, one that cannot be reached is swept later."""
    try:
        if name:
            default_storage.delete(name)
    except (OSError, BotoCoreError, ClientError) as error:
        log.warning("file_not_deleted", error=type(error).__name__)


def forget_later(name: str) -> None:
    """Delete a stored file once the running transaction has committed."""
    if name:
        transaction.on_commit(lambda: forget(name), robust=True)


def belongs_here(name: str) -> bool:
    """Whether a stored name lies under the open tenant."""
    parts = PurePosixPath(name).parts
    return bool(parts) and parts[0] == str(current_tenant_id()) and ".." not in parts


def attachment(*, name: str, download_name: str) -> FileResponse:
    """Answer with a stored file as a download that no browser will run."""
    if not belongs_here(name):
        raise NotFound("There is no such file.")
    try:
        stream = default_storage.open(name, "rb")
    except FileNotFoundError:
        raise NotFound("The file is gone.") from None
    except (OSError, BotoCoreError, ClientError) as error:
        log.warning("storage_failed", error=type(error).__name__)
        raise StorageUnavailable(retry_after=30) from error
    kind = mimetypes.guess_type(download_name)[0] or "application/octet-stream"
    response = FileResponse(stream, content_type=kind)
    plain = download_name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "")
    quoted = urllib.parse.quote(download_name)
    response["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quoted}"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response
