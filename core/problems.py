"""Errors as RFC 9457 problem documents: one shape for rules, validation, HTTP and Django itself."""

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpResponse, JsonResponse
from rest_framework import exceptions, status
from rest_framework.response import Response

log = structlog.get_logger(__name__)
CONTENT_TYPE = "application/problem+json"


class DomainError(Exception):
    """A rule said no. Subclasses stand beside the rule they speak for; interfaces turn them into answers.

    `code` is a stable snake_case word, `status` the HTTP status, `extra` further members of the document.
    """

    code = "conflict"
    status = 409
    title = "This is not possible in the present state."

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra = extra


class InvalidInput(DomainError):
    """Input that is unreadable or breaks a rule of its field."""

    code = "validation_error"
    status = 400
    title = "The input is not valid."

    def __init__(self, detail: str = "", *, field: str = "", field_code: str = "invalid", **extra: Any) -> None:
        if field:
            extra["errors"] = [{"field": field, "code": field_code, "detail": detail}]
        super().__init__(detail, **extra)


class NotFound(DomainError):
    """The record does not exist, or belongs to someone else: the two are not told apart."""

    code = "not_found"
    status = 404
    title = "There is no such record."


class Forbidden(DomainError):
    """The person is known and may not do this."""

    code = "forbidden"
    status = 403
    title = "Your role does not allow this."


class Precondition(DomainError):
    """The record was changed since the version named in If-Match."""

    code = "precondition_failed"
    status = 412
    title = "Someone changed this record in the meantime."


def document(status_code: int, code: str, title: str, detail: str = "", **extra: Any) -> dict[str, Any]:
    """Build the members of a problem document."""
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    return {
        "type": f"/docs/errors#{code}",
        "title": title,
        "status": status_code,
        "detail": detail or title,
        "code": code,
        "request_id": request_id,
        **extra,
    }


def problem_response(status_code: int, code: str, title: str, detail: str = "", **extra: Any) -> JsonResponse:
    """A problem document as a plain Django response, for middleware and error handlers."""
    return JsonResponse(
        document(status_code, code, title, detail, **extra), status=status_code, content_type=CONTENT_TYPE
    )


_DJANGO_CODES = {"null": "required", "blank": "required", "max_length": "too_long", "min_length": "too_short"}


def _field_errors(detail: Any, prefix: str = "") -> Iterator[dict[str, str]]:
    """Flatten DRF's nested error detail into `{field, code, detail}` items."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            name = "" if key == "non_field_errors" else str(key)
            yield from _field_errors(value, f"{prefix}.{name}" if prefix and name else prefix or name)
    elif isinstance(detail, list | tuple):
        for position, value in enumerate(detail):
            nested = isinstance(value, Mapping | list)
            yield from _field_errors(value, f"{prefix}.{position}" if nested and prefix else prefix)
    else:
        code = getattr(detail, "code", "invalid") or "invalid"
        yield {"field": prefix, "code": _DJANGO_CODES.get(code, code), "detail": str(detail)}


_TITLES = {
    400: "The request is not valid.",
    401: "Sign in to continue.",
    403: "Your role does not allow this.",
    404: "There is no such record.",
    405: "This address does not take that method.",
    406: "Only JSON is answered here.",
    409: "This is not possible in the present state.",
    413: "The body is too large.",
    415: "This content type is not taken here.",
    429: "Too many requests.",
}
_CODES = {
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    415: "unsupported_media_type",
    429: "rate_limited",
}


def _from_api_exception(error: exceptions.APIException) -> Response:
    headers: dict[str, str] = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    if getattr(error, "wait", None) is not None:
        headers["Retry-After"] = str(max(1, int(error.wait)))  # type: ignore[attr-defined]
    title = _TITLES.get(error.status_code, "The request failed.")
    if isinstance(error, exceptions.ValidationError):
        errors = list(_field_errors(error.detail))
        summary = "; ".join(f"{e['field']}: {e['detail']}" if e["field"] else e["detail"] for e in errors[:3])
        body = document(400, "validation_error", title, summary, errors=errors)
    else:
        own = getattr(error.detail, "code", "") or ""
        code = own if own and own != error.default_code else _CODES.get(error.status_code, own or "error")
        body = document(error.status_code, code, title, str(error.detail), **getattr(error, "extra", {}))
    return Response(body, status=error.status_code, headers=headers, content_type=CONTENT_TYPE)


def _translate(error: Exception) -> Exception:
    """Turn Django's and the database's exceptions into domain errors."""
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, PermissionDenied):
        return Forbidden(str(error))
    if isinstance(error, DjangoValidationError):
        fields = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        items = [{"field": f, "code": "invalid", "detail": m} for f, ms in fields.items() for m in ms]
        return InvalidInput("; ".join(error.messages), errors=items)
    if isinstance(error, RequestDataTooBig):
        return TooLarge()
    if isinstance(error, TooManyFieldsSent):
        return InvalidInput("The form has too many fields.")
    if isinstance(error, IntegrityError):
        return _from_integrity_error(error)
    if isinstance(error, DataError):
        return InvalidInput("A value is out of the range that can be stored.")
    return error


class TooLarge(DomainError):
    """The body is over the limit of this address."""

    code = "body_too_large"
    status = 413
    title = "The body is too large."


class Unavailable(DomainError):
    """A part the product stands on is away for a moment; try again."""

    code = "unavailable"
    status = 503
    title = "The service is not available for a moment. Try again."


def _from_integrity_error(error: IntegrityError) -> DomainError:
    cause = error.__cause__
    name = getattr(getattr(cause, "diag", None), "constraint_name", "") or ""
    if type(cause).__name__ in ("CheckViolation", "NotNullViolation"):
        return InvalidInput("A value is not allowed here.", constraint=name)
    return DomainError("This record already exists or is still in use.", constraint=name)


def from_domain_error(error: DomainError) -> dict[str, Any]:
    """The problem document of a domain error."""
    return document(error.status, error.code, error.title, error.detail, **error.extra)


def _undo(context: Mapping[str, Any]) -> None:
    """Roll the request's transaction back; a view with `atomic = False` has none of its own."""
    if getattr(context.get("view"), "atomic", True):
        from rest_framework.views import set_rollback  # imports the settings that name this module

        set_rollback()


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler: everything a client can cause becomes a problem document; nothing of it is kept."""
    error = _translate(error)
    if isinstance(error, DomainError):
        _undo(context)
        headers = {"Retry-After": str(error.extra.get("retry_after", 2))} if error.status in (429, 503) else {}
        return Response(from_domain_error(error), status=error.status, headers=headers, content_type=CONTENT_TYPE)
    if isinstance(error, exceptions.APIException):
        _undo(context)
        return _from_api_exception(error)
    if isinstance(error, OperationalError | InterfaceError):
        _undo(context)
        log.warning("database_unavailable", error=type(error).__name__)
        return Response(
            from_domain_error(Unavailable()),
            status=status.HTTP_503_SERVICE_UNAVAILABLE,
            headers={"Retry-After": "2"},
            content_type=CONTENT_TYPE,
        )
    return None


def problem_of(error: DomainError) -> HttpResponse:
    """A domain error as a plain response, for views outside DRF that answer JSON."""
    return JsonResponse(from_domain_error(error), status=error.status, content_type=CONTENT_TYPE)
