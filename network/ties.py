"""Making, changing and ending ties between contacts."""

import uuid
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from contacts.models import Contact
from core.ids import uuid7
from core.problems import DomainError, InvalidInput, NotFound
from core.scope import current_tenant_id
from network.models import Relationship

DRAWN_STRENGTH = Decimal("0.5")
"""The strength of a tie somebody draws without saying how strong it is."""
_LOCK = """
INSERT INTO network_graphversion (id, tenant_id, stamp) VALUES (%s, %s, gen_random_uuid())
ON CONFLICT (tenant_id) DO UPDATE SET stamp = network_graphversion.stamp
"""


class RelationshipExists(DomainError):
    """The two contacts are tied already; `existing_id` names the tie."""

    code = "relationship_exists"
    title = "These two contacts are tied already."


def get_person(contact_id: uuid.UUID) -> Contact:
    """An active contact; raises NotFound."""
    contact: Contact | None = Contact.objects.active().filter(pk=contact_id).first()
    if contact is None:
        raise NotFound("There is no such contact.")
    return contact


def clean_strength(value: Any) -> Decimal:
    """A strength from 0 to 1, rounded to two places as it is stored; raises InvalidInput."""
    strength = Decimal(str(value))
    if not 0 <= strength <= 1:
        raise InvalidInput("The strength is a number from 0 to 1.", field="strength", field_code="out_of_range")
    return strength.quantize(Decimal("0.01"), ROUND_HALF_UP)


def lock_graph() -> None:
    """Let nobody else add ties to the open tenant until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [uuid7(), current_tenant_id()])


def _refuse_twice(from_id: uuid.UUID, to_id: uuid.UUID, mutual: bool, but: uuid.UUID | None = None) -> None:
    """Raise RelationshipExists when a tie says the same: this direction, or the other one when either is mutual."""
    same = Q(from_contact_id=from_id, to_contact_id=to_id)
    reverse = Q(from_contact_id=to_id, to_contact_id=from_id)
    if not mutual:
        reverse &= Q(mutual=True)
    existing = Relationship.objects.filter(same | reverse).exclude(pk=but).first()
    if existing is not None:
        raise RelationshipExists(existing_id=str(existing.pk))


@transaction.atomic
def create_relationship(
    *,
    from_contact_id: uuid.UUID,
    to_contact_id: uuid.UUID,
    strength: Any = None,
    mutual: bool = True,
    source: str = "manual",
    strength_is_manual: bool = True,
) -> Relationship:
    """Tie two active contacts. Locks the contacts, then the graph of the tenant.

    A strength that is given stays; without one the tie starts at 0.5 and follows what happens between the two.
    Raises NotFound for an unknown contact, InvalidInput for a tie to itself, RelationshipExists for one that is there.
    """
    if from_contact_id == to_contact_id:
        raise InvalidInput("A contact cannot be tied to itself.", field="to_contact_id", field_code="self_relationship")
    known = Contact.objects.active().filter(pk__in=[from_contact_id, to_contact_id]).order_by("pk")
    if len(known.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True)) < 2:
        raise NotFound("There is no such contact.")
    lock_graph()
    _refuse_twice(from_contact_id, to_contact_id, mutual)
    tie = Relationship.objects.create(
        from_contact_id=from_contact_id,
        to_contact_id=to_contact_id,
        strength=DRAWN_STRENGTH if strength is None else clean_strength(strength),
        mutual=mutual,
        source=source,
        strength_is_manual=strength_is_manual and strength is not None,
    )
    tie.refresh_from_db()
    return tie  # type: ignore[no-any-return]


@transaction.atomic
def update_relationship(
    *, relationship: Relationship, strength: Any = None, mutual: bool | None = None
) -> Relationship:
    """Change how strong a tie is, or whether it is walked both ways; a strength set here outweighs computed ones."""
    if mutual and not relationship.mutual:
        lock_graph()
        _refuse_twice(relationship.from_contact_id, relationship.to_contact_id, True, but=relationship.pk)
    if strength is not None:
        relationship.strength = clean_strength(strength)
        relationship.strength_is_manual = True
    if mutual is not None:
        relationship.mutual = mutual
    relationship.save(update_fields=["strength", "mutual", "strength_is_manual"])
    relationship.refresh_from_db()
    return relationship


@transaction.atomic
def delete_relationship(*, relationship: Relationship) -> None:
    """End a tie."""
    relationship.delete()
