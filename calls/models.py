"""Calls: each attempt to reach a person, what the provider told of it, and what was said."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from calls.querysets import CallQuerySet
from core.encryption import EncryptedTextField
from core.ids import uuid7
from core.models import TenantForeignKey, TenantManager, TenantModel

LIVE_STATES = ["reserved", "dialing", "placed", "unknown"]


class Call(TenantModel):
    """One attempt. `dial_state` is the dialler's own ladder, `status` and `outcome` what people see.

    `lease_until` is how long the present step may take before the sweep looks after the attempt;
    `is_callback` marks a call the person asked for, which no number cap holds back. `test_of` is the campaign
    whose prompt somebody tries on their own phone, speaking as to `test_as`: such a call is nobody's attempt.
    """

    class DialState(models.TextChoices):
        RESERVED = "reserved", "Reserved"
        DIALING = "dialing", "Dialing"
        PLACED = "placed", "Placed"
        UNKNOWN = "unknown", "Unknown"
        ENDED = "ended", "Ended"

    class Status(models.TextChoices):
        INITIATED = "initiated", "Initiated"
        RINGING = "ringing", "Ringing"
        IN_PROGRESS = "in_progress", "In progress"
        ENDED = "ended", "Ended"

    class Outcome(models.TextChoices):
        COMPLETED = "completed", "Completed"
        NO_ANSWER = "no_answer", "No answer"
        BUSY = "busy", "Busy"
        REJECTED = "rejected", "Rejected"
        VOICEMAIL = "voicemail", "Voicemail"
        INVALID_NUMBER = "invalid_number", "Invalid number"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        OPT_OUT = "opt_out", "Opted out"

    class AnsweredBy(models.TextChoices):
        HUMAN = "human", "Person"
        VOICEMAIL = "voicemail", "Voicemail"
        SCREENING = "screening", "Call screening"
        IVR = "ivr", "Phone menu"
        FAX = "fax", "Fax"
        UNKNOWN = "unknown", "Unknown"

    campaign = TenantForeignKey(
        "campaigns.Campaign", null=True, blank=True, on_delete=models.CASCADE, related_name="calls"
    )
    campaign_lead = TenantForeignKey(
        "campaigns.CampaignLead", null=True, blank=True, on_delete=models.CASCADE, related_name="calls"
    )
    lead = TenantForeignKey("leads.Lead", null=True, blank=True, on_delete=models.SET_NULL, related_name="calls")
    contact = TenantForeignKey(
        "contacts.Contact", null=True, blank=True, on_delete=models.SET_NULL, related_name="calls"
    )
    user = TenantForeignKey("accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="calls")
    attempt = models.PositiveSmallIntegerField(default=1)
    phone_number = models.CharField(max_length=16)
    caller_id = models.CharField(max_length=16, blank=True, default="")
    provider = models.CharField(max_length=20, default="simulated")
    provider_call_id = models.CharField(max_length=100, null=True, blank=True)
    callback_token = models.CharField(max_length=64, editable=False)
    dial_state = models.CharField(max_length=8, choices=DialState.choices, default=DialState.RESERVED)
    lease_until = models.DateTimeField(null=True)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.INITIATED)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, blank=True, default="")
    outcome_detail = models.CharField(max_length=200, blank=True, default="")
    answered_by = models.CharField(max_length=10, choices=AnsweredBy.choices, blank=True, default="")
    disposition = models.CharField(max_length=30, blank=True, default="")
    placed_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    duration_seconds = models.PositiveIntegerField(null=True)
    summary = models.TextField(blank=True, default="")
    cost = models.DecimalField(max_digits=10, decimal_places=4, null=True)
    minutes_held = models.PositiveIntegerField(default=0)
    is_callback = models.BooleanField(default=False)
    callback_at = models.DateTimeField(null=True, blank=True)
    test_of = TenantForeignKey(
        "campaigns.Campaign", null=True, blank=True, on_delete=models.CASCADE, related_name="test_calls"
    )
    test_as = TenantForeignKey(
        "campaigns.CampaignLead", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = TenantManager.from_queryset(CallQuerySet)()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "campaign_lead", "attempt"], name="call_attempt_unique"),
            models.UniqueConstraint(fields=["tenant", "provider", "provider_call_id"], name="call_provider_id_unique"),
            models.UniqueConstraint(
                fields=["tenant", "campaign_lead"],
                condition=Q(dial_state__in=LIVE_STATES),
                name="call_one_live_lead",
            ),
            models.UniqueConstraint(
                fields=["tenant", "phone_number"],
                condition=Q(dial_state__in=LIVE_STATES),
                name="call_one_live_phone",
            ),
            models.CheckConstraint(condition=Q(attempt__gte=1), name="call_attempt_from_one"),
            models.CheckConstraint(condition=Q(dial_state__in=[*LIVE_STATES, "ended"]), name="call_dial_state_known"),
            models.CheckConstraint(
                condition=Q(status__in=["initiated", "ringing", "in_progress", "ended"]),
                name="call_status_known",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-created_at", "-id"], name="call_newest"),
            models.Index(fields=["tenant", "campaign", "-created_at", "-id"], name="call_of_campaign"),
            models.Index(fields=["tenant", "lead", "-created_at"], name="call_of_lead"),
            models.Index(fields=["tenant", "contact", "-created_at"], name="call_of_contact"),
            models.Index(fields=["tenant", "phone_number", "-created_at"], name="call_of_number"),
            models.Index(fields=["tenant", "campaign"], condition=Q(dial_state__in=LIVE_STATES), name="call_live"),
            models.Index(fields=["lease_until"], condition=Q(dial_state__in=LIVE_STATES), name="call_lease"),
            models.Index(fields=["tenant", "campaign", "ended_at"], name="call_ended"),
            models.Index(
                fields=["tenant", "caller_id", "-created_at"], condition=~Q(caller_id=""), name="call_of_caller"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.phone_number} · {self.outcome or self.status}"

    def get_absolute_url(self) -> str:
        """The page of the call."""
        return f"/calls/{self.pk}"


class CallerNumber(TenantModel):
    """A number the workspace calls from, and how much it may be used: over all campaigns together.

    A number that calls too often is marked as spam by the networks, and then nobody answers it any more.
    """

    phone_number = models.CharField(max_length=16)
    label = models.CharField(max_length=60, blank=True, default="")
    calls_at_once = models.PositiveSmallIntegerField(default=1)
    calls_per_hour = models.PositiveIntegerField(default=20)
    calls_per_day = models.PositiveIntegerField(default=100)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("phone_number",)
        constraints = [models.UniqueConstraint(fields=["tenant", "phone_number"], name="caller_number_unique")]

    def __str__(self) -> str:
        return self.label or self.phone_number


class ProviderAccount(TenantModel):
    """A workspace's own account at a voice provider; its fields as a JSON object, encrypted as a whole."""

    provider = models.CharField(max_length=20)
    credentials = EncryptedTextField()
    account_name = models.CharField(max_length=200, blank=True, default="")
    verified_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("provider",)
        constraints = [models.UniqueConstraint(fields=["tenant", "provider"], name="provider_account_unique")]

    def __str__(self) -> str:
        return self.provider


