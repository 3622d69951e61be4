"""The mail that tells a colleague they were named in a note."""

import uuid

from django.conf import settings

from accounts.models import User
from core.email import queue_email
from notes.models import Note


def tell_mentioned(*, note_id: uuid.UUID, user_ids: list[uuid.UUID]) -> int:
    """Owe each named colleague one mail per note, however often the note is edited; return how many were named."""
    note: Note | None = Note.objects.active().select_related("author", "lead", "contact").filter(pk=note_id).first()
    if note is None:
        return 0
    record = note.lead or note.contact
    people = list(User.objects.filter(pk__in=user_ids, is_active=True))
    for person in people:
        queue_email(
            kind="note_mention",
            key=f"{note.pk}:{person.pk}",
            to=[person.email],
            context={
                "note": note,
                "about": str(record),
                "author": str(note.author or "An integration"),
                "address": f"{settings.PUBLIC_BASE_URL}{record.get_absolute_url()}#note-{note.pk}" if record else "",
                "business": person.tenant.name,
            },
            about=record,
        )
    return len(people)
