"""Notes: what was learned about a person, written by people."""

from django.db import models
from django.db.models import Q

from core.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet


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

    objects = TenantManager.from_queryset(TenantQuerySet)()

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
        ]

    def __str__(self) -> str:
        return self.content[:60]
