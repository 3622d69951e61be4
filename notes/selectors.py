"""Reading notes."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError

from core.problems import NotFound
from notes.models import Note

MOST_ON_A_PANEL = 50


def get_note(actor: Any, pk: uuid.UUID | str, *, deleted: bool = False) -> Note:
    """The note with that id, or NotFound; deleted ones only when asked for."""
    queryset = Note.objects.select_related("author", "lead", "contact")
    queryset = queryset if deleted else queryset.active()
    try:
        note: Note | None = queryset.filter(pk=pk).first()
    except ValidationError:
        note = None
    if note is None:
        raise NotFound("There is no such note.")
    return note


def notes_about(*, lead: Any = None, contact: Any = None, call_id: uuid.UUID | None = None) -> Any:
    """Notes of a lead, a contact or a call, pinned ones first: a contact's include those of its leads."""
    queryset = Note.objects.filter(deleted_at=None).select_related("author", "lead").prefetch_related("revisions")
    if call_id is not None:
        queryset = queryset.filter(call_id=call_id)
    elif lead is not None:
        queryset = queryset.filter(lead=lead)
    else:
        queryset = queryset.filter(contact=contact)
    return queryset.pinned_first()
