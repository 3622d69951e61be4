"""JSON Web Tokens: short access tokens, rotating refresh tokens whose reuse ends the whole family."""

import datetime as dt
import uuid
from typing import Any

import jwt
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import RefreshToken, User
from core.problems import DomainError
from core.scope import tenant_context

ALGORITHM = "HS256"


class TokenInvalid(DomainError):
    """The token is malformed, expired, of the wrong kind, or its owner may no longer sign in."""

    code = "token_invalid"
    status = 401
    title = "The token is not valid."


class TokenReused(DomainError):
    """The refresh token was used before: its whole family has been revoked."""

    code = "token_reused"
    status = 401
    title = "This refresh token was used before; sign in again."


def _sign(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, settings.SECRET_KEY, algorithm=ALGORITHM, headers={"kid": "1"})


def _read(token: str, kind: str) -> dict[str, Any]:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    for key in keys:
        try:
            claims: dict[str, Any] = jwt.decode(
                token, key, algorithms=[ALGORITHM], options={"require": ["exp", "sub", "ten", "typ"]}
            )
            uuid.UUID(claims["sub"]), uuid.UUID(claims["ten"])
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
            continue
        if claims["typ"] == kind:
            return claims
    raise TokenInvalid


def read_access(token: str) -> dict[str, Any]:
    """Verify an access token and return its claims: sub (user), ten (tenant), tv (token version)."""
    return _read(token, "access")


def issue(user: User, *, family: uuid.UUID | None = None) -> dict[str, Any]:
    """Make an access and a refresh token for a user of the open scope."""
    now = timezone.now()
    refresh = RefreshToken.objects.create(
        user=user,
        family=family or uuid.uuid4(),
        expires_at=now + dt.timedelta(days=settings.REFRESH_TOKEN_DAYS),
    )
    who = {"sub": str(user.pk), "ten": str(user.tenant_id), "tv": user.token_version, "iat": now}
    expires = now + dt.timedelta(seconds=settings.ACCESS_TOKEN_SECONDS)
    return {
        "access": _sign({**who, "typ": "access", "exp": expires, "jti": uuid.uuid4().hex}),
        "refresh": _sign({**who, "typ": "refresh", "exp": refresh.expires_at, "jti": str(refresh.pk)}),
        "expires_in": settings.ACCESS_TOKEN_SECONDS,
    }


def rotate(token: str) -> dict[str, Any]:
    """Exchange a refresh token for a new pair; of several at once exactly one wins.

    A token that was used before revokes its family, and that revocation is kept although the answer is a refusal.
    """
    claims = _read(token, "refresh")
    with tenant_context(uuid.UUID(claims["ten"])):
        with transaction.atomic():
            pair = _rotate_once(claims)
        if pair is None:
            raise TokenReused
        return pair


def _rotate_once(claims: dict[str, Any]) -> dict[str, Any] | None:
    tokens = RefreshToken.objects.filter(pk=claims.get("jti"))
    row = tokens.select_related("user").first()
    if row is None or row.revoked_at or not row.user.is_active or row.user.token_version != claims.get("tv"):
        raise TokenInvalid
    if not tokens.filter(used_at=None, revoked_at=None).update(used_at=Now()):
        RefreshToken.objects.filter(family=row.family, revoked_at=None).update(revoked_at=Now())
        return None
    return issue(row.user, family=row.family)


def revoke(token: str) -> None:
    """Sign out: revoke the family of a refresh token; unknown tokens are fine."""
    claims = _read(token, "refresh")
    with tenant_context(uuid.UUID(claims["ten"])), transaction.atomic():
        row = RefreshToken.objects.filter(pk=claims.get("jti")).first()
        if row is not None:
            RefreshToken.objects.filter(family=row.family, revoked_at=None).update(revoked_at=Now())
