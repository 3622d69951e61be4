"""Paths and networks as plain data, for the API and the drawn network alike."""

from typing import Any

from contacts.models import Contact
from network.graph import Path
from network.neighbourhood import Network

DAYS_SHOWN = 31


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


def drawn(path: dict[str, Any]) -> dict[str, Any]:
    """A path as nodes and links, so that it can be drawn where it leaves the network."""
    nodes = [{**person, "id": str(person["id"]), "depth": place} for place, person in enumerate(path["contacts"])]
    links = [
        {"id": f"path-{place}", "source": one["id"], "target": other["id"], "strength": strength}
        for place, (one, other, strength) in enumerate(zip(nodes, nodes[1:], path["strengths"], strict=False))
    ]
    return {"nodes": nodes, "links": links}


def charts(by_day: list[dict[str, Any]]) -> dict[str, Any]:
    """Two charts: referrals with those won, by day or in a long period by week; the viral coefficient by day."""
    step = 1 if len(by_day) <= DAYS_SHOWN else 7
    weeks = [by_day[max(end - step, 0) : end] for end in range(len(by_day), 0, -step)][::-1]
    columns = []
    for week in weeks:
        won = sum(day["converted"] for day in week)
        rest = sum(day["referrals"] for day in week) - won
        columns.append((week[0]["date"][5:], [("green", won), ("accent", rest)]))
    coefficient = [(day["date"][5:], day["viral_coefficient"]) for day in by_day[-DAYS_SHOWN:]]
    return {
        "by": "day" if step == 1 else "week",
        "referrals": columns,
        "coefficient": coefficient,
        "every": -(-len(columns) // 6),
        "every_day": -(-len(coefficient) // 6),
    }


def network(found: Network) -> dict[str, Any]:
    """The nodes and links of a network."""
    return {
        "nodes": [vars(node) for node in found.nodes],
        "links": [{**vars(link), "strength": float(link.strength)} for link in found.links],
        "truncated": found.truncated,
    }
