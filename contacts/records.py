"""What is kept about contacts beside the contacts: their history, merges, duplicates, bulk actions, fields, views."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from core.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet


class CustomField(TenantModel):
    """A field the workspace added to its records; admins manage them, imports may make them on the way."""

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        NUMBER = "number", "Number"
        DATE = "date", "Date"
        CHOICE = "choice", "Choice"
        BOOLEAN = "boolean", "Yes or no"

    key = models.CharField(max_length=60)
    label = models.CharField(max_length=100)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.TEXT)
    choices = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "label")
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="custom_field_key_unique")]

    def __str__(self) -> str:
        return self.label


class SavedView(TenantModel):
    """Filters, columns and order of a list under a name: private to its owner or shared with everyone."""

    kind = models.CharField(max_length=20, default="contacts")
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000, blank=True, default="")
    columns = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    owner = TenantForeignKey("accounts.User", null=True, on_delete=models.CASCADE, related_name="+")
    is_shared = models.BooleanField(default=False)

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint("tenant", "kind", "owner", Lower("name"), name="saved_view_name_unique")]

    def __str__(self) -> str:
        return self.name


class ContactChange(TenantModel):
    """One change of a contact, written by a trigger whatever made it: field → [before, after], who, and through what.

    `source` is the act it belongs to, such as `import:<id>` or `bulk:<id>`, by which it can be taken back.
    """

    contact = TenantForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="changes")
    changes = models.JSONField()
    actor = TenantForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=150, default="")
    source = models.CharField(max_length=60, default="")

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = [
            models.Index(fields=["tenant", "contact", "-created_at"], name="contact_change_of_contact"),
            models.Index(
                fields=["tenant", "source", "id"], condition=~models.Q(source=""), name="contact_change_of_act"
            ),
        ]


class Merge(TenantModel):
    """Two contacts made one: everything needed to split them again."""

    kept = TenantForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="+")
    other = TenantForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="+")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    moved = models.JSONField(default=dict)
    undo_data = models.JSONField(default=dict)
    actor = TenantForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = [
            models.Index(fields=["tenant", "kept"], name="merge_kept"),
            models.Index(fields=["tenant", "other"], name="merge_other"),
        ]


class DuplicatePair(TenantModel):
    """Two contacts that may be one person: how likely, and why; dismissed when someone said they are not."""

    first = TenantForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="+")
    second = TenantForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="+")
    score = models.FloatField()
    reasons = ArrayField(models.CharField(max_length=40), default=list)
    dismissed_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta:
        ordering = ("-score", "-id")
        constraints = [models.UniqueConstraint(fields=["tenant", "first", "second"], name="duplicate_pair_unique")]
        indexes = [
            models.Index(
                fields=["tenant", "-score", "-id"],
                condition=models.Q(dismissed_at__isnull=True),
                name="duplicate_pair_best",
            ),
            models.Index(fields=["tenant", "second"], name="duplicate_pair_second"),
        ]

    @property
    def people(self) -> tuple[Any, Any]:
        """Both, the older one first."""
        return self.first, self.second


class BulkAction(TenantModel):
    """One act on many records, with its progress; its changes are found in the history by `bulk:<id>`."""

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        UNDOING = "undoing", "Being undone"
        UNDONE = "undone", "Undone"

    kind = models.CharField(max_length=20, default="contacts")
    action = models.CharField(max_length=20)
    value = models.JSONField(null=True)
    query = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RUNNING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    last_id = models.UUIDField(null=True)
    created_by = TenantForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    undone_by = TenantForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ("-created_at", "-id")

    @property
    def source(self) -> str:
        """The mark its changes carry in the history."""
        return f"bulk:{self.pk}"
