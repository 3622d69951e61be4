"""Notes: what was learned about a person, written by people."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from core.models import TenantForeignKey, TenantManager, TenantModel
from notes.querysets import NoteQuerySet


class Note(TenantModel):
    """A text on a lead, a contact, or both; at least one of them."""

    lead = TenantForeignKey("leads.Lead", null=True, blank=True, on_delete=models.CASCADE, related_name="note_set")
    contact = TenantForeignKey(
        "contacts.Contact", null=True, blank=True, on_delete=models.CASCADE, related_name="note_set"
    )
    call_id = models.UUIDField(null=True, blank=True, editable=False)
    content = models.TextField(max_length=20_000)
    author = TenantForeignKey("accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    pinned_at = models.DateTimeField(null=True, blank=True)
    mentions = ArrayField(models.UUIDField(), default=list, blank=True, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    search_text = models.GeneratedField(
        expression=Lower(F("content")), output_field=models.TextField(), db_persist=True
    )

    objects = TenantManager.from_queryset(NoteQuerySet)()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = [
            models.CheckConstraint(condition=Q(content__regex=r"\S"), name="note_not_blank"),
            models.CheckConstraint(
                condition=Q(lead__isnull=False) | Q(contact__isnull=False), name="note_about_someone"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "lead", "-created_at"], name="note_of_lead"),
            models.Index(fields=["tenant", "contact", "-created_at"], name="note_of_contact"),
            models.Index(fields=["tenant", "-created_at", "-id"], name="note_newest"),
            models.Index(fields=["tenant", "call_id"], condition=Q(call_id__isnull=False), name="note_of_call"),
            GinIndex("tenant", OpClass(F("search_text"), name="gin_trgm_ops"), name="note_words"),
            GinIndex(fields=["mentions"], name="note_mentions"),
        ]

    def __str__(self) -> str:
        return self.content[:60]


class NoteRevision(TenantModel):
    """What a note said before an edit, and who replaced it."""

    note = TenantForeignKey(Note, on_delete=models.CASCADE, related_name="revisions")
    content = models.TextField()
    replaced_by = TenantForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    replaced_by_name = models.CharField(max_length=150, default="")

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = [models.Index(fields=["tenant", "note", "-created_at"], name="note_revision_of_note")]

    def __str__(self) -> str:
        return self.content[:60]
