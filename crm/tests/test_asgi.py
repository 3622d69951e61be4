"""What the server sends of files and other long answers, and when."""

import asyncio
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.http import FileResponse, StreamingHttpResponse

from crm.asgi import AT_ONCE, Handler


def sent(response: Any) -> list[bytes]:
    """The bodies sent for an answer, in order."""
    bodies: list[bytes] = []

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body":
            bodies.append(message.get("body", b""))

    handler = Handler()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(handler.send_response(response, send))
    return bodies


def test_a_long_answer_is_read_while_it_is_sent_and_not_before() -> None:
    read: list[int] = []
    reached: list[int] = []

    def parts() -> Iterator[bytes]:
        for number in range(3 * AT_ONCE):
            read.append(number)
            yield b"x"

    async def send(message: dict[str, Any]) -> None:
        reached.append(len(read))

    asyncio.run(Handler().send_response(StreamingHttpResponse(parts()), send))
    assert reached[:3] == [0, AT_ONCE, 2 * AT_ONCE]


def test_a_file_goes_out_whole_in_pieces_and_is_closed(tmp_path: Path) -> None:
    content = bytes(range(256)) * 1_000
    path = tmp_path / "file.bin"
    path.write_bytes(content)
    file = path.open("rb")
    response = FileResponse(file)
    bodies = sent(response)
    assert b"".join(bodies) == content
    assert 3 < len(bodies) < 8
    response.close()
    assert file.closed
