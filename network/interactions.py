"""What happens between contacts, and how strong that makes their ties."""

import datetime as dt
import math
import uuid
from collections.abc import Iterable
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet

from contacts.models import Contact
from core.clock import database_now
from network.models import Interaction, Relationship
from network.ties import create_relationship

HALF_LIFE = dt.timedelta(days=90)
WEIGHTS = {
    Interaction.Kind.CALL: 0.5,
    Interaction.Kind.NOTE: 0.2,
    Interaction.Kind.INTRODUCTION: 0.9,
    Interaction.Kind.REFERRAL: 0.7,
}
WEAKEST, STRONGEST = 0.05, 0.99


def strength_from(events: Iterable[tuple[str, dt.datetime]], now: dt.datetime) -> Decimal:
    """How strong events make a tie: each counts by its kind, half as much for every 90 days gone; never quite 1."""
    score = 0.0
    for kind, at in events:
        age = max((now - at) / HALF_LIFE, 0.0)
        score += WEIGHTS[Interaction.Kind(kind)] * 0.5**age
    strength = min(max(1 - math.exp(-score), WEAKEST), STRONGEST)
    return Decimal(f"{strength:.2f}")


@transaction.atomic
def record_interaction(
    *,
    contact_id: uuid.UUID,
    other_contact_id: uuid.UUID,
    kind: str,
    at: dt.datetime | None = None,
    make_tie: bool = False,
) -> None:
    """Write down that two contacts had to do with each other; with `make_tie` they are tied if they were not.

    The strength of a tie that nobody set by hand follows at once.
    """
    if contact_id == other_contact_id:
        return
    small, large = sorted((contact_id, other_contact_id))
    event = Interaction(contact_id=small, other_contact_id=large, kind=kind)
    if at is not None:
        event.happened_at = at
    event.save(force_insert=True)
    pair = _ties_between(small, large)
    alive = Contact.objects.active().filter(pk__in=[small, large]).count() == 2
    if make_tie and alive and not pair.exists():
        create_relationship(
            from_contact_id=contact_id, to_contact_id=other_contact_id, source=kind, strength_is_manual=False
        )
    recompute_pair(contact_id=small, other_contact_id=large)


def _ties_between(one: uuid.UUID, other: uuid.UUID) -> QuerySet[Relationship]:
    there = Q(from_contact_id=one, to_contact_id=other)
    ties: QuerySet[Relationship] = Relationship.objects.filter(there | Q(from_contact_id=other, to_contact_id=one))
    return ties


@transaction.atomic
def recompute_pair(*, contact_id: uuid.UUID, other_contact_id: uuid.UUID, now: dt.datetime | None = None) -> int:
    """Set the strength of the ties of a pair from its events, unless a person set it; answers how many changed."""
    small, large = sorted((contact_id, other_contact_id))
    events = Interaction.objects.filter(contact_id=small, other_contact_id=large)
    strength = strength_from(events.values_list("kind", "happened_at"), now or database_now())
    ties = _ties_between(small, large).filter(strength_is_manual=False).exclude(strength=strength)
    return ties.update(strength=strength)


def recompute_strengths(*, now: dt.datetime | None = None) -> int:
    """Let computed strengths fade with time, a pair per transaction; answers how many ties changed."""
    with transaction.atomic():
        pairs = list(Interaction.objects.order_by().values_list("contact_id", "other_contact_id").distinct())
    return sum(recompute_pair(contact_id=one, other_contact_id=other, now=now) for one, other in pairs)
