"""Paths between contacts: fewest hops first, then the largest product of strengths.

Directed ties are walked as stored, mutual ones both ways, contacts in the trash never. A search meets in the
middle: the ties around either end are read once, and paths of three and four hops are joins of the two sides,
so its cost follows the neighbourhoods and not the size of the graph.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db import connection

from contacts.models import Contact
from core.scope import current_tenant_id
from network.models import GraphVersion
from network.ties import get_person

MAX_HOPS = 4
KEEP_SECONDS = 3600
_SPARE = 40

_ENDS = """
SELECT true, to_contact_id, strength FROM network_relationship WHERE tenant_id = %(t)s AND from_contact_id = %(a)s
UNION ALL SELECT true, from_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND to_contact_id = %(a)s AND mutual
UNION ALL SELECT false, from_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND to_contact_id = %(b)s
UNION ALL SELECT false, to_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND from_contact_id = %(b)s AND mutual
"""
_SIDES = """
WITH a(x, p) AS MATERIALIZED (SELECT * FROM unnest(%(xs)s::uuid[], %(xp)s::numeric[])),
     b(y, p) AS MATERIALIZED (SELECT * FROM unnest(%(ys)s::uuid[], %(yp)s::numeric[]))
"""
_THREE = (
    _SIDES
    + """
SELECT a.x, b.y, a.p, e.strength, b.p FROM a
  JOIN network_relationship e ON e.tenant_id = %(t)s AND e.from_contact_id = a.x JOIN b ON b.y = e.to_contact_id
UNION ALL
SELECT a.x, b.y, a.p, e.strength, b.p FROM a
  JOIN network_relationship e ON e.tenant_id = %(t)s AND e.to_contact_id = a.x AND e.mutual
  JOIN b ON b.y = e.from_contact_id
ORDER BY 1, 2
"""
)
_FOUR = (
    _SIDES  # noqa: S608 - two constant texts
    + """
