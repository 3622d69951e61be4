"""Pages of the roof: sign-in, home, health."""

from typing import Any

from django.contrib.auth import login, logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST
from redis.exceptions import RedisError

from accounts.middleware import SESSION_TENANT
from core.rates import redis_client
from core.scope import activate, tenant_context


class SignIn(LoginView):
    """Email and password; the session remembers the tenant."""

    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user: Any = form.get_user()
        with tenant_context(user.tenant_id):
            login(self.request, user)
            self.request.session[SESSION_TENANT] = str(user.tenant_id)
            return HttpResponseRedirect(self.get_success_url())


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    activate(None)
    return redirect("login")


def admin_login(request: HttpRequest) -> HttpResponse:
    """The admin has no sign-in of its own; who is signed in and still sent here may not enter."""
    if request.user.is_authenticated:
        raise PermissionDenied("The admin is for managers and admins.")
    return redirect(f"/login?{request.GET.urlencode()}")


def home(request: HttpRequest) -> HttpResponse:
    """Where a signed-in person starts: Today."""
    return redirect("/today")


def gallery(request: HttpRequest) -> HttpResponse:
    """Every component in every state, and three whole sample pages."""
    page = request.GET.get("page")
    return render(request, f"gallery/{page}.html" if page in ("list", "record", "campaign") else "gallery.html")


def healthz(request: HttpRequest) -> JsonResponse:
    """The process is alive."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Database and broker answer and migrations are applied."""
    from django.db.migrations.executor import MigrationExecutor

    parts = {"database": "ok", "broker": "ok"}
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            parts["database"] = "migrations are missing"
    except Exception as error:
        parts["database"] = type(error).__name__
    try:
        redis_client().ping()
    except (RedisError, OSError) as error:
        parts["broker"] = type(error).__name__
    ready = all(state == "ok" for state in parts.values())
    return JsonResponse({"status": "ok" if ready else "degraded", **parts}, status=200 if ready else 503)
