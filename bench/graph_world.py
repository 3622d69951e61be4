"""A large graph for the path bench, in an installation of its own: contacts, ties, and hubs that know thousands."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from typing import Any

from django.core.management import call_command
from django.db import connection, connections

from accounts.services import create_workspace
from core.scope import tenant_scope

_CONTACTS = """
INSERT INTO contacts_contact (id, tenant_id, first_name, last_name, email, company, title, status, tags, notes,
  custom_fields, enrichment_data, timezone, referral_code)
SELECT crm_uuid7(), %(t)s, 'Person', n::text, 'p' || n || '@graph.test', 'Company ' || n %% %(companies)s, '', 'lead',
  '{}', '', '{}', '{}', '', 'G' || n FROM generate_series(1, %(contacts)s) n
"""
# The n-th contact is chosen by a cubed random number: the first one ends up with some 2 % of all ties.
_TIES = """
WITH people AS MATERIALIZED (
  SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM contacts_contact WHERE tenant_id = %(t)s),
drawn AS MATERIALIZED (
  SELECT floor(random() * %(contacts)s)::int AS one, floor(random() ^ %(power)s * %(contacts)s)::int AS other,
    round((0.05 + random() * 0.95)::numeric, 2) AS strength, random() < %(mutual)s AS mutual
  FROM generate_series(1, (%(ties)s * 1.08)::int)),
pairs AS (
  SELECT DISTINCT ON (least(one, other), greatest(one, other)) * FROM drawn WHERE one <> other)
INSERT INTO network_relationship (id, tenant_id, from_contact_id, to_contact_id, strength, mutual, source,
  strength_is_manual)
SELECT crm_uuid7(), %(t)s, a.id, b.id, p.strength, p.mutual, 'bench', true
FROM pairs p JOIN people a ON a.place = p.one JOIN people b ON b.place = p.other LIMIT %(ties)s
"""
_HUBS = """
SELECT to_contact_id, count(*) FROM network_relationship WHERE tenant_id = %(t)s
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20
"""


@dataclass(frozen=True)
class Graph:
    """What was made: the tenant, everyone in it, and the twenty who know most people with how many they know."""

    tenant_id: uuid.UUID
    people: list[uuid.UUID]
    hubs: list[tuple[uuid.UUID, int]]
    ties: int

    def pairs(self, count: int, rng: random.Random) -> dict[str, list[tuple[uuid.UUID, uuid.UUID]]]:
        """Pairs to search: anybody to anybody, from and to hubs, and between hubs."""
        hubs = [hub for hub, _ in self.hubs]
        anyone = [(rng.choice(self.people), rng.choice(self.people)) for _ in range(count)]
        out = [(rng.choice(hubs), rng.choice(self.people)) for _ in range(count // 4)]
        into = [(rng.choice(self.people), rng.choice(hubs)) for _ in range(count // 4)]
        between = [(rng.choice(hubs[:5]), rng.choice(hubs[5:])) for _ in range(count // 8)]
        kinds = {"anyone": anyone, "from a hub": out, "to a hub": into, "between hubs": between}
        return {kind: [(a, b) for a, b in pairs if a != b] for kind, pairs in kinds.items()}


def make_graph(
    *,
    contacts: int,
    ties: int,
    power: float,
    mutual: float = 0.85,
    companies: int = 5_000,
    email: str = "",
    password: str = "",
) -> Graph:
    """Migrate if needed and fill a new workspace; `power` 1 spreads ties evenly, 3 makes hubs."""
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    name = uuid.uuid4().hex[:8]
    made = create_workspace(
        name=f"Graph {name}", email=email or f"{name}@graph.test", password=password or uuid.uuid4().hex
    )
    tenant_id = uuid.UUID(made["tenant_id"])
    values: dict[str, Any] = {"t": tenant_id, "contacts": contacts, "ties": ties, "power": power, "mutual": mutual}
    values |= {"companies": companies}
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.7)")
        cursor.execute(_CONTACTS, values)
        cursor.execute(_TIES, values)
        made_ties = cursor.rowcount
        cursor.execute(_HUBS, values)
        hubs = list(cursor.fetchall())
        cursor.execute("SELECT id FROM contacts_contact WHERE tenant_id = %s ORDER BY id", [tenant_id])
        people = [pk for (pk,) in cursor.fetchall()]
    _analyze()
    return Graph(tenant_id, people, hubs, made_ties)


def _analyze() -> None:
    """Give the planner its figures, and set the visibility map, as autovacuum does a minute later."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) contacts_contact, network_relationship")
