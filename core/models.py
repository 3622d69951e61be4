"""The ground every table stands on: time-ordered keys, times kept by the database, and the tenant wall."""

import uuid
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from core.ids import uuid7
from core.scope import current_tenant_id, open_tenant_id


class BaseModel(models.Model):
    """A UUIDv7 key and two times in UTC; a trigger keeps `updated_at` also on bulk updates (see core.rls)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True

    def refresh_times(self) -> None:
        """Read back the times the database keeps (after a save they are expressions or stale)."""
        self.refresh_from_db(fields=["created_at", "updated_at"])


class TenantQuerySet(models.QuerySet[Any]):
    """Base of every tenant queryset."""

    def for_update(self) -> Self:
        """Lock the rows themselves, not the rows they are joined with."""
        return self.select_for_update(of=("self",))


class TenantManager(models.Manager[Any]):
    """Sees only the rows of the open tenant scope, and refuses to work without one."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(tenant_id=current_tenant_id())


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A foreign key between two tables of the same tenant.

    The constraint in the database is composite, (tenant_id, x_id) → (tenant_id, id), made by core.rls:
    foreign-key checks ignore row-level security, so a plain one would let a row point into another tenant.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(*args, **kwargs)


class TenantModel(BaseModel):
    """A row that belongs to one tenant; `tenant` is taken from the open scope."""

    tenant = models.ForeignKey(
        "accounts.Tenant",
        on_delete=models.CASCADE,
        default=open_tenant_id,
        editable=False,
        db_index=False,
        related_name="+",
    )

    objects: Any = TenantManager()

    class Meta:
        abstract = True

    tenant_id: uuid.UUID


class IdempotencyKey(TenantModel):
    """The first answer to a POST that carried an `Idempotency-Key`, committed together with its effect."""

    principal = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    content_type = models.CharField(max_length=100, default="")
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "principal", "key"], name="idempotency_key_unique")]
        indexes = [models.Index(fields=["tenant", "created_at"], name="idempotency_key_age")]


class OutboxMessage(TenantModel):
    """An effect promised by a committed transaction and carried out later, at least once (see core.outbox)."""

    topic = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    payload = models.JSONField(default=dict)
    run_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    last_error = models.TextField(default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "topic", "key"], name="outbox_key_unique")]
        indexes = [
            models.Index(
                fields=["run_at"],
                condition=models.Q(done_at__isnull=True, failed_at__isnull=True),
                name="outbox_due",
            )
        ]


class Heartbeat(models.Model):
    """When each worker last proved that it takes work (not tenant data)."""

    name = models.CharField(primary_key=True, max_length=200)
    beat_at = models.DateTimeField(db_default=Now())


class Email(TenantModel):
    """One mail the product owes someone, written down with what causes it and sent afterwards.

    `failure` tells a wrong set-up (nothing can be sent) from a refused recipient and from a passing trouble.
    `handed_over_at` is committed right before the mail server gets the end of the letter: a mail still `sending`
    with it may have arrived, so nobody but a person sends it again.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"

    class Failure(models.TextChoices):
        CONFIGURATION = "configuration", "Mail is not set up"
        RECIPIENT = "recipient", "The recipient was refused"
        SENDING = "sending", "Sending failed"
        UNCONFIRMED = "unconfirmed", "Perhaps sent"

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    to = ArrayField(models.CharField(max_length=320))
    reply_to = models.CharField(max_length=320, blank=True, default="")
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True, default="")
    message_id = models.CharField(max_length=200)
    about_type = models.CharField(max_length=40, blank=True, default="")
    about_id = models.UUIDField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    failure = models.CharField(max_length=14, choices=Failure.choices, blank=True, default="")
    error = models.TextField(blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    handed_over_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind", "key"], name="email_key_unique"),
            models.CheckConstraint(
                condition=models.Q(status__in=["queued", "sending", "sent", "failed"]), name="email_status_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(status__in=["queued", "sending"]), name="email_due"
            ),
            models.Index(fields=["tenant", "status", "-created_at"], name="email_by_status"),
            models.Index(fields=["tenant", "about_id", "-created_at"], name="email_about"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {', '.join(self.to)}"
