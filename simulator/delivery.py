"""A small HTTP client that only posts: pools connections per host and costs little per request.

A general client spends more time on its connection pool than a delivery takes once hundreds are waiting;
all that is needed here is a body on its way and the status that comes back.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from urllib.parse import urlsplit

LONGEST_HEAD = 64 * 1024
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class DeliveryError(Exception):
    """Nobody answered, or not in HTTP, or not in time."""


class Poster:
    """Posts bodies to addresses, at most `connections` at a time."""

    def __init__(self, *, timeout: float, connections: int = 64) -> None:
        self._timeout = timeout
        self._slots = asyncio.Semaphore(connections)
        self._idle: dict[tuple[str, int, bool], list[Connection]] = {}

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Post a body and tell the status. Raises `DeliveryError`."""
        parts = urlsplit(url)
        is_secure = parts.scheme == "https"
        place = (parts.hostname or "", parts.port or (443 if is_secure else 80), is_secure)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        fields = {"Host": parts.netloc, "Content-Length": str(len(body)), **headers}
        head = f"POST {target} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items()) + "\r\n"
        async with self._slots:
            try:
                async with asyncio.timeout(self._timeout):
                    return await self._exchange(place, head.encode() + body)
            except (OSError, EOFError, ValueError, TimeoutError, asyncio.LimitOverrunError) as error:
                raise DeliveryError(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Close the idle connections."""
        for connections in self._idle.values():
            for _, writer in connections:
                writer.close()
        self._idle.clear()

    async def _exchange(self, place: tuple[str, int, bool], message: bytes) -> int:
        """Use a kept connection; when the other side has closed it meanwhile, open a new one."""
        idle = self._idle.setdefault(place, [])
        while idle:
            with contextlib.suppress(OSError, EOFError):
                return await self._ask(place, idle.pop(), message)
        host, port, is_secure = place
        connection = await asyncio.open_connection(host, port, ssl=is_secure or None, limit=LONGEST_HEAD)
        return await self._ask(place, connection, message)

    async def _ask(self, place: tuple[str, int, bool], connection: Connection, message: bytes) -> int:
        reader, writer = connection
        is_kept = False
        try:
            writer.write(message)
            status, is_kept = await _read_answer(reader)
        finally:
            if is_kept:
                self._idle[place].append(connection)
            else:
                writer.close()
        return status


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """Read one answer; the second value tells whether the connection can be used again."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    status = int(first.split(" ", 2)[1])
    fields = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines if line)}
    if "content-length" in fields:
        await reader.readexactly(int(fields["content-length"]))
    elif status != 204:
        return status, False
    return status, fields.get("connection", "").lower() != "close"
