"""Writing, changing, pinning and deleting notes."""

import datetime as dt
import re
import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import webhooks
from accounts.models import User
from contacts.models import Contact
from core.problems import InvalidInput
from leads.models import Lead
from network.touches import note_touch
from notes.models import Note, NoteRevision
from notes.signals import colleagues_mentioned

MAX_LENGTH = 20_000
_MENTION = re.compile(r"(?<![\w@.])@([\w.+-]+(?:@[\w.-]+\w)?)")


def clean_content(content: str) -> str:
    """The text of a note without blank ends; raises InvalidInput when nothing is left or it is too long."""
    text = content.replace("\r\n", "\n").strip()
    if not text:
        raise InvalidInput("Write something first: an empty note is not kept.", field="content", field_code="required")
    if len(text) > MAX_LENGTH:
        raise InvalidInput(f"A note has at most {MAX_LENGTH:,} characters.", field="content", field_code="max_length")
    if "\x00" in text:
        raise InvalidInput(
            "The note holds a character that cannot be stored.", field="content", field_code="invalid_character"
        )
    return text


def mentioned_users(content: str) -> list[uuid.UUID]:
    """Colleagues named in a text as @first.last, @FirstLast, or @ and their email address."""
    handles = {h.lower().rstrip(".") for h in _MENTION.findall(content)}
    if not handles:
        return []
    found = []
    for user in User.objects.filter(is_active=True).only("id", "email", "name"):
        words = user.name.lower().split()
        names = {user.email.lower(), user.email.lower().split("@", maxsplit=1)[0], "".join(words), ".".join(words)}
        if handles & (names | set(words[:1])):
            found.append(user.pk)
    return found


def _announce(note: Note, new: list[uuid.UUID]) -> None:
    author = note.author_id
    ids = [str(i) for i in new if i != author]
    if ids:
        tenant_id, note_id = note.tenant_id, note.pk
        transaction.on_commit(
            lambda: colleagues_mentioned.send(Note, tenant_id=tenant_id, note_id=note_id, user_ids=ids), robust=True
        )


@transaction.atomic
def create_note(
    *,
    actor: Any,
    content: str,
    lead: Lead | None = None,
    contact: Contact | None = None,
    call_id: uuid.UUID | None = None,
) -> Note:
    """Write a note on a lead (and thereby its contact) or on a contact; colleagues named with @ are told."""
    text = clean_content(content)
    contact_id = contact.pk if contact else lead.contact_id if lead else None
    note = Note(
        content=text,
        lead=lead,
        contact_id=contact_id,
        call_id=call_id,
        author=getattr(actor, "user_or_none", None),
        mentions=mentioned_users(text),
    )
    note.save(force_insert=True)
    _announce(note, note.mentions)
    note_touch(user_id=note.author_id, contact_id=contact_id, kind="note", key=note.pk)
    data = {"id": str(note.pk), "lead_id": str(lead.pk) if lead else None, "contact_id": str(contact_id)}
    webhooks.publish(event="note.created", data=data)
    note.refresh_from_db()
    return note


@transaction.atomic
def update_note(*, actor: Any, note: Note, content: str, now: dt.datetime | None = None) -> Note:
    """Change the text of a note; what it said before is kept. Locks the row."""
    text = clean_content(content)
    note = Note.objects.for_update().get(pk=note.pk)
    if text != note.content:
        NoteRevision.objects.create(
            note=note,
            content=note.content,
            replaced_by=getattr(actor, "user_or_none", None),
            replaced_by_name=str(actor)[:150],
        )
        before = set(note.mentions)
        note.content, note.mentions, note.edited_at = text, mentioned_users(text), now or timezone.now()
        note.save(update_fields=["content", "mentions", "edited_at"])
        _announce(note, [i for i in note.mentions if i not in before])
    note.refresh_from_db()
    return note


@transaction.atomic
def pin_note(*, actor: Any, note: Note, pinned: bool, now: dt.datetime | None = None) -> Note:
    """Keep a note on top of its lead or contact, or let it go back to its place in time."""
    Note.objects.filter(pk=note.pk).update(pinned_at=(now or timezone.now()) if pinned else None)
    note.refresh_from_db()
    return note


@transaction.atomic
def delete_note(*, actor: Any, note: Note, now: dt.datetime | None = None) -> None:
    """Take a note away; restore_note brings it back."""
    Note.objects.filter(pk=note.pk).update(deleted_at=now or timezone.now())


@transaction.atomic
def restore_note(*, actor: Any, note: Note) -> Note:
    """Bring a deleted note back."""
    Note.objects.filter(pk=note.pk).update(deleted_at=None)
    note.refresh_from_db()
    return note
