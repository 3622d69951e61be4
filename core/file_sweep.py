"""Files that no row names: left by a worker that died between storing a file and committing its row."""

import datetime as dt
import uuid

import structlog
from django.apps import apps
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from core import file_store
from core.scope import tenant_context

log = structlog.get_logger(__name__)
UNTOUCHED_FOR = dt.timedelta(hours=24)
_AT_ONCE = 500
_rooms: dict[str, tuple[str, str]] = {}


def register_room(room: str, *, model: str, field: str) -> None:
    """Say which rows name the files of a room: "leads.Lead" and its field with the stored name."""
    _rooms[room] = (model, field)


def sweep_files(tenant_id: uuid.UUID) -> int:
    """Delete a tenant's stored files that no row names and that are older than a day; return how many."""
    return sum(_sweep_room(tenant_id, room) for room in _rooms)


def _sweep_room(tenant_id: uuid.UUID, room: str) -> int:
    folder = f"{tenant_id}/{room}"
    try:
        names = [f"{folder}/{name}" for name in default_storage.listdir(folder)[1]]
    except FileNotFoundError:
        return 0
    swept = 0
    for start in range(0, len(names), _AT_ONCE):
        for name in _unnamed(tenant_id, room, names[start : start + _AT_ONCE]):
            if _is_old(name):
                file_store.forget(name)
                swept += 1
    if swept:
        log.info("files_swept", room=room, files=swept)
    return swept


def _unnamed(tenant_id: uuid.UUID, room: str, names: list[str]) -> list[str]:
    model, field = _rooms[room]
    with tenant_context(tenant_id), transaction.atomic():
        rows = apps.get_model(model)._default_manager.filter(**{f"{field}__in": names})
        named = set(rows.values_list(field, flat=True))
    return [name for name in names if name not in named]


def _is_old(name: str) -> bool:
    try:
        return default_storage.get_modified_time(name) < timezone.now() - UNTOUCHED_FOR
    except FileNotFoundError:
        return False
