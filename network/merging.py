"""What merging two contacts means for the graph, beyond moving its rows.

A tie that the kept contact has already stays behind with the other one, and a mutual tie that would stand twice,
once in each direction, is parked there; the one that remains takes the better of both. Splitting sets all back.
"""

import uuid
from typing import Any

from django.db.models import Q

from contacts.merging import Rule, register_rule
from contacts.models import Contact
from network.interactions import recompute_contact
from network.models import Relationship

Kept = dict[str, list[Any]]
END = {"from": "from_contact_id", "to": "to_contact_id"}


def _merged(kept: Contact, other: Contact) -> dict[str, Any]:
    before: Kept = {}
    parked: list[list[str]] = []
    mine = {(t.from_contact_id, t.to_contact_id): t for t in _ties_of(kept.pk)}
    for left in _ties_of(other.pk):
        ends = (_swap(left.from_contact_id, other.pk, kept.pk), _swap(left.to_contact_id, other.pk, kept.pk))
        if ends in mine:
            _improve(mine[ends], left, before)
    for (one, two), tie in sorted(mine.items(), key=lambda pair: pair[1].pk):
        reverse = mine.get((two, one))
        if reverse is not None and reverse.pk > tie.pk and (tie.mutual or reverse.mutual):
            _improve(tie, reverse, before)
            parked += _park(reverse, kept.pk, other.pk)
    recompute_contact(contact_id=kept.pk)
    return {"ties": before, "parked": parked}


def _ties_of(contact_id: uuid.UUID) -> list[Relationship]:
    return list(Relationship.objects.filter(Q(from_contact_id=contact_id) | Q(to_contact_id=contact_id)))


def _swap(pk: uuid.UUID, one: uuid.UUID, other: uuid.UUID) -> uuid.UUID:
    return other if pk == one else pk


def _improve(tie: Relationship, double: Relationship, before: Kept) -> None:
    """Give a tie the better of two: set by hand before computed, then the stronger; walked both ways if either was."""
    old = [str(tie.strength), tie.mutual, tie.strength_is_manual]
    better = max(tie, double, key=lambda t: (t.strength_is_manual, t.strength))
    reversed_ends = tie.from_contact_id == double.to_contact_id
    tie.strength, tie.strength_is_manual = better.strength, better.strength_is_manual
    tie.mutual = tie.mutual or double.mutual or reversed_ends
    if [str(tie.strength), tie.mutual, tie.strength_is_manual] != old:
        before.setdefault(str(tie.pk), old)
        tie.save(update_fields=["strength", "mutual", "strength_is_manual"])


def _park(tie: Relationship, kept_id: uuid.UUID, other_id: uuid.UUID) -> list[list[str]]:
    """Hang a doubled tie on the contact in the trash, where nobody walks it, unless such a one hangs there already."""
    end = "from" if tie.from_contact_id == kept_id else "to"
    ends = {"from_contact_id": tie.from_contact_id, "to_contact_id": tie.to_contact_id, END[end]: other_id}
    if Relationship.objects.filter(**ends).exists():
        tie.delete()
        return []
    Relationship.objects.filter(pk=tie.pk).update(**{END[end]: other_id})
    return [[str(tie.pk), end]]


def _split(kept: Contact, other: Contact, data: dict[str, Any]) -> None:
    for pk, end in data["parked"]:
        Relationship.objects.filter(pk=pk, **{END[end]: other.pk}).update(**{END[end]: kept.pk})
    for pk, (strength, mutual, by_hand) in data["ties"].items():
        Relationship.objects.filter(pk=pk).update(strength=strength, mutual=mutual, strength_is_manual=by_hand)


register_rule("network", Rule(_merged, _split))
