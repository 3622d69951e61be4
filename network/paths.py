"""Warm before cold: whom we know well enough that an introduction beats a cold call."""

import uuid

from django.db.models import Q

from network.graph import Path, search_paths
from network.models import Introduction, Relationship

WARM_HOPS = 2
WARM_STRENGTH = 0.6


def warm_introduction(contact_id: uuid.UUID) -> uuid.UUID | None:
    """The contact who could introduce us to this one, or None when the lead may be called cold.

    A connector is a customer of ours within two hops whose path to the contact has a strength of 0.6 or more;
    the nearest counts first, then the strongest.
    """
    path = warmest_path(contact_id)
    return path.contact_ids[0] if path else None


def warmest_path(contact_id: uuid.UUID) -> Path | None:
    """The best path of at most two hops from one of our customers to the contact, if it is warm."""
    near = _known_by_customers(contact_id)
    best: Path | None = None
    for customer_id in near:
        for path in search_paths(customer_id, contact_id, max_hops=WARM_HOPS):
            better = best is None or (path.hops, -path.strength) < (best.hops, -best.strength)
            if path.strength >= WARM_STRENGTH and better:
                best = path
    return best


def _known_by_customers(contact_id: uuid.UUID) -> list[uuid.UUID]:
    """Customers at most two ties away; only strong ties can be part of a warm path."""
    from contacts.models import Contact

    strong = Relationship.objects.filter(strength__gte=WARM_STRENGTH)
    seen, frontier = {contact_id}, {contact_id}
    for _ in range(WARM_HOPS):
        into = strong.filter(Q(to_contact_id__in=frontier) | Q(from_contact_id__in=frontier, mutual=True))
        ends = {end for tie in into.values_list("from_contact_id", "to_contact_id") for end in tie}
        frontier = ends - seen
        seen |= frontier
    customers = Contact.objects.active().filter(pk__in=seen - {contact_id}, status=Contact.Status.CUSTOMER)
    return list(customers.order_by("pk").values_list("pk", flat=True)[:50])


def waits_for_introduction(contact_id: uuid.UUID) -> bool:
    """Whether an open request for an introduction to the contact has not run out."""
    open_states = [Introduction.Status.REQUESTED, Introduction.Status.ACCEPTED]
    return bool(Introduction.objects.filter(to_contact_id=contact_id, status__in=open_states).exists())
