"""The tenant of a page request comes from its session; every page but the public ones wants a sign-in."""

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from core.scope import tenant_context

SESSION_TENANT = "tenant_id"
PUBLIC_PREFIXES = (
    "/login",
    "/logout",
    "/static/",
    "/api/",
    "/forms/",
    "/r/",
    "/i/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/webhooks/",
    "/docs/errors",
    "/admin/login",
)


class TenantMiddleware:
    """Opens the session's tenant for the length of the request, and closes whatever the request entered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        raw = request.session.get(SESSION_TENANT) if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        with tenant_context(uuid.UUID(raw) if raw else None):
            return self.get_response(request)


class LoginRequiredMiddleware:
    """Sends anonymous visitors of pages to the sign-in page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        timezone.deactivate()
        if request.user.is_authenticated and not request.path.startswith("/api/"):
            timezone.activate(request.user.tenant.timezone)  # pages show the workspace's time, the API always UTC
        if request.path.startswith(PUBLIC_PREFIXES) or request.user.is_authenticated:
            return None
        target = f"{settings.LOGIN_URL}?{urlencode({'next': request.get_full_path()})}"
        if request.headers.get("HX-Request"):
            response = HttpResponse(status=401)
            response["HX-Redirect"] = target
            return response
        return HttpResponseRedirect(target)
