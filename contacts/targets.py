"""The words of a mapping: where a column of a file may go, and reading a mapping that someone sent.

A mapping is a list of targets, one for each column: a field's name, `email_2`, `phone_number_3` and so on
for further addresses of the same person, `custom:<slug>` for a custom field, "" to leave the column out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from contacts.header_words import normalise

CONTACT_FIELDS: Final = (
    "first_name",
    "last_name",
    "full_name",
    "email",
    "phone_number",
    "company",
    "title",
    "status",
    "tags",
    "notes",
    "timezone",
)
LEAD_FIELDS: Final = (*CONTACT_FIELDS[:6], "notes", "source")
CUSTOM: Final = "custom:"

REPEATABLE: Final = ("email", "phone_number")
"""Fields that several columns may go to: a person has more than one address, and one comes first."""
FURTHER: Final = re.compile(r"(email|phone_number)_([2-9]|1\d)")


class InvalidMapping(ValueError):
    """A mapping that cannot be used; `code` is for programs, `column` names the column when it is one."""

    def __init__(self, code: str, detail: str, column: str = "") -> None:
        super().__init__(detail)
        self.code, self.detail, self.column = code, detail, column


def parse_mapping(raw: object, header: Sequence[str], *, fields: Collection[str] = CONTACT_FIELDS) -> list[str]:
    """Read a mapping as the API takes it: `{"Column name": "field"}`, or `{"field": "Column name"}`.

    A column left out is left out of the import. Raises `InvalidMapping` (`invalid`, `unknown_column`,
    `unknown_target`, `duplicate_target`, `missing_column`).
    """
    if not isinstance(raw, Mapping) or not all(isinstance(item, str | None) for pair in raw.items() for item in pair):
        raise InvalidMapping("invalid", 'A mapping is an object like {"Column name": "field"}.')
    places = {name: place for place, name in reversed(list(enumerate(header)))}
    loose = {name.strip().casefold(): place for name, place in places.items()}
    pairs = [(column, target or "") for column, target in raw.items()]
    if pairs and not any(column.strip().casefold() in loose for column, _ in pairs):
        pairs = [(column, target) for target, column in pairs if column]
    targets = [""] * len(header)
    for column, target in pairs:
        place = places.get(column, loose.get(column.strip().casefold()))
        if place is None:
            raise InvalidMapping("unknown_column", f"The file has no column “{column[:80]}”.", column[:80])
        targets[place] = target
    check_mapping(targets, fields=fields)
    return targets


def check_mapping(targets: Sequence[str], *, fields: Collection[str] = CONTACT_FIELDS) -> None:
    """Refuse targets that do not exist or are named twice, and mappings that reach nobody."""
    seen: set[str] = set()
    for target in targets:
        repeated = FURTHER.fullmatch(target)
        known = target in fields or bool(repeated and repeated[1] in fields)
        if target and not known and not re.fullmatch(CUSTOM + r"[a-z][a-z0-9_]{0,49}", target):
            raise InvalidMapping("unknown_target", f"There is no field “{target[:80]}”.")
        if target and target in seen:
            raise InvalidMapping("duplicate_target", f"Two columns go to “{target}”.")
        seen.add(target)
    if not any(target.startswith(REPEATABLE) for target in targets):
        raise InvalidMapping("missing_column", "Map a column to the email or to the phone number.")


def slug(name: str) -> str:
    """The key of a custom field made from a column's name."""
    words = normalise(name, whole=True).replace(" ", "_")
    return (words if words[:1].isalpha() else f"field_{words}")[:50].rstrip("_")


def field_label(target: str, column: str) -> str:
    """What a custom field is called that a mapping makes: by the column's name, or by its key when that is another."""
    key = target.removeprefix(CUSTOM)
    return column if key.startswith(slug(column)) else key.replace("_", " ").capitalize()


def header_shape(header: Sequence[str]) -> str:
    """One and the same short text for all files with these columns, to remember a mapping by."""
    return hashlib.sha256("\x1f".join(map(normalise, header)).encode()).hexdigest()[:32]
