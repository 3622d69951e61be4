"""Leads: one pursuit of a person, from first sign of interest to won or lost."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Lower, Now

from core.models import TenantForeignKey, TenantManager, TenantModel
from leads.querysets import LeadQuerySet, TaskQuerySet


class Lead(TenantModel):
    """One pursuit of a contact: came by form, import or campaign list; moves through the legal states."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        REACHED_OUT = "reached_out", "Reached out"
        QUALIFIED = "qualified", "Qualified"
        CONVERTED = "converted", "Converted"
        LOST = "lost", "Lost"

    contact = TenantForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="leads")
    first_name = models.CharField(max_length=128, blank=True, default="")
    last_name = models.CharField(max_length=128, blank=True, default="")
    email = models.EmailField(max_length=256, blank=True, default="")
    phone_number = models.CharField(max_length=16, blank=True, default="")
    company = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=12, choices=State.choices, default=State.PENDING)
    source = models.CharField(max_length=60, blank=True, default="")
    message = models.TextField(blank=True, default="", max_length=20_000)
    owner = TenantForeignKey("accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    custom_fields = models.JSONField(default=dict, blank=True)
    consent = models.BooleanField(default=False)
    resume = models.CharField(max_length=300, blank=True, default="", editable=False)
    resume_name = models.CharField(max_length=200, blank=True, default="", editable=False)
    reached_out_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    search_text = models.GeneratedField(
        expression=Lower(
            Concat(
                F("first_name"),
                Value(" "),
                F("last_name"),
                Value(" "),
                F("email"),
                Value(" "),
                F("company"),
                Value(" "),
                F("phone_number"),
                output_field=models.TextField(),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = TenantManager.from_queryset(LeadQuerySet)()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["pending", "reached_out", "qualified", "converted", "lost"]),
                name="lead_state_known",
            )
        ]
        indexes = [
            models.Index(
                fields=["tenant", "-created_at", "-id"],
                condition=Q(deleted_at__isnull=True),
                name="lead_newest_active",
            ),
            models.Index(
                fields=["tenant", "state", "-created_at"],
                condition=Q(deleted_at__isnull=True),
                name="lead_by_state",
            ),
            models.Index("tenant", Lower("email"), name="lead_email"),
            models.Index(
                fields=["tenant", "first_name", "id"], condition=Q(deleted_at__isnull=True), name="lead_by_name"
            ),
            models.Index(
                fields=["tenant", "company", "id"], condition=Q(deleted_at__isnull=True), name="lead_by_company"
            ),
            models.Index("tenant", Lower("source"), condition=Q(deleted_at__isnull=True), name="lead_source"),
            models.Index(fields=["tenant", "phone_number"], name="lead_phone"),
            models.Index(fields=["tenant", "contact"], name="lead_contact"),
            models.Index(fields=["tenant", "owner"], name="lead_owner"),
            models.Index(
                fields=["tenant", "reached_out_at"], condition=Q(reached_out_at__isnull=False), name="lead_reached"
            ),
            GinIndex("tenant", OpClass(F("search_text"), name="gin_trgm_ops"), name="lead_words"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name to show."""
        return f"{self.first_name} {self.last_name}".strip() or self.email or self.phone_number or "Unnamed"

    @property
    def has_resume(self) -> bool:
        """Whether a file came with the lead."""
        return bool(self.resume)

    def get_absolute_url(self) -> str:
        """The page of the lead."""
        return f"/leads/{self.pk}"


class LeadEvent(TenantModel):
    """One thing that happened to a lead, never changed: made, moved, handed over, edited, deleted, restored."""

    class Kind(models.TextChoices):
        CREATED = "created", "Created"
        STATE = "state", "State changed"
        OWNER = "owner", "Owner changed"
        EDITED = "edited", "Edited"
        DELETED = "deleted", "Moved to the trash"
        RESTORED = "restored", "Restored"

    lead = TenantForeignKey(Lead, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    data = models.JSONField(default=dict)
    actor = TenantForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=150, default="")
    run = models.UUIDField(null=True, editable=False)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = [
            models.Index(fields=["tenant", "lead", "-created_at"], name="lead_event_of_lead"),
            models.Index(fields=["tenant", "run", "id"], condition=Q(run__isnull=False), name="lead_event_of_run"),
            models.Index(fields=["tenant", "created_at"], condition=Q(kind="state"), name="lead_event_moves"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.lead_id}"


class BulkRun(TenantModel):
    """One change on many leads: how far it is. Its undo goes by the events that carry its id."""

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        UNDOING = "undoing", "Being taken back"
        UNDONE = "undone", "Taken back"

    action = models.CharField(max_length=10)
    value = models.CharField(max_length=40, blank=True, default="")
    filters = models.JSONField(default=dict)
    until = models.DateTimeField(null=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.COMPLETED)
    total = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    back = models.PositiveIntegerField(default=0)
    step = models.PositiveIntegerField(default=0)
    last_id = models.UUIDField(null=True)
    created_by = TenantForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    undone_by = TenantForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"{self.action} {self.value}".strip()


class Submission(TenantModel):
    """What a visitor sent through the public form, with the consent exactly as it was asked for and given."""

    lead = TenantForeignKey(Lead, on_delete=models.CASCADE, related_name="submissions")
    consent = models.BooleanField(default=False)
    consent_wording = models.TextField(default="", blank=True)
    consent_version = models.PositiveIntegerField(default=0)
    address = models.GenericIPAddressField(null=True, blank=True)
    origin = models.CharField(max_length=64, default="", blank=True)
    user_agent = models.CharField(max_length=300, default="", blank=True)
    referral_code = models.CharField(max_length=32, default="", blank=True)
    submitted_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("-submitted_at", "-id")
        indexes = [
            models.Index(fields=["tenant", "origin", "-submitted_at"], name="submission_of_origin"),
            models.Index(fields=["origin", "submitted_at"], name="submission_everywhere"),
            models.Index(fields=["tenant", "lead"], name="submission_of_lead"),
        ]

    def __str__(self) -> str:
        return f"Submission {self.pk}"


class IntakeSettings(TenantModel):
    """The public form of a workspace and what happens to what comes in through it; one row per workspace."""

    class Assignment(models.TextChoices):
        NONE = "none", "Leave without an owner"
        ROUND_ROBIN = "round_robin", "Take turns"

    title = models.CharField(max_length=120, default="Get in touch")
    intro = models.TextField(
        max_length=1_000, blank=True, default="Tell us how to reach you and we will call you back."
    )
    button = models.CharField(max_length=40, default="Send")
    thanks = models.TextField(max_length=1_000, default="Thank you. We have your message and will be in touch shortly.")
    shows_phone = models.BooleanField(default=True)
    requires_phone = models.BooleanField(default=False)
    shows_company = models.BooleanField(default=True)
    shows_message = models.BooleanField(default=True)
    shows_resume = models.BooleanField(default=True)
    consent_wording = models.TextField(
        max_length=2_000,
        blank=True,
        default="I agree to be called about my request, also by an automated or artificial voice.",
    )
    consent_version = models.PositiveIntegerField(default=1, editable=False)
    confirms_by_email = models.BooleanField(default=True)
    assignment = models.CharField(max_length=12, choices=Assignment.choices, default=Assignment.NONE)
    assignee_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    last_assignee_id = models.UUIDField(null=True, blank=True, editable=False)
    answer_within_minutes = models.PositiveIntegerField(default=5)

    class Meta:
        verbose_name_plural = "intake settings"
        constraints = [models.UniqueConstraint(fields=["tenant"], name="intake_settings_one")]

    def __str__(self) -> str:
        return self.title


class Task(TenantModel):
    """Something a person has to do by a time: a follow-up, a callback agreed with someone."""

    class Kind(models.TextChoices):
        CALLBACK = "callback", "Call back"
        FOLLOW_UP = "follow_up", "Follow up"
        EMAIL = "email", "Write an email"
        OTHER = "other", "To do"

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.FOLLOW_UP)
    title = models.CharField(max_length=200)
    lead = TenantForeignKey(Lead, null=True, blank=True, on_delete=models.CASCADE, related_name="tasks")
    contact = TenantForeignKey(
        "contacts.Contact", null=True, blank=True, on_delete=models.CASCADE, related_name="tasks"
    )
    owner = TenantForeignKey("accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    due_at = models.DateTimeField()
    timezone = models.CharField(max_length=64, blank=True, default="")
    created_by = TenantForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    done_at = models.DateTimeField(null=True, blank=True, editable=False)
    done_by = TenantForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    objects = TenantManager.from_queryset(TaskQuerySet)()

    class Meta:
        ordering = ("due_at", "id")
        indexes = [
            models.Index(
                fields=["tenant", "owner", "due_at"], condition=Q(done_at__isnull=True), name="task_open_of_owner"
            ),
            models.Index(fields=["tenant", "done_at"], condition=Q(done_at__isnull=False), name="task_done"),
            models.Index(fields=["tenant", "lead", "due_at"], name="task_of_lead"),
            models.Index(fields=["tenant", "contact", "due_at"], name="task_of_contact"),
        ]

    def __str__(self) -> str:
        return self.title