, f(x, m, p, s) AS (
  SELECT a.x, e.to_contact_id, a.p, e.strength FROM a
    JOIN network_relationship e ON e.tenant_id = %(t)s AND e.from_contact_id = a.x
  UNION ALL SELECT a.x, e.from_contact_id, a.p, e.strength FROM a
    JOIN network_relationship e ON e.tenant_id = %(t)s AND e.to_contact_id = a.x AND e.mutual
), g(y, m, p, s) AS (
  SELECT b.y, e.from_contact_id, b.p, e.strength FROM b
    JOIN network_relationship e ON e.tenant_id = %(t)s AND e.to_contact_id = b.y
  UNION ALL SELECT b.y, e.to_contact_id, b.p, e.strength FROM b
    JOIN network_relationship e ON e.tenant_id = %(t)s AND e.from_contact_id = b.y AND e.mutual
)
SELECT f.x, f.m, g.y, f.p, f.s, g.s, g.p FROM f JOIN g ON g.m = f.m
WHERE f.x <> g.y AND f.m <> %(a)s AND f.m <> %(b)s
ORDER BY f.p * f.s * g.s * g.p DESC, f.x, f.m, g.y LIMIT %(most)s
"""
)


@dataclass(frozen=True)
class Path:
    """The contacts from one end to the other and the strength of each tie between them."""

    contact_ids: tuple[uuid.UUID, ...]
    strengths: tuple[Decimal, ...]

    @property
    def hops(self) -> int:
        """How many ties the path has."""
        return len(self.strengths)

    @property
    def strength(self) -> Decimal:
        """The product of the strengths."""
        product = Decimal(1)
        for strength in self.strengths:
            product *= strength
        return product


def _rank(path: Path) -> tuple[int, Decimal, tuple[uuid.UUID, ...]]:
    return path.hops, -path.strength, path.contact_ids


class _Search:
    """One search from `a` to `b`."""

    def __init__(self, a: uuid.UUID, b: uuid.UUID) -> None:
        self.a, self.b = a, b
        self.scope = {"t": current_tenant_id(), "a": a, "b": b}
        self.out: dict[uuid.UUID, Decimal] = {}
        self.into: dict[uuid.UUID, Decimal] = {}
        for forward, other, strength in self._rows(_ENDS, {}):
            side = self.out if forward else self.into
            side[other] = max(strength, side.get(other, strength))

    def _rows(self, sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, {**self.scope, **params})
            return list(cursor.fetchall())

    def _between(self) -> dict[str, Any]:
        out = [x for x in self.out if x not in (self.a, self.b)]
        into = [y for y in self.into if y not in (self.a, self.b)]
        return {"xs": out, "xp": [self.out[x] for x in out], "ys": into, "yp": [self.into[y] for y in into]}

    def of_length(self, hops: int, most: int) -> list[Path]:
        """The best paths of exactly so many hops through active contacts, best first."""
        room = most + _SPARE
        while True:
            found = sorted(getattr(self, f"_paths_{hops}")(room), key=_rank)
            alive = _active(c for path in found for c in path.contact_ids[1:-1])
            whole = [path for path in found if alive.issuperset(path.contact_ids[1:-1])]
            if len(whole) >= most or len(found) < room:
                return whole[:most]
            room *= 20

    def _paths_1(self, room: int) -> list[Path]:
        return [Path((self.a, self.b), (self.out[self.b],))] if self.b in self.out else []

    def _paths_2(self, room: int) -> list[Path]:
        middles = self.out.keys() & self.into.keys() - {self.a, self.b}
        paths = [Path((self.a, m, self.b), (self.out[m], self.into[m])) for m in middles]
        return sorted(paths, key=_rank)[:room]

    def _paths_3(self, room: int) -> list[Path]:
        best: dict[tuple[uuid.UUID, ...], Path] = {}
        for x, y, *strengths in self._rows(_THREE, self._between()):
            _keep_better(best, Path((self.a, x, y, self.b), tuple(strengths)))
        return sorted(best.values(), key=_rank)[:room]

    def _paths_4(self, room: int) -> list[Path]:
        best: dict[tuple[uuid.UUID, ...], Path] = {}
        rows = self._rows(_FOUR, {**self._between(), "most": room})
        for x, m, y, *strengths in rows:
            _keep_better(best, Path((self.a, x, m, y, self.b), tuple(strengths)))
        return list(best.values())


def _keep_better(best: dict[tuple[uuid.UUID, ...], Path], path: Path) -> None:
    other = best.get(path.contact_ids)
    if other is None or path.strength > other.strength:
        best[path.contact_ids] = path


def _active(contact_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    wanted = set(contact_ids)
    return set(Contact.objects.active().filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()


def search_paths(from_id: uuid.UUID, to_id: uuid.UUID, *, max_hops: int = MAX_HOPS, most: int = 1) -> list[Path]:
    """The best paths between two different active contacts, freshly searched, best first."""
    search = _Search(from_id, to_id)
    paths: list[Path] = []
    for hops in range(1, max_hops + 1):
        if search.out and search.into and len(paths) < most:
            paths += search.of_length(hops, most - len(paths))
    return paths


def graph_stamp() -> uuid.UUID | None:
    """The stamp of the graph as this transaction sees it; None while nothing was ever tied."""
    stamp: uuid.UUID | None = GraphVersion.objects.values_list("stamp", flat=True).first()
    return stamp


def find_paths(*, from_id: uuid.UUID, to_id: uuid.UUID, max_hops: int = MAX_HOPS, alternatives: int = 0) -> list[Path]:
    """The best path and so many alternatives, best first; empty when there is none. Raises NotFound.

    Answers are kept under the stamp of the graph, which triggers renew with every change, and only when the stamp
    did not move during the search: an answer from an old world is never given.
    """
    get_person(from_id)
    get_person(to_id)
    if from_id == to_id:
        return [Path((from_id,), ())]
    stamp = graph_stamp()
    if stamp is None:
        return []
    key = f"path:{stamp}:{from_id}:{to_id}:{max_hops}:{alternatives}"
    kept = cache.get(key)
    if kept is not None:
        return [Path(tuple(ids), tuple(strengths)) for ids, strengths in kept]
    paths = search_paths(from_id, to_id, max_hops=max_hops, most=1 + alternatives)
    if graph_stamp() == stamp:
        cache.set(key, [(path.contact_ids, path.strengths) for path in paths], KEEP_SECONDS)
    return paths
