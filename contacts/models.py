"""People: who someone is, how to reach them, and the imports that brought them."""

import secrets
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from contacts.querysets import ContactQuerySet
from core.models import TenantForeignKey, TenantManager, TenantModel

_LETTERS = bytes(b"23456789ABCDEFGHJKMNPQRSTUVWXYZ"[i % 31] for i in range(256))


_CODE_LENGTH = 10


def new_referral_codes(count: int) -> list[str]:
    """Short codes without look-alike letters; long enough that a million of them do not meet."""
    letters = secrets.token_bytes(_CODE_LENGTH * count).translate(_LETTERS).decode()
    return [letters[at : at + _CODE_LENGTH] for at in range(0, len(letters), _CODE_LENGTH)]


def new_referral_code() -> str:
    """One such code."""
    return new_referral_codes(1)[0]


class Tag(TenantModel):
    """A tag known in the workspace, with the writing and the colour people chose."""

    name = models.CharField(max_length=50)
    color = models.CharField(max_length=10, default="gray")

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint("tenant", Lower("name"), name="tag_name_unique")]

    def __str__(self) -> str:
        return self.name


class Import(TenantModel):
    """One uploaded file on its way into the workspace, resumable after a crash and undoable."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        PENDING = "pending", "Waiting"
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"
        UNDONE = "undone", "Undone"

    kind = models.CharField(max_length=20, default="contacts")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    file = models.CharField(max_length=300)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    shape = models.CharField(max_length=64, default="")
    encoding = models.CharField(max_length=20, default="utf-8")
    delimiter = models.CharField(max_length=2, default=",")
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    on_conflict = models.CharField(max_length=10, default="skip")
    dry_run = models.BooleanField(default=False)
    resume_token = models.JSONField(default=dict)
    next_line = models.PositiveIntegerField(default=2)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    error = models.TextField(default="", blank=True)
    warnings = models.JSONField(default=list)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    created_by = TenantForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = [models.Index(fields=["tenant", "-created_at"], name="import_newest")]

    def __str__(self) -> str:
        return self.file_name


class ImportRow(TenantModel):
    """What became of one line: the record it made or changed (with the values before), or why it was refused."""

    class Result(models.TextChoices):
        CREATED = "created", "Created"
        UPDATED = "updated", "Updated"
        SKIPPED = "skipped", "Skipped"
        FAILED = "failed", "Failed"

    job = TenantForeignKey(Import, on_delete=models.CASCADE, related_name="rows", db_index=False)
    line = models.PositiveIntegerField()
    result = models.CharField(max_length=8, choices=Result.choices)
    record_id = models.UUIDField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    code = models.CharField(max_length=40, default="")
    reason = models.CharField(max_length=300, default="")
    cells = models.JSONField(null=True)

    class Meta:
        ordering = ("line",)
        constraints = [models.UniqueConstraint(fields=["tenant", "job", "line"], name="import_row_line_unique")]
        indexes = [models.Index(fields=["tenant", "record_id"], name="import_row_record")]

    @property
    def filled(self) -> list[str]:
        """The cells of a refused row that hold something."""
        return [cell for cell in self.cells or () if cell.strip()]


class Contact(TenantModel):
    """A person or business that can be reached; found by email, phone, tags and words."""

    class Status(models.TextChoices):
        LEAD = "lead", "Lead"
        OPPORTUNITY = "opportunity", "Opportunity"
        CUSTOMER = "customer", "Customer"
        CHURNED = "churned", "Churned"

    first_name = models.CharField(max_length=128, blank=True, default="")
    last_name = models.CharField(max_length=128, blank=True, default="")
    email = models.EmailField(max_length=256, blank=True, null=True)
    phone_number = models.CharField(max_length=16, blank=True, null=True)
    company = models.CharField(max_length=200, blank=True, default="")
    title = models.CharField(max_length=200, blank=True, default="")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.LEAD)
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    notes = models.TextField(blank=True, default="", max_length=20_000)
    custom_fields = models.JSONField(default=dict, blank=True)
    enrichment_data = models.JSONField(default=dict, blank=True)
    timezone = models.CharField(max_length=64, blank=True, default="")
    referral_code = models.CharField(max_length=16, default=new_referral_code, editable=False)
    owner = TenantForeignKey("accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    marks: Any = None
    """In a list that was searched, the Highlighter that marks what was found (contacts.search.mark_finds)."""

    objects = TenantManager.from_queryset(ContactQuerySet)()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = [
            models.UniqueConstraint(
                "tenant",
                Lower("email"),
                condition=Q(deleted_at__isnull=True, email__isnull=False),
                name="contact_email_unique",
            ),
            models.UniqueConstraint(fields=["tenant", "referral_code"], name="contact_referral_code_unique"),
            models.CheckConstraint(
                condition=Q(email__isnull=False) | Q(phone_number__isnull=False), name="contact_reachable"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["lead", "opportunity", "customer", "churned"]),
                name="contact_status_known",
            ),
            models.CheckConstraint(condition=~Q(email="") & ~Q(phone_number=""), name="contact_blank_is_null"),
        ]
        indexes = [
            models.Index(fields=["tenant", "-created_at", "-id"], name="contact_newest"),
            models.Index(
                fields=["tenant", "-created_at", "-id"],
                condition=Q(deleted_at__isnull=True),
                name="contact_newest_active",
            ),
            models.Index(
                fields=["tenant", "first_name", "id"], condition=Q(deleted_at__isnull=True), name="contact_by_name"
            ),
            models.Index(
                fields=["tenant", "company", "id"], condition=Q(deleted_at__isnull=True), name="contact_by_company"
            ),
            models.Index(fields=["tenant", "phone_number"], name="contact_phone"),
            models.Index("tenant", Lower("company"), name="contact_company"),
            GinIndex(fields=["tags"], name="contact_tags"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name to show: full name, else email, else phone number."""
        return f"{self.first_name} {self.last_name}".strip() or self.email or self.phone_number or "Unnamed"

    @property
    def is_active(self) -> bool:
        """Whether the contact is not in the trash."""
        return self.deleted_at is None

    def get_absolute_url(self) -> str:
        """The page of the contact."""
        return f"/contacts/{self.pk}"


from contacts.records import (  # noqa: E402 - Django finds models in this module; these need Contact first
    BulkAction,
    ContactChange,
    CustomField,
    DuplicatePair,
    Merge,
    SavedView,
)

__all__ = [
    "BulkAction",
    "Contact",
    "ContactChange",
    "CustomField",
    "DuplicatePair",
    "Import",
    "ImportRow",
    "Merge",
    "SavedView",
    "Tag",
]
