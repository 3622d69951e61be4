"""Campaigns: whom to call, when, how many at once; who must not be called; who agreed to be."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

import campaigns.tally_models  # noqa: F401 - Django looks for an app's models here
from campaigns.querysets import CampaignLeadQuerySet, CampaignQuerySet, ConsentQuerySet, SuppressionQuerySet
from core.models import TenantForeignKey, TenantManager, TenantModel


class Campaign(TenantModel):
    """A set of leads to be called with one prompt and voice under one set of limits."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SCHEDULED = "scheduled", "Scheduled"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        STOPPING = "stopping", "Stopping"
        STOPPED = "stopped", "Stopped"
        COMPLETED = "completed", "Completed"
        FAILED = "failed", "Failed"

    class ConsentPolicy(models.TextChoices):
        REQUIRE = "require", "Require consent"
        WAIVED = "waived", "Waived"

    class Provider(models.TextChoices):
        SIMULATED = "simulated", "Simulated phone network"
        TWILIO = "twilio", "Twilio"
        VAPI = "vapi", "Vapi"
        RETELL = "retell", "Retell"
        BLAND = "bland", "Bland"
        ELEVENLABS = "elevenlabs", "ElevenLabs"

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="", max_length=5_000)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    pause_reason = models.CharField(max_length=30, blank=True, default="")
    pause_detail = models.CharField(max_length=300, blank=True, default="")
    system_prompt = models.TextField(blank=True, default="", max_length=50_000)
    first_sentence = models.TextField(blank=True, default="", max_length=1_000)
    voice_id = models.CharField(max_length=100, blank=True, default="")
    provider = models.CharField(max_length=20, choices=Provider.choices, default=Provider.SIMULATED)
    max_concurrent_calls = models.PositiveIntegerField(default=10)
    cap_high_water = models.PositiveIntegerField(default=10, editable=False)
    retry_failed = models.BooleanField(default=True)
    max_retries = models.PositiveSmallIntegerField(default=3)
    retry_rules = models.JSONField(default=dict, blank=True)
    calling_hours = models.JSONField(null=True, blank=True)
    consent_policy = models.CharField(max_length=8, choices=ConsentPolicy.choices, default=ConsentPolicy.REQUIRE)
    consent_waiver_reason = models.CharField(max_length=500, blank=True, default="")
    caller_ids = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    budget = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    warm_path_hold = models.BooleanField(default=False)
    scheduled_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = TenantForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    objects = TenantManager.from_queryset(CampaignQuerySet)()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = [
            models.CheckConstraint(
                condition=Q(max_concurrent_calls__gte=1) & Q(max_concurrent_calls__lte=1000),
                name="campaign_cap_range",
            ),
            models.CheckConstraint(condition=Q(max_retries__lte=10), name="campaign_retries_range"),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "draft",
                        "scheduled",
                        "running",
                        "paused",
                        "stopping",
                        "stopped",
                        "completed",
                        "failed",
                    ]
                ),
                name="campaign_status_known",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-created_at", "-id"], name="campaign_newest"),
            models.Index(
                fields=["status"],
                condition=Q(status__in=["running", "stopping", "scheduled"]),
                name="campaign_alive",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The live page of the campaign."""
        return f"/campaigns/{self.pk}"


class PromptVersion(TenantModel):
    """What the voice of a campaign was told from one moment on; never changed."""

    campaign = TenantForeignKey(Campaign, on_delete=models.CASCADE, related_name="prompt_versions")
    number = models.PositiveIntegerField()
    system_prompt = models.TextField(blank=True, default="")
    first_sentence = models.TextField(blank=True, default="")
    voice_id = models.CharField(max_length=100, blank=True, default="")
    created_by = TenantForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    class Meta:
        ordering = ("-number",)
        constraints = [models.UniqueConstraint(fields=["tenant", "campaign", "number"], name="prompt_version_unique")]

    def __str__(self) -> str:
        return f"Version {self.number}"


class CampaignLead(TenantModel):
    """A lead's place in one campaign: whether, when and why (not) it is called next."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        QUEUED = "queued", "Queued"
        DIALING = "dialing", "Dialing"
        IN_CALL = "in_call", "In call"
        RETRY_WAIT = "retry_wait", "Waiting to retry"
        CALLBACK = "callback", "Callback"
        DONE = "done", "Done"
        BLOCKED = "blocked", "Blocked"
        EXHAUSTED = "exhausted", "Exhausted"
        REMOVED = "removed", "Removed"

    campaign = TenantForeignKey(Campaign, on_delete=models.CASCADE, related_name="campaign_leads")
    lead = TenantForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="campaign_leads")
    contact = TenantForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="campaign_leads")
    phone_number = models.CharField(max_length=16)
    first_name = models.CharField(max_length=128, blank=True, default="")
    last_name = models.CharField(max_length=128, blank=True, default="")
    custom_fields = models.JSONField(default=dict, blank=True)
    zones = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    status_reason = models.CharField(max_length=60, blank=True, default="")
    priority = models.PositiveSmallIntegerField(default=50)
    attempts = models.PositiveSmallIntegerField(default=0)
    counted_attempts = models.PositiveSmallIntegerField(default=0)
    provider_errors = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    last_called_at = models.DateTimeField(null=True, blank=True)
    callback_owner = TenantForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    last_outcome = models.CharField(max_length=20, blank=True, default="")

    objects = TenantManager.from_queryset(CampaignLeadQuerySet)()

    class Meta:
        ordering = ("created_at", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "campaign", "phone_number"],
                condition=~Q(status="removed"),
                name="campaign_lead_phone_unique",
            ),
            models.UniqueConstraint(
                fields=["tenant", "campaign", "lead"],
                condition=~Q(status="removed"),
                name="campaign_lead_lead_unique",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "pending",
                        "queued",
                        "dialing",
                        "in_call",
                        "retry_wait",
                        "callback",
                        "done",
                        "blocked",
                        "exhausted",
                        "removed",
                    ]
                ),
                name="campaign_lead_status_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "campaign", "priority", "next_attempt_at", "id"],
                condition=Q(status__in=["pending", "retry_wait", "callback"]),
                name="campaign_lead_due",
            ),
            models.Index(fields=["tenant", "campaign", "status", "created_at"], name="campaign_lead_by_status"),
            models.Index(fields=["tenant", "campaign", "created_at", "id"], name="campaign_lead_in_order"),
            models.Index(fields=["tenant", "phone_number"], name="campaign_lead_phone"),
            models.Index(fields=["tenant", "lead"], name="campaign_lead_lead"),
            models.Index(fields=["tenant", "contact"], name="campaign_lead_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.phone_number


class LeadBatch(TenantModel):
    """Many people on their way into a campaign: from a filter or from ids; resumable."""

    class Status(models.TextChoices):
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        FAILED = "failed", "Failed"

    class Source(models.TextChoices):
        FILTER = "filter", "Filter"
        CONTACTS = "contacts", "Contacts"
        LEADS = "leads", "Leads"
        FILE = "file", "File"

    campaign = TenantForeignKey(Campaign, on_delete=models.CASCADE, related_name="batches")
    source = models.CharField(max_length=10, choices=Source.choices)
    selection = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    position = models.CharField(max_length=200, blank=True, default="")
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    reasons = models.JSONField(default=dict)
    samples = models.JSONField(default=list)
    error = models.CharField(max_length=300, blank=True, default="")
    created_by = TenantForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    class Meta:
        verbose_name_plural = "lead batches"
        ordering = ("-created_at", "-id")
        indexes = [models.Index(fields=["tenant", "campaign", "-created_at"], name="lead_batch_of_campaign")]

    def __str__(self) -> str:
        return f"{self.source} · {self.added} added"


class DialGate(TenantModel):
    """The row that claims of one campaign queue on, so that counting and claiming are one step."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="gate", db_constraint=False)


class ProviderGate(TenantModel):
    """The row that all claims on one provider account queue on; also its token bucket and its breaker."""

    provider = models.CharField(max_length=20)
    calls_per_second = models.FloatField(default=1.0)
    tokens = models.FloatField(default=1.0)
    refilled_at = models.DateTimeField(db_default=Now())
    throttled_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "provider"], name="provider_gate_unique")]


class Suppression(TenantModel):
    """A number that must not be called: tenant-wide, for one campaign, or from an imported national list."""

    class Scope(models.TextChoices):
        TENANT = "tenant", "Everywhere"
        CAMPAIGN = "campaign", "One campaign"
        NATIONAL = "national", "National list"

    phone_number = models.CharField(max_length=16)
    scope = models.CharField(max_length=8, choices=Scope.choices, default=Scope.TENANT)
    campaign = TenantForeignKey(Campaign, null=True, blank=True, on_delete=models.CASCADE, related_name="suppressions")
    reason = models.CharField(max_length=300, blank=True, default="")
    source = models.CharField(max_length=60, default="manual")
    proof = models.JSONField(default=dict, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = TenantForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    objects = TenantManager.from_queryset(SuppressionQuerySet)()

    class Meta:
        verbose_name = "do-not-call entry"
        verbose_name_plural = "do-not-call entries"
        ordering = ("-created_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "phone_number"],
                condition=Q(campaign__isnull=True),
                name="suppression_unique",
            ),
            models.UniqueConstraint(
                fields=["tenant", "campaign", "phone_number"],
                condition=Q(campaign__isnull=False),
                name="suppression_campaign_unique",
            ),
        ]

    def __str__(self) -> str:
        return self.phone_number


class Consent(TenantModel):
    """Proof that a person agreed to be called: scope, wording, source and time; revoked rather than deleted."""

    class Scope(models.TextChoices):
        AI_VOICE = "ai_voice", "Calls by an AI voice"
        HUMAN_CALL = "human_call", "Calls by people"
        EMAIL = "email", "Email"

    contact = TenantForeignKey(
        "contacts.Contact", null=True, blank=True, on_delete=models.CASCADE, related_name="consents"
    )
    phone_number = models.CharField(max_length=16, blank=True, default="")
    email = models.EmailField(max_length=254, blank=True, default="")
    scope = models.CharField(max_length=12, choices=Scope.choices, default=Scope.AI_VOICE)
    wording = models.TextField(blank=True, default="")
    source = models.CharField(max_length=100)
    proof = models.JSONField(default=dict, blank=True)
    given_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager.from_queryset(ConsentQuerySet)()

    class Meta:
        ordering = ("-given_at", "-id")
        indexes = [
            models.Index(
                fields=["tenant", "phone_number", "scope"],
                condition=Q(revoked_at__isnull=True),
                name="consent_phone",
            ),
            models.Index(fields=["tenant", "contact"], name="consent_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.phone_number or self.email}"


class WhyEntry(TenantModel):
    """Why a number was, or was not, called: the rule, the value it saw, the time."""

    campaign = TenantForeignKey(Campaign, null=True, blank=True, on_delete=models.CASCADE, related_name="why_entries")
    campaign_lead = TenantForeignKey(
        CampaignLead, null=True, blank=True, on_delete=models.CASCADE, related_name="why_entries"
    )
    contact = TenantForeignKey(
        "contacts.Contact", null=True, blank=True, on_delete=models.CASCADE, related_name="why_entries"
    )
    phone_number = models.CharField(max_length=16)
    rule = models.CharField(max_length=40)
    allowed = models.BooleanField()
    value = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "why entries"
        ordering = ("-at", "-id")
        indexes = [
            models.Index(fields=["tenant", "contact", "-at"], name="why_of_contact"),
            models.Index(fields=["tenant", "phone_number", "-at"], name="why_of_number"),
            models.Index(fields=["tenant", "campaign_lead", "-at"], name="why_of_campaign_lead"),
        ]
