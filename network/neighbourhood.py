"""The network around a contact: who is how many hops away, and the ties among them."""

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from core.scope import current_tenant_id
from network.ties import get_person

_LEVEL = """
SELECT e.id, coalesce(nullif(btrim(c.first_name || ' ' || c.last_name), ''), c.email, c.phone_number, 'Unnamed'),
  c.company FROM (
  SELECT id, max(strength) AS strength FROM (
    SELECT to_contact_id AS id, strength FROM network_relationship
      WHERE tenant_id = %(t)s AND from_contact_id = ANY(%(frontier)s)
    UNION ALL SELECT from_contact_id, strength FROM network_relationship
      WHERE tenant_id = %(t)s AND to_contact_id = ANY(%(frontier)s) AND mutual
  ) walked WHERE id <> ALL(%(seen)s) GROUP BY id ORDER BY max(strength) DESC, id
) e CROSS JOIN LATERAL (
  SELECT * FROM contacts_contact WHERE id = e.id AND tenant_id = %(t)s AND deleted_at IS NULL OFFSET 0
) c ORDER BY e.strength DESC, e.id LIMIT %(room)s
"""
_LINKS = """
SELECT id, from_contact_id, to_contact_id, strength, mutual FROM network_relationship
WHERE tenant_id = %(t)s AND from_contact_id = ANY(%(ids)s) AND to_contact_id = ANY(%(ids)s)
ORDER BY from_contact_id, to_contact_id
"""


@dataclass(frozen=True)
class Node:
    """A contact in a network, `depth` hops from its middle."""

    id: uuid.UUID
    name: str
    company: str
    depth: int


@dataclass(frozen=True)
class Link:
    """A tie in a network, once, as it is stored."""

    id: uuid.UUID
    source: uuid.UUID
    target: uuid.UUID
    strength: Decimal
    mutual: bool


@dataclass(frozen=True)
class Network:
    """A contact's surroundings; `truncated` when there were more people than asked for."""

    nodes: list[Node]
    links: list[Link]
    truncated: bool


def _rows(sql: str, **params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"t": current_tenant_id(), **params})
        return list(cursor.fetchall())


def network_of(*, contact_id: uuid.UUID, depth: int = 2, limit: int = 500) -> Network:
    """At most `limit` people within `depth` hops, near ones first, then by strong ties. Raises NotFound."""
    contact = get_person(contact_id)
    nodes = [Node(contact.pk, contact.name, contact.company, 0)]
    frontier, truncated = [contact.pk], False
    for level in range(1, depth + 1):
        seen = [node.id for node in nodes]
        room = limit - len(nodes)
        rows = _rows(_LEVEL, frontier=frontier, seen=seen, room=room + 1)
        truncated = len(rows) > room
        nodes += [Node(pk, name, company, level) for pk, name, company in rows[:room]]
        frontier = [row[0] for row in rows[:room]]
        if truncated or not frontier:
            break
    links = [Link(*row) for row in _rows(_LINKS, ids=[node.id for node in nodes])]
    return Network(nodes, links, truncated)
