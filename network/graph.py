"""Paths between contacts: fewest hops first, then the largest product of strengths.

Directed ties are walked as stored, mutual ones both ways, contacts in the trash never. A search meets in the
middle: the ties around either end are read once, and paths of three and four hops are joins of the two sides,
so its cost follows the neighbourhoods and not the size of the graph. The side of somebody who knows hundreds
never leaves the database.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db import connection

from core.problems import NotFound
from core.scope import current_tenant_id

MAX_HOPS = 4
KEEP_SECONDS = 3600
_SPARE = 40
_WIDE = 300
"""Whoever has more ties than this is joined where the ties are, instead of being read."""
_MOST_PROBES = 1_000
"""So many pairs of neighbours are looked up one by one; for more, the ties of one side are walked."""

_OUT = """
SELECT to_contact_id, strength FROM network_relationship WHERE tenant_id = %(t)s AND from_contact_id = %(a)s
UNION ALL SELECT from_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND to_contact_id = %(a)s AND mutual
"""
_INTO = """
SELECT from_contact_id, strength FROM network_relationship WHERE tenant_id = %(t)s AND to_contact_id = %(b)s
UNION ALL SELECT to_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND from_contact_id = %(b)s AND mutual
"""
_BETWEEN = """
SELECT strength FROM network_relationship WHERE tenant_id = %(t)s AND from_contact_id = {0} AND to_contact_id = {1}
UNION ALL SELECT strength FROM network_relationship
  WHERE tenant_id = %(t)s AND from_contact_id = {1} AND to_contact_id = {0} AND mutual
"""


_ENDS = """
(SELECT 0, to_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND from_contact_id = %(a)s LIMIT %(most)s)
UNION ALL (SELECT 0, from_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND to_contact_id = %(a)s AND mutual LIMIT %(most)s)
UNION ALL (SELECT 1, from_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND to_contact_id = %(b)s LIMIT %(most)s)
UNION ALL (SELECT 1, to_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND from_contact_id = %(b)s AND mutual LIMIT %(most)s)
UNION ALL SELECT 2, to_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND from_contact_id = %(a)s AND to_contact_id = %(b)s
UNION ALL SELECT 2, from_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(t)s AND from_contact_id = %(b)s AND to_contact_id = %(a)s AND mutual
"""
_GIVEN = "SELECT * FROM unnest(%({0}s)s::uuid[], %({0}p)s::numeric[])"
_SIDES = """
WITH a(x, p) AS MATERIALIZED (SELECT * FROM ({out}) o(x, p) WHERE x <> %(b)s),
     b(y, p) AS MATERIALIZED (SELECT * FROM ({into}) i(y, p) WHERE y <> %(a)s)
