"""The smallest HTTP layer that serves the API: requests, JSON answers, byte ranges and a router over ASGI."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import orjson

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
LARGEST_BODY = 256 * 1024


class ApiError(Exception):
    """An answer other than success, as `{"error": {"code", "message"}}`."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


@dataclass(slots=True)
class Request:
    """One request, with its body read."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    params: dict[str, str] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        """Read the body as a JSON object. Raises `ApiError` 400."""
        try:
            data = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise ApiError(400, "parse_error", "The body is not JSON.") from error
        if not isinstance(data, dict):
            raise ApiError(400, "parse_error", "The body must be a JSON object.")
        return data


@dataclass(slots=True)
class Response:
    """One answer."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def json_response(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer JSON."""
    return Response(json.dumps(data).encode(), status, {"content-type": "application/json", **(headers or {})})


def range_response(request: Request, body: bytes, content_type: str) -> Response:
    """Answer bytes, or the single range that was asked for (RFC 9110, section 14)."""
    headers = {"content-type": content_type, "accept-ranges": "bytes"}
    wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", "").strip())
    if wanted is None or wanted.group(0) == "bytes=-":
        return Response(body, 200, headers)
    first, last = wanted.groups()
    if first:
        start, end = int(first), min(int(last), len(body) - 1) if last else len(body) - 1
    else:
        start, end = max(len(body) - int(last), 0), len(body) - 1
    if start > end or start >= len(body):
        return Response(b"", 416, {**headers, "content-range": f"bytes */{len(body)}"})
    headers["content-range"] = f"bytes {start}-{end}/{len(body)}"
    return Response(body[start : end + 1], 206, headers)


Handler = Callable[[Request], Awaitable[Response]]


class Router:
    """Paths such as `/v1/calls/{id}` to handlers, as one ASGI application."""

    def __init__(self, before: Callable[[Request], None]) -> None:
        self._before = before
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []

    def add(self, method: str, path: str, handler: Handler) -> None:
        """Serve a method and path with a handler."""
        pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + r"\Z")
        self._routes.append((method, pattern, handler))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        if scope["type"] != "http":
            return
        try:
            request = await _read(scope, receive)
            response = await self._dispatch(request)
        except ApiError as error:
            body = {"error": {"code": error.code, "message": error.message}}
            response = json_response(body, error.status, error.headers)
        headers = {**response.headers, "content-length": str(len(response.body))}
        await send(
            {
                "type": "http.response.start",
                "status": response.status,
                "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
            }
        )
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else response.body})

    async def _dispatch(self, request: Request) -> Response:
        self._before(request)
        allowed = []
        for method, pattern, handler in self._routes:
            match = pattern.match(request.path)
            if match is None:
                continue
            if method == request.method or (method == "GET" and request.method == "HEAD"):
                request.params = match.groupdict()
                return await handler(request)
            allowed.append(method)
        if allowed:
            message = f"{request.method} is not possible here."
            raise ApiError(405, "method_not_allowed", message, {"allow": ", ".join(allowed)})
        raise ApiError(404, "not_found", "There is nothing at this address.")


async def _read(scope: Scope, receive: Receive) -> Request:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            raise ApiError(413, "body_too_large", "The body is larger than 256 KB.")
        if not message.get("more_body"):
            break
    query = {k: v[-1] for k, v in parse_qs(scope["query_string"].decode()).items()}
    headers = {k.decode().lower(): v.decode("latin-1") for k, v in scope["headers"]}
    return Request(scope["method"], scope["path"], query, headers, body)
