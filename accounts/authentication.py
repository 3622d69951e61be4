"""Who is calling: bearer token, API key, or the browser's session. Entering the tenant is part of the answer."""

import hashlib
import hmac
import uuid
from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.request import Request

from accounts import lookups, tokens
from accounts.models import ApiKey, User
from accounts.principals import KeyActor
from core import scope
from core.scope import tenant_scope

CHALLENGE = 'Bearer realm="api"'


class EmailBackend(BaseBackend):
    """Signs a person in by email and password; unknown emails cost as much time as wrong passwords."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """Return the user, or None."""
        email = username or kwargs.get("email") or ""
        found = lookups.find_user_by_email(email) if "\x00" not in email else None
        if found is None or password is None:
            make_password(password or "")
            return None
        with tenant_scope(found[0]):
            user = User.objects.select_related("tenant").get(pk=found[1])
            return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: Any) -> User | None:
        """Load the user of a session within the tenant the session was opened in."""
        tenant_id = scope.open_tenant_id()
        if tenant_id is None:
            return None
        with tenant_scope(tenant_id):
            return User.objects.select_related("tenant").filter(pk=user_id, is_active=True).first()


def _credential(request: Request, keyword: str) -> str | None:
    parts = get_authorization_header(request).split()
    if not parts or parts[0].lower() != keyword.lower().encode():
        return None
    if len(parts) != 2:
        raise exceptions.AuthenticationFailed("The Authorization header is malformed.", "token_invalid")
    try:
        return parts[1].decode("ascii")
    except UnicodeDecodeError:
        raise exceptions.AuthenticationFailed("The Authorization header is malformed.", "token_invalid") from None


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <JWT>`."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        token = _credential(request, "Bearer")
        if token is None:
            return None
        try:
            claims = tokens.read_access(token)
        except tokens.TokenInvalid as error:
            raise exceptions.AuthenticationFailed(error.detail, "token_invalid") from None
        scope.activate(uuid.UUID(claims["ten"]))
        user = User.objects.filter(pk=claims["sub"]).first()
        if user is None or not user.is_active or user.token_version != claims.get("tv"):
            raise exceptions.AuthenticationFailed("The token is not valid any more.", "token_invalid")
        return user, claims

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def hash_key(key: str) -> str:
    """SHA-256 of a whole API key."""
    return hashlib.sha256(key.encode()).hexdigest()


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key <key>`; the time of use is kept to the minute."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        credential = _credential(request, "Api-Key")
        if credential is None:
            return None
        found = lookups.find_api_key(credential.split(".")[0][:16])
        if found is None:
            raise exceptions.AuthenticationFailed("The API key is not valid.", "token_invalid")
        scope.activate(found[0])
        key = ApiKey.objects.select_related("tenant").get(pk=found[1])
        if not hmac.compare_digest(key.hashed_key, hash_key(credential)) or key.revoked_at:
            raise exceptions.AuthenticationFailed("The API key is not valid.", "token_invalid")
        now = timezone.now()
        if key.expires_at and key.expires_at <= now:
            raise exceptions.AuthenticationFailed("The API key has expired.", "token_invalid")
        if key.last_used_at is None or (now - key.last_used_at).total_seconds() > 60:
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=Now())
        return KeyActor(key, key.tenant), key

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class BrowserAuthentication(SessionAuthentication):
    """The page session, with CSRF; the middleware has already entered the tenant."""

    def enforce_csrf(self, request: Any) -> None:
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as error:
            raise exceptions.PermissionDenied(str(error.detail), "csrf_failed") from None
