"""What the network pages read."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from contacts import search
from contacts.models import Contact
from core.problems import NotFound
from network.models import Introduction, Referral, Relationship


@dataclass(frozen=True)
class Acquaintance:
    """Someone a contact is tied to, from that contact's side."""

    contact: Contact
    tie: Relationship


def acquaintances(contact_id: uuid.UUID, *, most: int = 8) -> list[Acquaintance]:
    """The people tied to a contact, strongest first, in one query."""
    ties = Relationship.objects.filter(Q(from_contact_id=contact_id) | Q(to_contact_id=contact_id))
    alive = ties.filter(from_contact__deleted_at=None, to_contact__deleted_at=None)
    rows = alive.select_related("from_contact", "to_contact").order_by("-strength", "-id")[:most]
    return [Acquaintance(t.to_contact if t.from_contact_id == contact_id else t.from_contact, t) for t in rows]


def colleagues_without_tie(contact: Contact, *, most: int = 3) -> list[Contact]:
    """Contacts of the same company that are not tied to this one: they probably know each other."""
    if not contact.company:
        return []
    tied = Relationship.objects.filter(Q(from_contact=contact) | Q(to_contact=contact))
    known = {end for pair in tied.values_list("from_contact_id", "to_contact_id") for end in pair}
    same = Contact.objects.active().of_company(contact.company).exclude(pk__in=known | {contact.pk})
    return list(same.order_by("first_name", "pk")[:most])


def best_connected() -> Contact | None:
    """The contact most people are tied to: where the drawn network starts."""
    counts = Relationship.objects.order_by().values("from_contact_id").annotate(n=Count("pk"))
    top = counts.filter(from_contact__deleted_at=None).order_by("-n", "from_contact_id").first()
    found: Contact | None = Contact.objects.active().filter(pk=top["from_contact_id"]).first() if top else None
    return found or Contact.objects.active().first()


def find_contacts(words: str, *, most: int = 8) -> list[Contact]:
    """Contacts for a chooser: the best matches, or the newest while nothing is typed."""
    if not words.strip():
        return list(Contact.objects.active().order_by("-created_at", "-id")[:most])
    return in_order(pk for pk, _, _ in search.ranked_ids(words.strip()[:200], most=most))


def in_order(contact_ids: Iterable[uuid.UUID]) -> list[Contact]:
    """Active contacts in the order of their ids."""
    wanted = list(contact_ids)
    rows = {contact.pk: contact for contact in Contact.objects.active().filter(pk__in=wanted)}
    return [rows[pk] for pk in wanted if pk in rows]


def contact_from(value: str) -> Contact | None:
    """The active contact a query names, or None when it names nobody."""
    try:
        return Contact.objects.active().filter(pk=uuid.UUID(value)).first()
    except ValueError:
        return None


def introduction_rows() -> QuerySet[Introduction]:
    """Introductions with the people in them, newest first."""
    rows: QuerySet[Introduction] = Introduction.objects.select_related("to_contact", "via_contact", "requested_by")
    return rows


def get_introduction(actor: Any, pk: uuid.UUID) -> Introduction:
    """One introduction; raises NotFound."""
    introduction = introduction_rows().filter(pk=pk).first()
    if introduction is None:
        raise NotFound
    return introduction


def introductions_to_tend(user: Any, *, most: int = 8) -> list[Introduction]:
    """What waits in introductions: those promised and not made yet, then open requests; of a user, or of everyone."""
    rows = introduction_rows().filter(status__in=[Introduction.Status.ACCEPTED, Introduction.Status.REQUESTED])
    if user is not None:
        rows = rows.filter(Q(requested_by=user) | Q(requested_by=None))
    return list(rows.order_by("status", "expires_at", "id")[:most])


def get_referral(actor: Any, pk: uuid.UUID) -> Referral:
    """One referral; raises NotFound."""
    referral: Referral | None = Referral.objects.select_related("referrer", "referred").filter(pk=pk).first()
    if referral is None:
        raise NotFound("There is no such referral.")
    return referral


def suspicious_referrals(*, most: int = 12) -> list[Referral]:
    """Referrals that look made up and nobody has judged yet."""
    rows = Referral.objects.filter(voided_at=None).exclude(suspicious="").select_related("referrer", "referred")
    return list(rows.order_by("-referred_at", "-id")[:most])


def newest_referrals(*, most: int = 12) -> QuerySet[Referral]:
    """The last referrals that count, with the people in them."""
    rows = Referral.objects.filter(voided_at=None).select_related("referrer", "referred")
    newest: QuerySet[Referral] = rows.annotate(at=F("referred_at")).order_by("-referred_at", "-id")[:most]
    return newest
