"""What happens between contacts, and how strong that makes their ties.

Everything that happened counts by its kind, half as much for every 90 days gone. A tie that was made by what
happened starts from nothing; one that somebody drew without a strength starts from 0.5 and grows from there.
A strength set by hand stays.
"""

import datetime as dt
import json
import uuid
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from contacts.models import Contact
from core.clock import database_now
from core.scope import current_tenant_id
from network.models import Interaction, Relationship
from network.ties import DRAWN_STRENGTH, create_relationship

HALF_LIFE = dt.timedelta(days=90)
WEIGHTS = {
    Interaction.Kind.CALL: 0.5,
    Interaction.Kind.NOTE: 0.2,
    Interaction.Kind.INTRODUCTION: 0.9,
    Interaction.Kind.REFERRAL: 0.7,
}
WEAKEST, STRONGEST = 0.05, 0.99
_JSON_WEIGHTS = json.dumps({kind.value: weight for kind, weight in WEIGHTS.items()})

_RECOMPUTE = """
WITH felt AS (
  SELECT least(contact_id, other_contact_id) AS one, greatest(contact_id, other_contact_id) AS other,
    sum((%(weights)s::jsonb ->> kind)::float
      * power(0.5, greatest(extract(epoch FROM %(now)s::timestamptz - happened_at), 0) / %(half_life)s)) AS score
  FROM network_interaction WHERE tenant_id = %(t)s AND {which} GROUP BY 1, 2
), new AS (
  SELECT r.id, round(least(greatest(
      1 - (1 - CASE WHEN %(weights)s::jsonb ? r.source THEN 0 ELSE %(drawn)s END) * exp(-f.score),
      %(weakest)s), %(strongest)s)::numeric, 2) AS strength
  FROM felt f CROSS JOIN LATERAL (VALUES (f.one, f.other), (f.other, f.one)) AS d(a, b)
  JOIN network_relationship r ON r.tenant_id = %(t)s AND r.from_contact_id = d.a AND r.to_contact_id = d.b
  WHERE NOT r.strength_is_manual
)
UPDATE network_relationship r SET strength = new.strength FROM new
WHERE r.id = new.id AND r.tenant_id = %(t)s AND r.strength <> new.strength
"""
_PAIR = "(contact_id, other_contact_id) IN ((%(one)s, %(other)s), (%(other)s, %(one)s))"
_OF_ONE = "(contact_id = %(one)s OR other_contact_id = %(one)s)"


@transaction.atomic
def record_interaction(
    *,
    contact_id: uuid.UUID,
    other_contact_id: uuid.UUID,
    kind: str,
    at: dt.datetime | None = None,
    make_tie: bool = False,
    key: str = "",
) -> None:
    """Write down that two contacts had to do with each other; with `make_tie` they are tied if they were not.

    The strength of a tie that nobody set by hand follows at once. With a `key` the same thing counts once,
    however often it is told.
    """
    if contact_id == other_contact_id:
        return
    small, large = sorted((contact_id, other_contact_id))
    event = Interaction(contact_id=small, other_contact_id=large, kind=kind)
    if key:
        event.pk = uuid.uuid5(current_tenant_id(), f"{kind}:{key}")
    if at is not None:
        event.happened_at = at
    Interaction.objects.bulk_create([event], ignore_conflicts=True)
    there = Q(from_contact_id=small, to_contact_id=large)
    tied = Relationship.objects.filter(there | Q(from_contact_id=large, to_contact_id=small)).exists()
    if make_tie and not tied and Contact.objects.active().filter(pk__in=[small, large]).count() == 2:
        create_relationship(
            from_contact_id=contact_id, to_contact_id=other_contact_id, source=kind, strength_is_manual=False
        )
    recompute_pair(contact_id=small, other_contact_id=large)


@transaction.atomic
def _recompute(which: str, now: dt.datetime | None, **ids: uuid.UUID) -> int:
    values: dict[str, Any] = {
        "t": current_tenant_id(),
        "now": now or database_now(),
        "half_life": HALF_LIFE.total_seconds(),
        "weights": _JSON_WEIGHTS,
        "drawn": float(DRAWN_STRENGTH),
        "weakest": WEAKEST,
        "strongest": STRONGEST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECOMPUTE.format(which=which), values | ids)
        return int(cursor.rowcount)


def recompute_pair(*, contact_id: uuid.UUID, other_contact_id: uuid.UUID, now: dt.datetime | None = None) -> int:
    """Set the strength of the ties of a pair from what happened, unless a person set it; answers how many changed."""
    return _recompute(_PAIR, now, one=contact_id, other=other_contact_id)


def recompute_contact(*, contact_id: uuid.UUID, now: dt.datetime | None = None) -> int:
    """Set the computed strengths of all ties of a contact; answers how many changed."""
    return _recompute(_OF_ONE, now, one=contact_id)


def recompute_strengths(*, now: dt.datetime | None = None) -> int:
    """Let all computed strengths of the workspace fade with time, in one statement; answers how many changed."""
    return _recompute("true", now)
