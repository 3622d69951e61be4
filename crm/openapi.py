"""The OpenAPI document: drawn from the views, with the error answers every call can give."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem document.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable snake_case word."},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {n: {"type": "string"} for n in ("field", "code", "detail")},
            },
        },
    },
}
_MEANING = {
    "400": "The request is not valid.",
    "401": "No valid identity.",
    "402": "Not enough credits or minutes.",
    "403": "The role does not allow it.",
    "404": "No such record in this workspace.",
    "405": "Method not allowed.",
    "406": "Only JSON is answered.",
    "409": "A rule or the present state forbids it.",
    "412": "The record changed since the version in If-Match.",
    "413": "The body is too large.",
    "415": "Wrong content type.",
    "422": "The idempotency key was used for another request.",
    "429": "Over a rate limit.",
    "503": "A part is away for a moment.",
    "507": "The file storage is full.",
}


class ProblemAutoSchema(AutoSchema):
    """Adds the problem answers to every operation."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        for code, text in _MEANING.items():
            content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
            operation["responses"].setdefault(code, {"description": text, "content": content})
        if self.method == "POST":
            operation.setdefault("parameters", []).append(
                {
                    "name": "Idempotency-Key",
                    "in": "header",
                    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
                    "description": "Repeats of the same request within 24 h get the first answer.",
                }
            )
        if self.method in ("PUT", "PATCH", "DELETE"):
            operation.setdefault("parameters", []).append(
                {"name": "If-Match", "in": "header", "schema": {"type": "string"}, "description": "An ETag."}
            )
        return operation


def only_the_contract(endpoints: list[Any], **_: Any) -> list[Any]:
    """Keep the API's own paths, each once, without the optional slash."""
    seen: set[tuple[str, str]] = set()
    kept = []
    for path, regex, method, callback in endpoints:
        clean = path.rstrip("?").rstrip("/").replace("/?", "")
        if (clean, method) in seen or clean.endswith("/api/v1") or not clean.startswith("/api/v1/"):
            continue
        seen.add((clean, method))
        kept.append((clean, regex, method, callback))
    return kept


def finish_schema(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add the problem document's schema."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    return result


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """`Authorization: Bearer`."""

    target_class = "accounts.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """`Authorization: Api-Key`."""

    target_class = "accounts.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Api-Key <key>`"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The browser's session."""

    target_class = "accounts.authentication.BrowserAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "session"}
