"""Paths and networks as plain data, for the API and the drawn network alike."""

from dataclasses import asdict
from typing import Any

from contacts.models import Contact
from network.graph import Path
from network.neighbourhood import Network


def paths(found: list[Path]) -> list[dict[str, Any]]:
    """Paths with the people on them, read in one query."""
    wanted = {contact_id for path in found for contact_id in path.contact_ids}
    people = {contact.pk: _person(contact) for contact in Contact.objects.filter(pk__in=wanted)} if wanted else {}
    return [
        {
            "contacts": [people[contact_id] for contact_id in path.contact_ids if contact_id in people],
            "hops": path.hops,
            "strength": float(path.strength),
            "strengths": [float(strength) for strength in path.strengths],
        }
        for path in found
    ]


def _person(contact: Contact) -> dict[str, Any]:
    return {"id": contact.pk, "name": contact.name, "company": contact.company, "title": contact.title}


def network(found: Network) -> dict[str, Any]:
    """The nodes and links of a network."""
    return {
        "nodes": [asdict(node) for node in found.nodes],
        "links": [{**asdict(link), "strength": float(link.strength)} for link in found.links],
        "truncated": found.truncated,
    }
