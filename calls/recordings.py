"""Recordings: copied from the provider into our own storage, because providers' links expire."""

from __future__ import annotations

import contextlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction

from calls import telephony
from calls.conversations import COPY_TOPIC
from calls.models import Recording
from calls.providers.base import RecordingRef, Rejected
from core import outbox
from core.scope import current_tenant_id

MOST_BYTES = 200 * 1024 * 1024
SUFFIXES = {"audio/wav": "wav", "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/mp4": "m4a", "audio/webm": "webm"}
_MAGIC = (
    (0, b"RIFF", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS", "audio/ogg"),
    (4, b"ftyp", "audio/mp4"),
    (0, b"\x1aE\xdf\xa3", "audio/webm"),
)


def connect() -> None:
    """Register what carries out the copying."""
    outbox.handles(COPY_TOPIC)(copy_recording)


def copy_recording(payload: dict[str, Any]) -> None:
    """Fetch one recording and store it under a name of our own; a repeat finds it done.

    Runs outside any transaction. Raises what the provider raises, so that the outbox tries again; a recording
    that is gone for good is marked so.
    """
    with transaction.atomic():
        recording = Recording.objects.select_related("call").filter(pk=payload["recording_id"]).first()
    if recording is None or recording.status != Recording.Status.PENDING:
        return
    reference = RecordingRef(recording_id=recording.provider_recording_id, url=recording.provider_url)
    provider = telephony.get_provider(recording.call.provider)
    try:
        with contextlib.closing(_download(provider.download_recording(reference))) as file:
            kind = sound_type(file)
            name, size = _store(recording, file, SUFFIXES[kind])
    except Rejected as error:
        _mark(recording.pk, status=Recording.Status.FAILED, error=error.detail[:300])
        return
    _mark(recording.pk, status=Recording.Status.AVAILABLE, file=name, size_bytes=size, content_type=kind)


def _download(chunks: Iterator[bytes]) -> IO[bytes]:
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the caller
    for chunk in chunks:
        file.write(chunk)
        if file.tell() > MOST_BYTES:
            file.close()
            raise Rejected("bad_request", "The recording is larger than 200 MiB.")
    return file


def sound_type(file: IO[bytes]) -> str:
    """The kind of sound by its first bytes, whatever was announced; raises Rejected for anything else."""
    file.seek(0)
    head = file.read(12)
    for offset, magic, kind in _MAGIC:
        if head[offset:].startswith(magic):
            return kind
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:  # a bare MPEG frame
        return "audio/mpeg"
    raise Rejected("bad_request", "What the provider sent is no sound.")


def _store(recording: Recording, file: IO[bytes], suffix: str) -> tuple[str, int]:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    day = recording.call.created_at
    wanted = f"recordings/{current_tenant_id()}/{day:%Y/%m}/{recording.pk}.{suffix}"
    return default_storage.save(wanted, File(file)), size


def _mark(recording_id: uuid.UUID, **values: Any) -> None:
    with transaction.atomic():
        Recording.objects.filter(pk=recording_id).update(**values)


def open_audio(recording: Recording) -> IO[bytes] | None:
    """The stored audio, or None when there is none (yet)."""
    if recording.status != Recording.Status.AVAILABLE or not default_storage.exists(recording.file):
        return None
    file: IO[bytes] = default_storage.open(recording.file, "rb")
    return file
