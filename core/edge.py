"""The edge of the site: what Django itself refuses is answered in the API's shape, and outages as 503."""

import re
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from psycopg_pool import PoolTimeout

from core.logging import current_request_id
from core.problems import DomainError, problem_of, problem_response

log = structlog.get_logger(__name__)
MAX_URL = 8192
_JSON_BODY = re.compile(r"application/(.+\+)?json")


def wants_json(request: HttpRequest) -> bool:
    """Whether the caller speaks the API rather than reads pages."""
    return request.path.startswith("/api/")


def error_page(request: HttpRequest, template: str, status: int, title: str) -> HttpResponse:
    """A page that says what went wrong; drawn without context processors, so it needs no database."""
    context = {
        "request": request,
        "status": status,
        "title": title,
        "brand": settings.BRAND,
        "request_id": current_request_id(),
    }
    return HttpResponse(render_to_string(f"errors/{template}.html", context), status=status)


def _refuse(request: HttpRequest, status: int, code: str, title: str) -> HttpResponse:
    if wants_json(request):
        return problem_response(status, code, title)
    return error_page(request, "503" if status == 503 else "plain", status, title)


class EdgeMiddleware:
    """Refuses overlong addresses, foreign hosts and compressed bodies, and turns a lost database into 503."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost:
            return problem_response(400, "bad_host", "This host is not served here.")
        if len(request.get_full_path()) > MAX_URL:
            return _refuse(request, 414, "uri_too_long", "The address is too long.")
        if request.headers.get("Content-Encoding", "identity") != "identity":
            return _refuse(request, 415, "unsupported_content_encoding", "Send the body uncompressed.")
        if wants_json(request) and self._too_large(request):
            return problem_response(413, "body_too_large", "The body is too large.")
        response = self.get_response(request)
        if wants_json(request):
            response.headers.setdefault("Cache-Control", "no-store")
        elif response.status_code == 405 and not response.content:
            allowed = response.headers["Allow"]
            response = error_page(request, "405", 405, "This address takes forms only.")
            response.headers["Allow"] = allowed
        return response

    def _too_large(self, request: HttpRequest) -> bool:
        """JSON bodies over the limit are refused before they are read."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or not _JSON_BODY.match(request.content_type or ""):
            return False
        return int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DomainError):
            return page_refusal(request, error)
        if not isinstance(error, OperationalError | InterfaceError | PoolTimeout):
            return None
        log.warning("database_unavailable", error=type(error).__name__)
        response = _refuse(request, 503, "unavailable", "The service is not available for a moment. Try again.")
        response["Retry-After"] = "2"
        return response


def page_refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A rule's refusal on a page: a toast on the page one came from, or an error page."""
    if wants_json(request) or request.headers.get("HX-Request"):
        return problem_of(error)
    if error.status in (403, 404):
        return error_page(request, str(error.status), error.status, error.detail)
    back = request.headers.get("Referer", "")
    if request.method == "POST" and url_has_allowed_host_and_scheme(back, {request.get_host()}):
        messages.error(request, error.detail)
        return HttpResponseRedirect(back)
    return error_page(request, "plain", error.status, error.detail)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that came without its token: a page of its own, or a problem document."""
    return _refuse(request, 403, "csrf_failed", "This form has expired. Reload the page and send it again.")


def error_view(status: int, code: str, title: str) -> Callable[..., HttpResponse]:
    """Make a Django error handler that answers in the caller's language."""

    def view(request: HttpRequest, exception: Any = None) -> HttpResponse:
        if wants_json(request):
            return problem_response(status, code, title)
        return error_page(request, str(status), status, title)

    return view
