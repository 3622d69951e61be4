"""Roles as permissions of the API and of pages."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import Role
from core.problems import Forbidden


class _HasRole(BasePermission):
    role = Role.AGENT

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user and request.user.is_authenticated and request.user.has_role(self.role))


class IsAgent(_HasRole):
    """Everyone of the workspace."""


class IsManager(_HasRole):
    """Managers and admins."""

    role = Role.MANAGER


class IsAdmin(_HasRole):
    """Admins."""

    role = Role.ADMIN


class ReadForAgentsWriteForManagers(_HasRole):
    """Agents read, managers change."""

    def has_permission(self, request: Request, view: Any) -> bool:
        self.role = Role.AGENT if request.method in ("GET", "HEAD", "OPTIONS") else Role.MANAGER
        return super().has_permission(request, view)


def require_role(actor: Any, role: str) -> None:
    """Raise Forbidden when the actor may not do what `role` may; for services."""
    if not actor.has_role(role):
        raise Forbidden


def role_required(role: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Page decorator: below `role` the answer is the 403 page."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not request.user.has_role(role):  # type: ignore[union-attr]
                raise PermissionDenied("Your role does not allow this.")
            return view(request, *args, **kwargs)

        return guarded

    return decorate
