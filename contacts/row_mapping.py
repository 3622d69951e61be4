"""Turning the rows of a file into raw fields, by a mapping worked out once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from contacts.cells import split_name, split_several, split_tags
from contacts.header_words import STATUS_OF, normalise
from contacts.targets import CUSTOM, FURTHER, REPEATABLE, slug

_OTHERS = {"phone_number": "other_phones", "email": "other_emails"}


class RowMapper:
    """Applies one mapping to row after row; nothing is validated, blank cells are left out.

    `phone_number` and `email` are the first ones filled in; the further ones stand in `other_phones` and
    `other_emails`, and in `custom_fields` under their column's name so that nothing of the file is lost.
    """

    def __init__(self, targets: Sequence[str], header: Sequence[str]) -> None:
        self._plain: list[tuple[int, str, Callable[[str], Any] | None]] = []
        self._custom: list[tuple[int, str]] = []
        self._full_name: list[int] = []
        ranked: dict[str, list[tuple[int, int, str]]] = {field: [] for field in REPEATABLE}
        for place, target in enumerate(targets):
            further = FURTHER.fullmatch(target)
            if target in REPEATABLE or further:
                field, rank = (further[1], int(further[2])) if further else (target, 1)
                ranked[field].append((rank, place, slug(header[place])))
            elif target.startswith(CUSTOM):
                self._custom.append((place, target.removeprefix(CUSTOM)))
            elif target == "full_name":
                self._full_name.append(place)
            elif target:
                self._plain.append((place, target, _READERS.get(target)))
        self._ranked = {field: sorted(places) for field, places in ranked.items() if places}

    def __call__(self, cells: Sequence[str]) -> dict[str, Any]:
        """One row as fields."""
        found: dict[str, Any] = {}
        for place, target, read in self._plain:
            if cells[place]:
                found[target] = read(cells[place]) if read else cells[place]
        for place in self._full_name:
            first, last = split_name(cells[place])
            found.setdefault("first_name", first)
            found.setdefault("last_name", last)
        custom = {key: cells[place] for place, key in self._custom if cells[place]}
        for field, places in self._ranked.items():
            self._put_addresses(field, places, cells, found, custom)
        if custom:
            found["custom_fields"] = custom
        return found

    @staticmethod
    def _put_addresses(
        field: str,
        places: list[tuple[int, int, str]],
        cells: Sequence[str],
        found: dict[str, Any],
        custom: dict[str, str],
    ) -> None:
        addresses = [(value, key) for _, place, key in places if cells[place] for value in split_several(cells[place])]
        if not addresses:
            return
        found[field] = addresses[0][0]
        found[_OTHERS[field]] = [value for value, _ in addresses[1:]]
        for value, key in addresses[1:]:
            custom[key] = f"{custom[key]}; {value}" if key in custom else value


def apply_mapping(targets: Sequence[str], header: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    """One row as fields, where there is only one; for many make a `RowMapper` once."""
    return RowMapper(targets, header)(cells)


def _read_status(cell: str) -> str:
    return STATUS_OF.get(normalise(cell), cell.lower())


_READERS: dict[str, Callable[[str], Any]] = {"status": _read_status, "tags": split_tags}
