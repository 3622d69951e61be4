"""Workspaces (tenants), the people and keys that act in them, and their purses."""

import secrets
import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now

from core.encryption import EncryptedTextField
from core.models import BaseModel, TenantForeignKey, TenantManager, TenantModel
from core.scope import current_tenant_id


def new_form_key() -> str:
    """An unguessable key for a workspace's public form."""
    return secrets.token_urlsafe(18)


def default_number_caps() -> dict[str, int]:
    """How often one number may be called over all campaigns."""
    return {"per_day": 2, "per_24h": 3, "per_30_days": 8, "min_gap_minutes": 120}


class Role(models.TextChoices):
    """What a person or key may do; each role includes the ones before it."""

    AGENT = "agent", "Agent"
    MANAGER = "manager", "Manager"
    ADMIN = "admin", "Admin"

    def includes(self, other: str) -> bool:
        """Whether this role may do what `other` may."""
        order = [Role.AGENT, Role.MANAGER, Role.ADMIN]
        return order.index(self) >= order.index(Role(other))


class OwnTenantManager(models.Manager[Any]):
    """Sees only the workspace of the open scope."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(pk=current_tenant_id())


class Tenant(BaseModel):
    """A workspace: one business, its people, its data."""

    name = models.CharField(max_length=200)
    timezone = models.CharField(max_length=64, default="America/New_York")
    default_region = models.CharField(max_length=2, default="US")
    notification_emails = ArrayField(models.EmailField(), default=list, blank=True)
    auto_enrich = models.BooleanField(default=False)
    number_caps = models.JSONField(default=default_number_caps)
    number_caps_reason = models.TextField(default="", blank=True)
    max_concurrent_calls = models.PositiveIntegerField(default=20)
    form_key = models.CharField(max_length=64, default=new_form_key, unique=True)
    is_demo = models.BooleanField(default=False)

    objects = OwnTenantManager()

    class Meta:
        verbose_name = "workspace"

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"], TenantManager):
    """Users of the open scope."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, TenantModel):
    """A person who signs in with an email address, which is unique over all workspaces."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.AGENT)
    is_active = models.BooleanField(default=True)
    token_version = models.PositiveIntegerField(default=0)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ("email",)
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role_known"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_staff(self) -> bool:
        """Managers and admins work in the Django admin."""
        return self.has_role(Role.MANAGER)

    @property
    def user_or_none(self) -> "User":
        """The person behind the actor (an API key has none)."""
        return self

    def has_role(self, role: str) -> bool:
        """Whether the person may do what `role` may."""
        return self.is_active and Role(self.role).includes(role)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Permissions of the Django admin: by role, not by table."""
        own = perm.startswith("accounts.")
        return self.has_role(Role.ADMIN if own else Role.MANAGER)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the person sees an app in the Django admin."""
        return self.has_perm(f"{app_label}.view")


class ApiKey(TenantModel):
    """A key for an integration; only its SHA-256 is kept."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, unique=True, editable=False)
    hashed_key = models.CharField(max_length=64, editable=False)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.AGENT)
    created_by = TenantForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "API key"
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class RefreshToken(TenantModel):
    """One link in a chain of rotating refresh tokens; `family` is the sign-in it descends from."""

    user = TenantForeignKey(User, on_delete=models.CASCADE, related_name="+")
    family = models.UUIDField(default=uuid.uuid4)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "family"], name="refresh_token_family"),
            models.Index(fields=["tenant", "user"], name="refresh_token_user"),
        ]


class LedgerAccount(TenantModel):
    """A purse of the workspace: call minutes or enrichment credits, in whole units."""

    class Kind(models.TextChoices):
        MINUTES = "minutes", "Call minutes"
        CREDITS = "credits", "Credits"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    balance = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind"], name="ledger_account_unique"),
            models.CheckConstraint(condition=Q(balance__gte=0), name="ledger_balance_not_negative"),
            models.CheckConstraint(condition=Q(held__gte=0) & Q(held__lte=F("balance")), name="ledger_held_in_balance"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def available(self) -> int:
        """What can still be held or spent."""
        return self.balance - self.held


class LedgerEntry(TenantModel):
    """One line of a purse, never changed: `amount` moves the balance, `held_delta` what is reserved."""

    class Kind(models.TextChoices):
        GRANT = "grant", "Grant"
        HOLD = "hold", "Hold"
        CAPTURE = "capture", "Capture"
        RELEASE = "release", "Release"
        ADJUST = "adjust", "Adjustment"

    account = TenantForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    amount = models.BigIntegerField(default=0)
    held_delta = models.BigIntegerField(default=0)
    key = models.CharField(max_length=120)
    reference = models.CharField(max_length=120, default="", blank=True)
    note = models.CharField(max_length=300, default="", blank=True)
    actor_name = models.CharField(max_length=150, default="", blank=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "ledger entries"
        ordering = ("-created_at", "-id")
        constraints = [models.UniqueConstraint(fields=["tenant", "account", "key"], name="ledger_entry_key_unique")]
        indexes = [
            models.Index(fields=["tenant", "-created_at"], name="ledger_entry_newest"),
            models.Index(
                fields=["expires_at"],
                condition=Q(kind="hold", expires_at__isnull=False),
                name="ledger_hold_expiry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount:+d}"


class AuditEntry(TenantModel):
    """Who did something that must be accountable: exports, purges, role changes, loosened rules."""

    actor = TenantForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=150, default="")
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60, default="")
    object_id = models.CharField(max_length=64, default="")
    details = models.JSONField(default=dict)
    request_id = models.CharField(max_length=100, default="")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "audit entries"
        ordering = ("-at",)
        indexes = [models.Index(fields=["tenant", "-at"], name="audit_newest")]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.action}"

    @property
    def words(self) -> str:
        """The act as people read it: `do_not_call.added` is "Do not call added"."""
        return self.action.replace("_", " ").replace(".", " ").capitalize()


class WebhookEndpoint(TenantModel):
    """An address of an integration that is told of events; signed, retried for 24 hours."""

    url = models.CharField(max_length=500)
    description = models.CharField(max_length=200, blank=True, default="")
    events = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    secret = EncryptedTextField()
    created_by = TenantForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(max_length=200, blank=True, default="")
    failing_since = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(TenantModel):
    """One event on its way to one endpoint: when it is tried next, and how each try ended."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"

    endpoint = TenantForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=40)
    payload = models.JSONField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    response_status = models.PositiveSmallIntegerField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)
    error = models.CharField(max_length=200, blank=True, default="")
    next_attempt_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        ordering = ("-created_at", "-id")
        indexes = [models.Index(fields=["tenant", "endpoint", "-created_at", "-id"], name="webhook_delivery_newest")]

    def __str__(self) -> str:
        return f"{self.event} {self.status}"
