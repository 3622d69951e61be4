"""Who changed what in a contact, and taking a whole act's changes back.

A trigger writes `ContactChange` for every update, whatever made it; `attribute_to` tells it in whose name.
"""

import json
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


def revert(*, actor: Actor | None, source: str, undo_source: str) -> tuple[int, int]:
    """Take back every change of an act, newest first, except fields that were changed again since.

    Returns (contacts set back, contacts left as they are). Runs in batches of one transaction each and can be
    repeated: what is already back no longer holds what the act wrote.
    """
    back = left = 0
    last: Any = None
    while True:
        with transaction.atomic():
            changes = ContactChange.objects.filter(source=source).order_by("-id")
            batch = list((changes.filter(id__lt=last) if last else changes)[:BATCH])
            if not batch:
                return back, left
            last = batch[-1].pk
            attribute_to(actor, undo_source)
            done = _revert_batch(batch)
            back, left = back + done, left + len(batch) - done


def _revert_batch(batch: list[ContactChange]) -> int:
    ids = {change.contact_id for change in batch}
    contacts = {c.pk: c for c in Contact.objects.for_update().filter(pk__in=ids).order_by("pk")}
    touched = [change.contact_id for change in batch if _revert_one(contacts[change.contact_id], change)]
    refused = {pk for pk in set(touched) if not _write_back(contacts[pk])}
    return sum(pk not in refused for pk in touched)


def _write_back(contact: Contact) -> bool:
    """Write the tracked fields; False when the email has been taken by someone else meanwhile."""
    fields = (*PLAIN, "tags", "custom_fields", "owner_id", "deleted_at")
    values = {f: getattr(contact, f) for f in fields}
    values["custom_fields"] = json.dumps(values["custom_fields"])
    sets = ", ".join(f"{f} = %s" for f in fields)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE contacts_contact SET {sets} WHERE id = %s AND tenant_id = %s",  # noqa: S608 - our field names
                [*values.values(), contact.pk, current_tenant_id()],
            )
    except IntegrityError:
        return False
    return True


def changes_of(contact: Contact, *, most: int = 100) -> list[ContactChange]:
    """The newest changes of a contact."""
    return list(ContactChange.objects.filter(contact=contact).select_related("actor")[:most])
