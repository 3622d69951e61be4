"""Ways to find the best path that were compared: a recursive CTE, frontiers in bare SQL, and arrays in memory.

All answer (hops, product of strengths) of the path with the fewest hops, then the largest product; None when
there is none within four hops. They know nothing of the trash, of workspaces or of caches.
"""

from __future__ import annotations

import uuid
from array import array
from typing import Any, Protocol

import psycopg

MAX_HOPS = 4
Best = tuple[int, float] | None

_CTE = """
WITH RECURSIVE walk(at, path, hops, product) AS (
  SELECT %(a)s::uuid, ARRAY[%(a)s::uuid], 0, 1::numeric
  UNION ALL
  SELECT e.there, w.path || e.there, w.hops + 1, (w.product * e.strength)::numeric FROM walk w
  CROSS JOIN LATERAL (
    SELECT to_contact_id AS there, strength FROM network_relationship
      WHERE tenant_id = %(t)s AND from_contact_id = w.at
    UNION ALL SELECT from_contact_id, strength FROM network_relationship
      WHERE tenant_id = %(t)s AND to_contact_id = w.at AND mutual) e
  WHERE w.hops < %(most)s AND w.at <> %(b)s AND e.there <> ALL (w.path)
)
SELECT hops, product FROM walk WHERE at = %(b)s ORDER BY hops, product DESC LIMIT 1
"""
_OUT = """
SELECT from_contact_id, to_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND from_contact_id = ANY(%(ids)s)
UNION ALL SELECT to_contact_id, from_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND to_contact_id = ANY(%(ids)s) AND mutual
"""
_INTO = """
SELECT to_contact_id, from_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND to_contact_id = ANY(%(ids)s)
UNION ALL SELECT from_contact_id, to_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND from_contact_id = ANY(%(ids)s) AND mutual
"""


class Method(Protocol):
    """One way to search."""

    def __call__(self, a: uuid.UUID, b: uuid.UUID) -> Best: ...


class RecursiveCte:
    """One statement that walks every simple path of up to four hops; None also when it took too long."""

    def __init__(self, db: psycopg.Connection[Any], tenant_id: uuid.UUID) -> None:
        self.db, self.tenant_id, self.gave_up = db, tenant_id, 0

    def __call__(self, a: uuid.UUID, b: uuid.UUID) -> Best:
        try:
            with self.db.transaction():
                row = self.db.execute(_CTE, {"a": a, "b": b, "t": self.tenant_id, "most": MAX_HOPS}).fetchone()
        except psycopg.errors.QueryCanceled:
            self.gave_up += 1
            return None
        return (row[0], float(row[1])) if row else None


class Frontiers:
    """The floor: a search from both ends, a statement a step, always from the side with fewer people at its edge."""

    def __init__(self, db: psycopg.Connection[Any], tenant_id: uuid.UUID) -> None:
        self.db, self.tenant_id = db, tenant_id

    def __call__(self, a: uuid.UUID, b: uuid.UUID) -> Best:
        sides: list[tuple[str, dict[Any, float], set[Any]]] = [(_OUT, {a: 1.0}, {a}), (_INTO, {b: 1.0}, {b})]
        for hops in range(1, MAX_HOPS + 1):
            place = 0 if len(sides[0][1]) <= len(sides[1][1]) else 1
            sql, edge, seen = sides[place]
            edge = self._step(sql, edge, seen)
            sides[place] = (sql, edge, seen | edge.keys())
            other = sides[1 - place][1]
            meeting = edge.keys() & other.keys()
            if meeting:
                return hops, max(edge[at] * other[at] for at in meeting)
            if not edge:
                return None
        return None

    def _step(self, sql: str, edge: dict[Any, float], seen: set[Any]) -> dict[Any, float]:
        reached: dict[Any, float] = {}
        for here, there, strength in self.db.execute(sql, {"t": self.tenant_id, "ids": list(edge)}, prepare=True):
            if there not in seen:
                product = edge[here] * float(strength)
                if product > reached.get(there, -1.0):
                    reached[there] = product
        return reached


class Memory:
    """The whole graph as arrays in the process; must be built anew, or mended, with every change of a tie."""

    def __init__(self, db: psycopg.Connection[Any], tenant_id: uuid.UUID, people: list[uuid.UUID]) -> None:
        self.place = {pk: number for number, pk in enumerate(people)}
        rows = db.execute(
            "SELECT from_contact_id, to_contact_id, strength, mutual FROM network_relationship WHERE tenant_id = %s",
            [tenant_id],
        )
        out: list[list[tuple[int, int]]] = [[] for _ in people]
        into: list[list[tuple[int, int]]] = [[] for _ in people]
        for one, other, strength, mutual in rows:
            here, there, percent = self.place[one], self.place[other], int(strength * 100)
            for x, y in ((here, there), (there, here)) if mutual else ((here, there),):
                out[x].append((y, percent))
                into[y].append((x, percent))
        self.sides = (_Packed(out), _Packed(into))

    def __call__(self, a: uuid.UUID, b: uuid.UUID) -> Best:
        edges = [{self.place[a]: 1.0}, {self.place[b]: 1.0}]
        seen = [set(edges[0]), set(edges[1])]
        for hops in range(1, MAX_HOPS + 1):
            place = 0 if len(edges[0]) <= len(edges[1]) else 1
            edges[place] = self.sides[place].step(edges[place], seen[place])
            seen[place].update(edges[place])
            meeting = edges[0].keys() & edges[1].keys()
            if meeting:
                return hops, max(edges[0][at] * edges[1][at] for at in meeting)
            if not edges[place]:
                return None
        return None

    @property
    def size(self) -> int:
        """Bytes of the arrays alone."""
        return sum(side.size for side in self.sides)


class _Packed:
    """Whom each person reaches, one after the other in flat arrays."""

    def __init__(self, lists: list[list[tuple[int, int]]]) -> None:
        self.start, self.there, self.percent = array("i", [0]), array("i"), array("b")
        for steps in lists:
            self.there.extend(there for there, _ in steps)
            self.percent.extend(percent for _, percent in steps)
            self.start.append(len(self.there))

    def step(self, edge: dict[int, float], seen: set[int]) -> dict[int, float]:
        reached: dict[int, float] = {}
        for here, product in edge.items():
            for place in range(self.start[here], self.start[here + 1]):
                there = self.there[place]
                if there not in seen:
                    whole = product * self.percent[place] / 100
                    if whole > reached.get(there, -1.0):
                        reached[there] = whole
        return reached

    @property
    def size(self) -> int:
        return sum(len(part) * part.itemsize for part in (self.start, self.there, self.percent))
