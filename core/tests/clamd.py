"""A small scanner that speaks clamd's protocol, for tests."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def running_clamd() -> Iterator[tuple[int, list[bytes]]]:
    """Yield its port and what it saw; it finds the word EICAR and gives no verdict on BIG."""
    seen: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                assert stream.read(10) == b"zINSTREAM\0"
                body = b""
                while size := struct.unpack(">I", stream.read(4))[0]:
                    body += stream.read(size)
                seen.append(body)
                if b"EICAR" in body:
                    connection.sendall(b"stream: Eicar-Test FOUND\0")
                elif b"BIG" in body:
                    connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                else:
                    connection.sendall(b"stream: OK\0")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()[1], seen
    server.close()
