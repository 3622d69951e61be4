"""Notes in the timeline of a contact."""

import datetime as dt
from collections.abc import Iterable

from contacts.models import Contact
from contacts.timeline import Event, register_source
from notes.models import Note


def notes_of_contact(contact: Contact, before: dt.datetime, most: int) -> Iterable[Event]:
    """Notes on the contact and on its leads."""
    rows = Note.objects.filter(contact=contact, deleted_at=None, created_at__lt=before).select_related("author", "lead")
    for note in rows.order_by("-created_at")[:most]:
        yield Event(
            at=note.created_at,
            kind="note",
            title="Wrote a note",
            detail="during a call" if note.call_id else "",
            body=note.content,
            icon="sticky-note",
            url=f"{note.lead.get_absolute_url()}#note-{note.pk}" if note.lead else "",
            actor=str(note.author or "An integration"),
            id=str(note.pk),
            data={"note_id": str(note.pk), "lead_id": str(note.lead_id) if note.lead_id else None},
        )


register_source("notes", notes_of_contact)
