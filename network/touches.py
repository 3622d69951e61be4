"""What our own people do with contacts: a colleague stands in the graph as the contact with their email address.

Told in the transaction in which it happened, and written down afterwards by way of the outbox: exactly once,
and never in the way of a call or a note.
"""

import datetime as dt
import uuid
from typing import Any

from django.db import transaction
from django.db.models.functions import Lower
from django.utils.dateparse import parse_datetime

from accounts.models import User
from contacts.models import Contact
from contacts.services import create_contact
from core import outbox
from network.interactions import record_interaction

TOPIC = "network.touch"


def card_of(user_id: uuid.UUID | None) -> uuid.UUID | None:
    """The active contact that has the email address of a user, or None."""
    if user_id is None:
        return None
    emails = User.objects.filter(pk=user_id).values(lowered=Lower("email"))
    cards = Contact.objects.active().annotate(lowered=Lower("email")).filter(lowered__in=emails)
    found: uuid.UUID | None = cards.values_list("pk", flat=True).first()
    return found


@transaction.atomic
def make_card(*, actor: User) -> uuid.UUID:
    """Make a colleague a contact under their own address, unless they are one; answers the contact's id."""
    card_id = card_of(actor.pk)
    if card_id is None:
        first, _, last = actor.name.strip().partition(" ")
        card_id = create_contact(actor=actor, first_name=first, last_name=last, email=actor.email).pk
    return card_id


def note_touch(
    *, user_id: uuid.UUID | None, contact_id: uuid.UUID | None, kind: str, key: Any, at: dt.datetime | None = None
) -> None:
    """Promise that a colleague's call or note counts for their tie with a contact; `key` names it, once.

    Nothing is promised when there is no contact, or the colleague is not among the contacts.
    """
    card_id = card_of(user_id) if contact_id else None
    if card_id is None or card_id == contact_id:
        return
    payload = {"card": str(card_id), "contact": str(contact_id), "kind": kind, "key": str(key)}
    outbox.put(topic=TOPIC, key=f"{kind}:{key}", payload=payload | {"at": at.isoformat() if at else None})


@outbox.handles(TOPIC)
def record_touch(payload: dict[str, Any]) -> None:
    """Write a promised touch down; ties the two if they were not."""
    card_id, contact_id = uuid.UUID(payload["card"]), uuid.UUID(payload["contact"])
    with transaction.atomic():
        if Contact.objects.filter(pk__in=[card_id, contact_id]).count() == 2:
            record_interaction(
                contact_id=card_id,
                other_contact_id=contact_id,
                kind=payload["kind"],
                key=payload["key"],
                at=parse_datetime(payload["at"]) if payload["at"] else None,
                make_tie=True,
            )
