"""Enrichment: what outside services know about a contact, asked in order and paid per find."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from core.encryption import EncryptedTextField
from core.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet


class ProviderSetting(TenantModel):
    """A workspace's choice for one provider: place in the waterfall, price, encrypted key, and its breaker.

    `failures` counts answers in a row that were no answer; from a few on the provider rests until `paused_until`.
    """

    provider = models.CharField(max_length=30)
    position = models.PositiveSmallIntegerField(default=100)
    enabled = models.BooleanField(default=True)
    cost_credits = models.PositiveIntegerField(default=1)
    api_key = EncryptedTextField(blank=True, default="", editable=False)
    verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    paused_until = models.DateTimeField(null=True, blank=True)
    paused_reason = models.CharField(max_length=200, blank=True, default="")

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta:
        ordering = ("position", "provider")
        constraints = [models.UniqueConstraint(fields=["tenant", "provider"], name="provider_setting_unique")]

    def __str__(self) -> str:
        return self.provider


class EnrichmentPolicy(TenantModel):
    """What a workspace decided about enrichment as a whole: monthly budget in credits, alarm, renewing old finds."""

    monthly_budget = models.PositiveIntegerField(null=True, blank=True)
    alarm_percent = models.PositiveSmallIntegerField(default=80)
    alarmed_month = models.CharField(max_length=7, blank=True, default="", editable=False)
    refresh_after_days = models.PositiveSmallIntegerField(null=True, blank=True)
    automatic_since = models.DateTimeField(null=True, blank=True, editable=False)
    buy_next_numbers = models.BooleanField(default=True)

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta:
        verbose_name_plural = "enrichment policies"
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="enrichment_policy_unique"),
            models.CheckConstraint(condition=Q(alarm_percent__range=(1, 100)), name="enrichment_alarm_percent"),
        ]


class EnrichmentBatch(TenantModel):
    """Enrichment of many contacts at once; its runs are made in slices, up to the contact `last_id`."""

    class Status(models.TextChoices):
        PREPARING = "preparing", "Preparing"
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PREPARING)
    trigger = models.CharField(max_length=30, default="bulk")
    query = models.CharField(max_length=2000, blank=True, default="")
    contact_ids = ArrayField(models.UUIDField(), null=True)
    total = models.PositiveIntegerField(default=0)
    most_credits = models.PositiveIntegerField(default=0)
    last_id = models.UUIDField(null=True)
    created_by = TenantForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    completed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta:
        verbose_name_plural = "enrichment batches"
        ordering = ("-created_at", "-id")
        indexes = [models.Index(fields=["tenant", "-created_at", "-id"], name="enrichment_batch_newest")]


class EnrichmentRun(TenantModel):
    """One pass of the waterfall over one contact.

    `attempts` fences: whoever claims the run raises it, and an older worker's words are not heard any more.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        FAILED = "failed", "Failed"

    class Trigger(models.TextChoices):
        MANUAL = "manual", "By hand"
        CREATED = "created", "New contact"
        BULK = "bulk", "In bulk"
        REFRESH = "refresh", "Refresh of old data"
        DEAD_NUMBER = "dead_number", "Dead number"

    contact = TenantForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="enrichment_runs")
    batch = TenantForeignKey(EnrichmentBatch, null=True, on_delete=models.SET_NULL, related_name="runs")
    requested_by = TenantForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    trigger = models.CharField(max_length=30, choices=Trigger.choices, default=Trigger.MANUAL)
    priority = models.PositiveSmallIntegerField(default=5)
    cached = models.BooleanField(default=False)
    credits = models.PositiveIntegerField(default=0)
    most_credits = models.PositiveIntegerField(null=True)
    reference = models.CharField(max_length=60, blank=True, default="")
    dead_number = models.CharField(max_length=16, blank=True, default="")
    error = models.CharField(max_length=300, blank=True, default="")
    due_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveIntegerField(default=0)
    interruptions = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    before = models.JSONField(default=dict)

    objects = TenantManager.from_queryset(TenantQuerySet)()

    OPEN: ClassVar[list[str]] = [Status.PENDING.value, Status.RUNNING.value]

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "contact", "dead_number"],
                condition=Q(status__in=["pending", "running"]),
                name="enrichment_run_open_once",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "running", "completed", "failed"]), name="enrichment_run_status"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "contact", "-created_at"], name="enrichment_of_contact"),
            models.Index(fields=["tenant", "-created_at", "-id"], name="enrichment_newest"),
            models.Index(fields=["tenant", "batch", "status"], name="enrichment_of_batch"),
            models.Index(
                fields=["tenant", "priority", "due_at"], condition=Q(status="pending"), name="enrichment_waiting"
            ),
            models.Index(fields=["lease_until"], condition=Q(status="running"), name="enrichment_leased"),
        ]

    def __str__(self) -> str:
        return f"{self.get_trigger_display()}: {self.get_status_display()}"


class EnrichmentStep(TenantModel):
    """What one provider answered within a run, and what it cost; `fields` is what was taken over from it."""

    class Outcome(models.TextChoices):
        ASKING = "asking", "Asking"
        FOUND = "found", "Found"
        NOT_FOUND = "not_found", "Not found"
        REFUSED_LEGAL = "refused_legal", "Refused by law"
        OUT_OF_CREDITS = "out_of_credits", "Provider's quota used up"
        THROTTLED = "throttled", "Too many requests"
        AUTH = "auth", "Key refused"
        ERROR = "error", "No answer"
        SKIPPED = "skipped", "Skipped"

    run = TenantForeignKey(EnrichmentRun, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    provider = models.CharField(max_length=30)
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    attempt = models.PositiveIntegerField(default=0)
    price = models.PositiveIntegerField(default=0)
    credits = models.PositiveIntegerField(default=0)
    fields = models.JSONField(default=dict)
    detail = models.CharField(max_length=300, blank=True, default="")
    cached = models.BooleanField(default=False)
    query_hash = models.CharField(max_length=64, blank=True, default="", editable=False)
    callback_hash = models.CharField(max_length=64, blank=True, default="", editable=False)
    waits_until = models.DateTimeField(null=True, editable=False)

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta:
        ordering = ("position", "id")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "run", "position"], name="enrichment_step_position_unique")
        ]
        indexes = [
            models.Index(fields=["tenant"], condition=Q(outcome="asking"), name="enrichment_asking"),
            models.Index(fields=["callback_hash"], condition=~Q(callback_hash=""), name="enrichment_callback"),
        ]

    @property
    def settle_key(self) -> str:
        """The ledger's key of this step's hold: one per attempt, so that only one attempt can ever be paid."""
        return f"enrichment:{self.pk}:{self.attempt}"


class CachedAnswer(TenantModel):
    """A provider's answer to a normalised query: kept 7 days, nothing found 24 hours, a refusal by law for ever."""

    provider = models.CharField(max_length=30)
    query_hash = models.CharField(max_length=64)
    outcome = models.CharField(max_length=20)
    fields = models.JSONField(default=list)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "provider", "query_hash"], name="cached_answer_unique")
        ]
        indexes = [models.Index(fields=["tenant", "expires_at"], name="cached_answer_age")]


class ProviderDay(TenantModel):
    """What one provider was asked, found and cost on one day (UTC): the figures of charts and of the monthly budget."""

    provider = models.CharField(max_length=30)
    day = models.DateField()
    asked = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    cached = models.PositiveIntegerField(default=0)
    credits = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-day", "provider")
        constraints = [models.UniqueConstraint(fields=["tenant", "day", "provider"], name="provider_day_unique")]
