"""A client for ClamAV's daemon: one file streamed over one connection."""

from __future__ import annotations

import socket
import struct
from typing import IO

_BLOCK = 1 << 16


class ScannerUnavailable(OSError):
    """The scanner cannot be reached or did not give a verdict: the file is neither clean nor infected."""


def find_virus(content: IO[bytes], *, host: str, port: int = 3310, timeout: float = 30.0) -> str:
    """The name of the virus in the file, "" for none. Raises `ScannerUnavailable`."""
    content.seek(0)
    try:
        with socket.create_connection((host, port), timeout=timeout) as connection:
            connection.sendall(b"zINSTREAM\0")
            while block := content.read(_BLOCK):
                connection.sendall(struct.pack(">I", len(block)) + block)
            connection.sendall(struct.pack(">I", 0))
            with connection.makefile("rb") as answer:
                verdict = answer.read(4096).rstrip(b"\0\n").decode("utf-8", "replace")
    except OSError as error:
        raise ScannerUnavailable(str(error)) from error
    finally:
        content.seek(0)
    if verdict.endswith(" FOUND"):
        return verdict.removeprefix("stream: ").removesuffix(" FOUND")
    if verdict == "stream: OK":
        return ""
    raise ScannerUnavailable(verdict or "no answer")
