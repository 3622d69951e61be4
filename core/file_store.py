"""The room for uploaded files: private, under generated names, on disk or in any storage Django speaks to."""

import mimetypes
import re
import secrets
import urllib.parse
from pathlib import PurePosixPath
from typing import Any

import structlog
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import FileResponse

from core.problems import DomainError, NotFound
from core.scope import current_tenant_id

log = structlog.get_logger(__name__)
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"\\/:*?<>|\u202a-\u202e\u2066-\u2069]')


class StorageFull(DomainError):
    """The storage takes no more."""

    code = "storage_full"
    status = 507
    title = "The file storage is full."


def display_name(name: str) -> str:
    """A client's file name fit to be shown and offered for download: no path, no control characters, ≤ 150 long."""
    plain = _UNSAFE.sub("", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(". ")
    stem, dot, extension = plain.rpartition(".")
    if not dot:
        return plain[:150] or "file"
    return f"{stem[: 149 - len(extension)]}.{extension}"[:150]


def keep(*, content: Any, room: str, extension: str) -> str:
    """Store a stream under the open tenant and a generated name; return the name. Raises StorageFull.

    The bytes are on disk (or uploaded) before the caller's row exists; forget_later() is for the other way round.
    """
    name = f"{current_tenant_id()}/{room}/{secrets.token_hex(16)}{extension.lower()}"
    content.seek(0)
    try:
        return default_storage.save(name, File(content))
    except OSError as error:
        log.warning("storage_failed", errno=error.errno)
        raise StorageFull from error


def forget(name: str) -> None:
    """Delete a stored file; one that is already gone is fine."""
    if name:
        default_storage.delete(name)


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
    kind = mimetypes.guess_type(download_name)[0] or "application/octet-stream"
    response = FileResponse(stream, content_type=kind)
    plain = download_name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "")
    quoted = urllib.parse.quote(download_name)
    response["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quoted}"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response
