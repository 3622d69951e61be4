"""Making workspaces and people, and the rules about admins and keys."""

import datetime as dt
import secrets
import uuid
import zoneinfo
from typing import Any

import phonenumbers
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts import audit, ledger
from accounts.authentication import hash_key
from accounts.models import ApiKey, LedgerAccount, RefreshToken, Role, Tenant, User, default_number_caps
from accounts.principals import Actor
from core.ids import uuid7
from core.problems import DomainError, InvalidInput
from core.scope import tenant_scope


class DuplicateUser(DomainError):
    """The email already signs someone in."""

    code = "duplicate_user"
    title = "Someone already signs in with this email address."


class LastAdmin(DomainError):
    """The change would leave the workspace without an active admin."""

    code = "last_admin"
    title = "The last active admin cannot be demoted or deactivated."


def create_workspace(
    *, name: str, email: str, password: str, minutes: int = 1000, credits: int = 100
) -> dict[str, Any]:
    """Make a tenant with its first admin, an API key and filled purses."""
    tenant_id = uuid7()
    with tenant_scope(tenant_id):
        tenant = Tenant.objects.create(id=tenant_id, name=name)
        user = create_user(email=email, name=email.split("@", maxsplit=1)[0], role=Role.ADMIN, password=password)
        _, key = create_api_key(actor=user, name="First key", role=Role.ADMIN)
        for kind, amount in ((LedgerAccount.Kind.MINUTES, minutes), (LedgerAccount.Kind.CREDITS, credits)):
            if amount:
                ledger.grant(kind=kind, amount=amount, key="opening", note="Opening balance")
            else:
                ledger.get_account(kind)
        return {
            "tenant_id": str(tenant.id),
            "user_id": str(user.id),
            "email": user.email,
            "api_key": key,
            "form_key": tenant.form_key,
        }


def create_user(
    *, email: str, name: str, role: str, password: str | None, is_active: bool = True, actor: Actor | None = None
) -> User:
    """Add a person to the open workspace, in the name of `actor` (nobody: the system); raises DuplicateUser."""
    user = User(email=email.strip(), name=name.strip(), role=role, is_active=is_active)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise DuplicateUser from None
    audit.record(actor=actor, action="user.created", record=user, role=role)
    user.refresh_from_db()
    return user


def update_user(*, actor: Actor, user: User, **changes: Any) -> User:
    """Change a person's email, name, role or activity; role and activity end their tokens at once."""
    Tenant.objects.select_for_update().get()
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    weaker = changes.get("role", user.role) != Role.ADMIN or not changes.get("is_active", user.is_active)
    if user.role == Role.ADMIN and user.is_active and weaker:
        others = User.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=user.pk)
        if not others.exists():
            raise LastAdmin
    password = changes.pop("password", None)
    ends_tokens = password or any(changes.get(f, getattr(user, f)) != getattr(user, f) for f in ("role", "is_active"))
    for field, value in changes.items():
        setattr(user, field, value)
    if password:
        user.set_password(password)
    if ends_tokens:
        user.token_version = F("token_version") + 1
        RefreshToken.objects.filter(user=user, revoked_at=None).update(revoked_at=Now())
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise DuplicateUser from None
    audit.record(actor=actor, action="user.updated", record=user, fields=sorted(changes))
    user.refresh_from_db()
    return user


def create_api_key(*, actor: Actor, name: str, role: str, expires_at: dt.datetime | None = None) -> tuple[ApiKey, str]:
    """Make a key; the second member is the whole key, shown once and not kept."""
    prefix = secrets.token_hex(5)
    whole = f"{prefix}.{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        name=name,
        prefix=prefix,
        hashed_key=hash_key(whole),
        role=role,
        expires_at=expires_at,
        created_by=actor.user_or_none,
    )
    audit.record(actor=actor, action="api_key.created", record=key, role=role)
    key.refresh_from_db()
    return key, whole


def revoke_api_key(*, actor: Actor, key: ApiKey) -> None:
    """End a key at once."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=Now())
    audit.record(actor=actor, action="api_key.revoked", record=key)


def _check_settings(tenant: Tenant, changes: dict[str, Any], reason: str) -> None:
    if "timezone" in changes and changes["timezone"] not in zoneinfo.available_timezones():
        raise InvalidInput("There is no such time zone.", field="timezone")
    if "default_region" in changes:
        changes["default_region"] = changes["default_region"].upper()
        if changes["default_region"] not in phonenumbers.SUPPORTED_REGIONS:
            raise InvalidInput("There is no such region.", field="default_region")
    caps = changes.get("number_caps")
    if caps is None:
        return
    merged = {**default_number_caps(), **tenant.number_caps, **caps}
    if set(merged) - set(default_number_caps()):
        raise InvalidInput("number_caps has an unknown member.", field="number_caps", field_code="unknown_field")
    if any(not isinstance(v, int) or isinstance(v, bool) or not 0 <= v <= 10_000 for v in merged.values()):
        raise InvalidInput("Each cap is a whole number from 0 to 10,000.", field="number_caps")
    looser = any(merged[k] > tenant.number_caps.get(k, 0) for k in merged if k != "min_gap_minutes")
    if (looser or merged["min_gap_minutes"] < tenant.number_caps.get("min_gap_minutes", 0)) and not reason.strip():
        raise InvalidInput("Loosening a cap needs a reason.", field="reason", field_code="required")
    changes["number_caps"] = merged


def update_settings(*, actor: Actor, changes: dict[str, Any], reason: str = "") -> Tenant:
    """Change the workspace's settings; loosening a calling cap needs a written reason."""
    tenant: Tenant = Tenant.objects.select_for_update().get()
    _check_settings(tenant, changes, reason)
    if "number_caps" in changes:
        tenant.number_caps_reason = reason
    for field, value in changes.items():
        setattr(tenant, field, value)
    tenant.save()
    audit.record(actor=actor, action="settings.updated", record=tenant, fields=sorted(changes), reason=reason)
    tenant.refresh_from_db()
    return tenant


def find_tenant(reference: str) -> uuid.UUID:
    """Check that a text is the id of a tenant."""
    from accounts.lookups import tenant_ids

    try:
        tenant_id = uuid.UUID(reference)
    except ValueError:
        raise InvalidInput("The tenant must be given by its id.", field="tenant") from None
    if tenant_id not in tenant_ids():
        raise InvalidInput("There is no such tenant.", field="tenant")
    return tenant_id
