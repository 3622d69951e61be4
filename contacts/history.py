"""Who changed what in a contact, and taking a whole act's changes back.

A trigger writes `ContactChange` for every update, whatever made it; `attribute_to` tells it in whose name.
"""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction

from accounts.principals import Actor
from contacts.models import Contact, ContactChange
from core.scope import current_tenant_id

PLAIN = ("first_name", "last_name", "email", "phone_number", "company", "title", "status", "notes", "timezone")
BATCH = 1000


def attribute_to(actor: Actor | None, source: str = "") -> None:
    """Name the author of the changes that follow in this transaction; `source` marks the act they belong to."""
    person = getattr(actor, "user_or_none", None)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.actor', %s, true), set_config('app.actor_name', %s, true),"
            " set_config('app.source', %s, true)",
            [str(person.pk) if person else "", str(actor or ""), source],
        )


def _revert_one(contact: Contact, change: ContactChange) -> bool:
    """Set the fields of a change back where they still hold what the change wrote; tell whether any did."""
    touched = False
    for field, (before, after) in change.changes.items():
        if field == "custom_fields":
            touched = _revert_custom(contact, before or {}, after or {}) or touched
            continue
        current: Any = getattr(contact, field)
        if field == "owner_id":
            current = str(current) if current else None
        if field == "deleted_at":
            if (current is None) == (after is None):
                contact.deleted_at = before
                touched = True
            continue
        if current == after:
            setattr(contact, field, before)
            touched = True
    return touched


def _revert_custom(contact: Contact, before: dict[str, Any], after: dict[str, Any]) -> bool:
    values = dict(contact.custom_fields)
    for key in before.keys() | after.keys():
        if before.get(key) == after.get(key) or values.get(key) != after.get(key):
            continue
        if key in before:
            values[key] = before[key]
        else:
            values.pop(key, None)
    touched: bool = values != contact.custom_fields
    contact.custom_fields = values
    return touched


@dataclass(frozen=True, slots=True)
class Reverted:
    """One batch of an undo: changes set back, changes left as they are, and the last one looked at (None: the end)."""

    back: int
    left: int
    last: uuid.UUID | None


def revert_batch(*, actor: Actor | None, source: str, undo_source: str, below: uuid.UUID | None = None) -> Reverted:
    """Take the next changes of an act back, newest first, except fields that were changed again since.

    Runs in the caller's transaction, so that the place to go on from can be committed with it. A repeated
    batch does nothing: what is back no longer holds what the act wrote.
    """
    changes = ContactChange.objects.filter(source=source).order_by("-id")
    batch = list((changes.filter(id__lt=below) if below else changes)[:BATCH])
    if not batch:
        return Reverted(0, 0, None)
    attribute_to(actor, undo_source)
    back = _revert_changes(batch)
    return Reverted(back, len(batch) - back, batch[-1].pk)


def _revert_changes(batch: list[ContactChange]) -> int:
    ids = {change.contact_id for change in batch}
    contacts = {c.pk: c for c in Contact.objects.for_update().filter(pk__in=ids).order_by("pk")}
    touched = [change.contact_id for change in batch if _revert_one(contacts[change.contact_id], change)]
    refused = _write_back([contacts[pk] for pk in dict.fromkeys(touched)])
    return sum(pk not in refused for pk in touched)


_TYPES = {"tags": "text[]", "custom_fields": "jsonb", "owner_id": "uuid", "deleted_at": "timestamptz"}
_WRITTEN = (*PLAIN, *_TYPES)
_COLUMNS = ", ".join(f"{f} {_TYPES.get(f, 'text')}" for f in _WRITTEN)
_WRITE_BACK = f"""
UPDATE contacts_contact c SET {", ".join(f"{f} = v.{f}" for f in _WRITTEN)}
FROM jsonb_to_recordset(%s) AS v (id uuid, tenant_id uuid, {_COLUMNS})
WHERE c.id = v.id AND c.tenant_id = v.tenant_id
"""  # noqa: S608 - our own field names


def _write_back(contacts: list[Contact]) -> set[uuid.UUID]:
    """Write the tracked fields; return those whose email has been taken by someone else meanwhile."""
    if not contacts:
        return set()
    tenant_id = current_tenant_id()
    rows = [{"id": c.pk, "tenant_id": tenant_id, **{f: getattr(c, f) for f in _WRITTEN}} for c in contacts]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_WRITE_BACK, [json.dumps(rows, default=str)])
    except IntegrityError:
        if len(contacts) == 1:
            return {contacts[0].pk}
        half = len(contacts) // 2
        return _write_back(contacts[:half]) | _write_back(contacts[half:])
    return set()


def changes_of(contact: Contact, *, most: int = 100) -> list[ContactChange]:
    """The newest changes of a contact."""
    return list(ContactChange.objects.filter(contact=contact).select_related("actor")[:most])
