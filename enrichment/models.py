"""Enrichment: what outside services know about a contact, asked in order and paid per find."""

from django.db import models

from core.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet


class ProviderSetting(TenantModel):
    """A workspace's choice for one provider: place in the waterfall, price, encrypted key."""

    provider = models.CharField(max_length=30)
    position = models.PositiveSmallIntegerField(default=100)
    enabled = models.BooleanField(default=True)
    cost_credits = models.PositiveIntegerField(default=1)
    encrypted_key = models.TextField(blank=True, default="", editable=False)
    paused_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("position", "provider")
        constraints = [models.UniqueConstraint(fields=["tenant", "provider"], name="provider_setting_unique")]


class EnrichmentRun(TenantModel):
    """One pass of the waterfall over one contact."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        FAILED = "failed", "Failed"

    contact = TenantForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="enrichment_runs")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    trigger = models.CharField(max_length=30, default="manual")
    cached = models.BooleanField(default=False)
    credits = models.PositiveIntegerField(default=0)
    wanted = models.JSONField(default=list)
    error = models.CharField(max_length=300, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    before = models.JSONField(default=dict)

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = [
            models.Index(fields=["tenant", "contact", "-created_at"], name="enrichment_of_contact"),
            models.Index(fields=["tenant", "-created_at", "-id"], name="enrichment_newest"),
        ]


class EnrichmentStep(TenantModel):
    """What one provider answered within a run."""

    run = TenantForeignKey(EnrichmentRun, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    provider = models.CharField(max_length=30)
    outcome = models.CharField(max_length=20)
    credits = models.PositiveIntegerField(default=0)
    fields = models.JSONField(default=dict)
    detail = models.CharField(max_length=300, blank=True, default="")
    cached = models.BooleanField(default=False)

    class Meta:
        ordering = ("position", "id")
        indexes = [models.Index(fields=["tenant", "run", "position"], name="enrichment_step_of_run")]


class CachedAnswer(TenantModel):
    """A provider's answer to a normalised query, kept for 7 days (nothing found: 24 hours)."""

    provider = models.CharField(max_length=30)
    query_hash = models.CharField(max_length=64)
    outcome = models.CharField(max_length=20)
    fields = models.JSONField(default=dict)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "provider", "query_hash"], name="cached_answer_unique")
        ]