class CallEvent(TenantModel):
    """One event a provider sent, kept as it came; the unique key makes repeats harmless."""

    call = TenantForeignKey(Call, null=True, on_delete=models.CASCADE, related_name="events")
    provider = models.CharField(max_length=20)
    event_key = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    applied = models.BooleanField(default=False)
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("received_at", "id")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "provider", "event_key"], name="call_event_key_unique")
        ]
        indexes = [models.Index(fields=["tenant", "call", "received_at"], name="call_event_of_call")]


class OrphanEvent(models.Model):
    """A well-signed event of a call nobody here placed; belongs to no tenant and is only kept for people to look at."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.CharField(max_length=20)
    event_key = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("-received_at",)
        constraints = [models.UniqueConstraint(fields=["provider", "event_key"], name="orphan_event_key_unique")]

    def __str__(self) -> str:
        return f"{self.provider} {self.kind}"


class Conversation(TenantModel):
    """What was said in a call: messages `{role: agent|person, content, at}` with `at` in seconds from the answer."""

    call = models.OneToOneField(Call, on_delete=models.CASCADE, related_name="conversation", db_constraint=False)
    status = models.CharField(max_length=12, default="completed")
    messages = models.JSONField(default=list)
    transcript = models.TextField(blank=True, default="")


class Recording(TenantModel):
    """The audio of a call, copied from the provider into our own storage."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        AVAILABLE = "available", "Available"
        ABSENT = "absent", "Absent"
        FAILED = "failed", "Failed"
        DELETED = "deleted", "Deleted"

    call = models.OneToOneField(Call, on_delete=models.CASCADE, related_name="recording", db_constraint=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    provider_recording_id = models.CharField(max_length=100, blank=True, default="")
    file = models.CharField(max_length=300, blank=True, default="")
    content_type = models.CharField(max_length=50, default="audio/wav")
    size_bytes = models.PositiveBigIntegerField(default=0)
    duration_seconds = models.PositiveIntegerField(null=True)
    provider_url = models.CharField(max_length=1000, blank=True, default="", editable=False)
    error = models.CharField(max_length=300, blank=True, default="")