"""
_TWO = "{sides} SELECT a.x, a.p, b.p FROM a JOIN b ON b.y = a.x ORDER BY a.p * b.p DESC, a.x LIMIT %(most)s"
_THREE = """
{sides} SELECT x, y, p, s, q FROM (
SELECT a.x, b.y, a.p, e.strength, b.p FROM a
  JOIN network_relationship e ON e.tenant_id = %(t)s AND e.from_contact_id = a.x JOIN b ON b.y = e.to_contact_id
UNION ALL
SELECT a.x, b.y, a.p, e.strength, b.p FROM a
  JOIN network_relationship e ON e.tenant_id = %(t)s AND e.to_contact_id = a.x AND e.mutual
  JOIN b ON b.y = e.from_contact_id
) AS found(x, y, p, s, q) ORDER BY p * s * q DESC, x, y LIMIT %(most)s
"""
_THREE_PROBED = """
{sides} SELECT a.x, b.y, a.p, e.strength, b.p FROM a CROSS JOIN b CROSS JOIN LATERAL ({between}) e
ORDER BY a.p * e.strength * b.p DESC, a.x, b.y LIMIT %(most)s
"""
_FOUR = """
{sides}, f(x, m, p, s) AS (
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
_ALIVE = "SELECT id FROM contacts_contact WHERE tenant_id = %(t)s AND id = ANY(%(ids)s) AND deleted_at IS NULL"
_WORLD = f"""
SELECT (SELECT stamp FROM network_graphversion WHERE tenant_id = %(t)s), (SELECT count(*) FROM ({_ALIVE}) alive)
"""  # noqa: S608 - constant texts


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
        self.params: dict[str, Any] = {"t": current_tenant_id(), "a": a, "b": b}
        self.out: dict[uuid.UUID, Decimal] = {}
        self.into: dict[uuid.UUID, Decimal] = {}
        self.direct: dict[uuid.UUID, Decimal] = {}
        for number, other, strength in self._rows(_ENDS, _WIDE + 1):
            side = (self.out, self.into, self.direct)[number]
            side[other] = max(strength, side.get(other, strength))
        self.reaches = bool(self.out and self.into)
        self.wide = max(len(self.out), len(self.into)) > _WIDE
        self.sides = _SIDES.format(out=self._side("x", self.out, _OUT), into=self._side("y", self.into, _INTO))

    def _side(self, name: str, side: dict[uuid.UUID, Decimal], sql: str) -> str:
        """The neighbours of an end as they go into a statement: as read, or for many as what finds them."""
        if len(side) > _WIDE:
            return sql
        self.params |= {f"{name}s": list(side), f"{name}p": list(side.values())}
        return _GIVEN.format(name)

    def _rows(self, sql: str, most: int) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, {**self.params, "most": most})
            return list(cursor.fetchall())

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
        return [Path((self.a, self.b), (strength,)) for strength in self.direct.values()]

    def _paths_2(self, room: int) -> list[Path]:
        if self.wide:
            rows = self._rows(_TWO.format(sides=self.sides), room)
        else:
            rows = [(m, self.out[m], self.into[m]) for m in self.out.keys() & self.into.keys() - {self.a, self.b}]
        return sorted(self._paths(rows), key=_rank)[:room]

    def _paths_3(self, room: int) -> list[Path]:
        probed = not self.wide and len(self.out) * len(self.into) <= _MOST_PROBES
        sql = _THREE_PROBED.format(sides=self.sides, between=_BETWEEN.format("a.x", "b.y")) if probed else ""
        return self._paths(self._rows(sql or _THREE.format(sides=self.sides), room))

    def _paths_4(self, room: int) -> list[Path]:
        return self._paths(self._rows(_FOUR.format(sides=self.sides), room))

    def _paths(self, rows: Iterable[tuple[Any, ...]]) -> list[Path]:
        """Rows of contacts between the ends and then the strengths, each way of contacts once, at its best."""
        best: dict[tuple[uuid.UUID, ...], Path] = {}
        for row in rows:
            between = len(row) // 2
            _keep_better(best, Path((self.a, *row[:between], self.b), row[between:]))
        return list(best.values())


def _keep_better(best: dict[tuple[uuid.UUID, ...], Path], path: Path) -> None:
    other = best.get(path.contact_ids)
    if other is None or path.strength > other.strength:
        best[path.contact_ids] = path


def _active(contact_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    wanted = list(set(contact_ids))
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_ALIVE, {"t": current_tenant_id(), "ids": wanted})
        return {pk for (pk,) in cursor.fetchall()}


def search_paths(from_id: uuid.UUID, to_id: uuid.UUID, *, max_hops: int = MAX_HOPS, most: int = 1) -> list[Path]:
    """The best paths between two different active contacts, freshly searched, best first."""
    search = _Search(from_id, to_id)
    paths: list[Path] = []
    for hops in range(1, max_hops + 1):
        if search.reaches and len(paths) < most:
            paths += search.of_length(hops, most - len(paths))
    return paths


def _stamp_and_alive(contact_ids: set[uuid.UUID]) -> tuple[uuid.UUID | None, int]:
    """The stamp of the graph as this transaction sees it, None while nothing was ever tied; how many are active."""
    with connection.cursor() as cursor:
        cursor.execute(_WORLD, {"t": current_tenant_id(), "ids": list(contact_ids)})
        stamp, alive = cursor.fetchone()
    return stamp, alive


def find_paths(*, from_id: uuid.UUID, to_id: uuid.UUID, max_hops: int = MAX_HOPS, alternatives: int = 0) -> list[Path]:
    """The best path and so many alternatives, best first; empty when there is none. Raises NotFound.

    Answers are kept under the stamp of the graph, which triggers renew with every change, and only when the stamp
    did not move during the search: an answer from an old world is never given.
    """
    ends = {from_id, to_id}
    stamp, alive = _stamp_and_alive(ends)
    if alive < len(ends):
        raise NotFound("There is no such contact.")
    if from_id == to_id:
        return [Path((from_id,), ())]
    if stamp is None:
        return []
    key = f"path:{stamp}:{from_id}:{to_id}:{max_hops}:{alternatives}"
    kept = cache.get(key)
    if kept is not None:
        return [Path(tuple(ids), tuple(strengths)) for ids, strengths in kept]
    paths = search_paths(from_id, to_id, max_hops=max_hops, most=1 + alternatives)
    if _stamp_and_alive(ends)[0] == stamp:
        cache.set(key, [(path.contact_ids, path.strengths) for path in paths], KEEP_SECONDS)
    return paths
