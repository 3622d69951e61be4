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
from network import graph_statements as sql

MAX_HOPS = 4
KEEP_SECONDS = 3600
_SPARE = 40
_WIDE = 300
"""Whoever has more ties than this is joined where the ties are, instead of being read."""
_MOST_PROBES = 1_000
"""So many pairs of neighbours are looked up one by one; for more, the ties of one side are walked."""


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
        self.a, self.b, self.sides = a, b, ""
        self.params: dict[str, Any] = {"t": current_tenant_id(), "a": a, "b": b}
        self.out: dict[uuid.UUID, Decimal] = {}
        self.into: dict[uuid.UUID, Decimal] = {}
        self.direct: dict[uuid.UUID, Decimal] = {}
        for number, other, strength in self._rows(sql.ENDS, _WIDE + 1):
            side = (self.out, self.into, self.direct)[number]
            side[other] = max(strength, side.get(other, strength))
        self.reaches = bool(self.out and self.into)
        self.wide = {end for end, side in (("a", self.out), ("b", self.into)) if len(side) > _WIDE}
        self.sides = sql.SIDES.format(out=self._side("x", self.out, sql.OUT), into=self._side("y", self.into, sql.INTO))

    def _side(self, name: str, side: dict[uuid.UUID, Decimal], finds_them: str) -> str:
        """The neighbours of an end as they go into a statement: as read, or for many as what finds them."""
        if len(side) > _WIDE:
            return finds_them
        self.params |= {f"{name}s": list(side), f"{name}p": list(side.values())}
        return sql.GIVEN.format(name)

    def _rows(self, statement: str, most: int) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement.format(sides=self.sides), {**self.params, "most": most})
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
        if self.wide == {"a", "b"}:
            rows = self._rows(sql.TWO, room)
        elif self.wide:
            rows = self._rows(sql.TWO_THROUGH_B if "a" in self.wide else sql.TWO_THROUGH_A, room)
        else:
            rows = [(m, self.out[m], self.into[m]) for m in self.out.keys() & self.into.keys() - {self.a, self.b}]
        return sorted(self._paths(rows), key=_rank)[:room]

    def _paths_3(self, room: int) -> list[Path]:
        probed = not self.wide and len(self.out) * len(self.into) <= _MOST_PROBES
        return self._paths(self._rows(sql.THREE_PROBED if probed else sql.THREE, room))

    def _paths_4(self, room: int) -> list[Path]:
        return self._paths(self._rows(self._four(), room))

    def _four(self) -> str:
        """How to search four hops: where one end knows hundreds, from the people two steps from the other if fewer."""
        if len(self.wide) != 1:
            return sql.FOUR
        sizes, shorter = (sql.SIZES_TO_B, sql.FOUR_TO_B) if "a" in self.wide else (sql.SIZES_FROM_A, sql.FOUR_FROM_A)
        ((known, two_away),) = self._rows(sizes, 0)
        return shorter if two_away < known else sql.FOUR

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
        cursor.execute(sql.ALIVE, {"t": current_tenant_id(), "ids": wanted})
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
        cursor.execute(sql.WORLD, {"t": current_tenant_id(), "ids": list(contact_ids)})
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
