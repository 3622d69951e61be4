"""ASGI entry point: gunicorn runs this under uvicorn workers."""

import os
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
AT_ONCE = 16
"""Parts read in one go: of a file 64 KiB."""


class Handler(ASGIHandler):
    """Sends files piece by piece; Django alone would read a whole one into memory first."""

    async def send_response(self, response: Any, send: Any) -> None:
        """Send an answer; what only a thread can read is read there as it is sent."""
        if response.streaming and not response.is_async:
            response.streaming_content = _in_a_thread(iter(response.streaming_content))
        await super().send_response(response, send)


async def _in_a_thread(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    while piece := await sync_to_async(lambda: b"".join(islice(parts, AT_ONCE)))():
        yield piece


django.setup(set_prefix=False)
application = Handler()
