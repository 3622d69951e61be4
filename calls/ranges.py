"""Sound over HTTP: whole, or the one range a player asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from calls.models import Recording
from calls.recordings import SUFFIXES, open_audio
from core.problems import NotFound, problem_response

CHUNK = 64 * 1024
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def audio_response(recording: Recording, wanted: str) -> HttpResponseBase:
    """Answer 200, 206 for a satisfiable range, or 416. Raises NotFound while there is nothing to hear."""
    file = open_audio(recording)
    if file is None:
        raise NotFound("There is no recording to hear (yet).")
    size = recording.size_bytes
    span = _span(wanted, size)
    if span is None:
        file.close()
        refused = problem_response(416, "range_not_satisfiable", "The recording has no such part.")
        refused["Content-Range"] = f"bytes */{size}"
        return refused
    first, last = span
    suffix = SUFFIXES.get(recording.content_type, "wav")
    response: HttpResponse | StreamingHttpResponse = StreamingHttpResponse(
        _chunks(file, first, last - first + 1), content_type=recording.content_type, status=206 if wanted else 200
    )
    if wanted:
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
    response["Content-Length"] = str(last - first + 1)
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, max-age=3600"
    response["Content-Disposition"] = f'inline; filename="call-{recording.call_id}.{suffix}"'
    return response


def _span(wanted: str, size: int) -> tuple[int, int] | None:
    """First and last byte; the whole file when nothing is asked for, None when it cannot be given."""
    if not wanted:
        return 0, size - 1
    match = _RANGE.fullmatch(wanted.strip())
    if match is None or size == 0 or not (match[1] or match[2]):
        return None
    if not match[1]:
        return max(0, size - int(match[2])), size - 1
    first = int(match[1])
    last = min(int(match[2]) if match[2] else size - 1, size - 1)
    return (first, last) if first <= last else None


def _chunks(file: IO[bytes], first: int, length: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        while length > 0:
            chunk = file.read(min(CHUNK, length))
            if not chunk:
                return
            length -= len(chunk)
            yield chunk
