"""Which column of a file is which field of a contact: guessed from the header and from the values.

Pure functions; the same guesses serve contacts, leads and campaign lists. See `contacts.targets` for what a
column can be mapped to.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from contacts.cells import kind_of
from contacts.header_words import (
    FIELD_OF,
    MOBILE_RANK,
    NAME_WORDS,
    NOISE,
    PHONE_RANKS,
    PHONE_WORDS,
    SALUTATIONS,
    STATUS_OF,
    USUAL_PHONE_RANK,
    normalise,
)
from contacts.row_mapping import RowMapper, apply_mapping
from contacts.targets import (
    CONTACT_FIELDS,
    CUSTOM,
    LEAD_FIELDS,
    REPEATABLE,
    InvalidMapping,
    check_mapping,
    header_shape,
    parse_mapping,
    slug,
)

__all__ = [
    "CONTACT_FIELDS",
    "CUSTOM",
    "LEAD_FIELDS",
    "ColumnGuess",
    "InvalidMapping",
    "RowMapper",
    "apply_mapping",
    "check_mapping",
    "guess_mapping",
    "header_shape",
    "parse_mapping",
    "slug",
    "targets_of",
]

SALUTATION = "salutation"
"""The custom field of a column that tells how to address people."""
_SAMPLES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """The guess for one column: where it goes, how sure that is (0 to 1), why, and some of its values."""

    column: int
    name: str
    target: str
    confidence: float
    reason: str
    kind: str
    samples: tuple[str, ...]


@dataclass(slots=True)
class _Column:
    place: int
    name: str
    words: str
    values: list[str]
    kind: str
    label: str = ""


def guess_mapping(
    header: Sequence[str],
    sample_rows: Sequence[Sequence[str]],
    known_custom_fields: Mapping[str, str] | None = None,
    *,
    fields: Collection[str] = CONTACT_FIELDS,
) -> list[ColumnGuess]:
    """Guess a target for every column; `known_custom_fields` is slug → label.

    Of several columns for one single-valued field the surest keeps it and the others become custom fields.
    Of several phones the one best called comes first (mobile, plain, work, home, switchboard).
    """
    columns = _columns(header, sample_rows)
    guesses = [_guess(column, known_custom_fields or {}, fields) for column in columns]
    guesses = _settle_names(guesses, columns)
    guesses = _settle_rivals(guesses)
    return _rank_addresses(guesses, columns)


def targets_of(guesses: Sequence[ColumnGuess]) -> list[str]:
    """The mapping that a list of guesses stands for."""
    return [guess.target for guess in guesses]


def _columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[_Column]:
    columns = []
    for place, name in enumerate(header):
        values = [row[place] for row in rows if place < len(row) and row[place]]
        columns.append(_Column(place, name, normalise(name), values, kind_of(values)))
    for label, column in pairwise(columns):
        # Google writes what a number is ("Mobile") into the column before it.
        if re.fullmatch(r"phone \d+ (?:type|label)", label.words):
            column.label = normalise(" ".join(label.values))
    return columns


def _guess(column: _Column, known: Mapping[str, str], fields: Collection[str]) -> ColumnGuess:
    target, confidence, reason = _judge(column, known)
    base = target.partition(":")[0]
    if base != "custom" and target and target not in fields:
        target, confidence, reason = CUSTOM + slug(column.name), 0.6, "unknown_column"
    return ColumnGuess(
        column=column.place,
        name=column.name,
        target=target,
        confidence=confidence,
        reason=reason,
        kind=column.kind,
        samples=tuple(dict.fromkeys(column.values))[:_SAMPLES_SHOWN],
    )


def _judge(column: _Column, known: Mapping[str, str]) -> tuple[str, float, str]:
    """Target, confidence and reason from the column alone."""
    by_name = _field_by_name(column.words)
    for key, label in known.items():
        if not by_name and column.words and column.words in {normalise(label), normalise(key)}:
            return CUSTOM + key, 0.95, "known_custom_field"
    if NOISE.fullmatch(column.words):
        return "", 0.9, "about_another_column"
    if by_name == "title" and _are_salutations(column.values):
        return CUSTOM + SALUTATION, 0.9, "salutation"
    if by_name and _values_fit(by_name, column):
        return by_name, 0.99 if column.values else 0.8, "header_and_values" if column.values else "header"
    if column.kind == "email":
        return "email", 0.85, "values"
    if column.kind == "phone" and not by_name and _looks_called(column):
        return "phone_number", 0.6, "values"
    if not column.values:
        return "", 0.9, "empty_column"
    if not column.words:
        return "", 0.7, "no_name"
    return CUSTOM + slug(column.name), 0.6, "unknown_column"


def _field_by_name(words: str) -> str:
    plain = re.sub(r" (?:value|number|nummer|address|adresse)$", "", words)
    for name in (words, plain, re.sub(r" \d+$", "", plain)):
        if name in FIELD_OF:
            return FIELD_OF[name]
        if name in NAME_WORDS:
            return "full_name"
    tokens = set(words.split())
    if tokens & PHONE_WORDS and not tokens & {"type", "label", "date", "opt", "valid", "status"}:
        return "phone_number"
    if {"email", "courriel"} & tokens or words.startswith("e mail"):
        return "email" if not tokens & {"type", "label", "opt", "domain", "date", "status", "valid"} else ""
    return ""


def _values_fit(field: str, column: _Column) -> bool:
    """Whether the values speak against what the header says."""
    if not column.values:
        return True
    match field:
        case "email":
            return sum("@" in value for value in column.values) >= 0.25 * len(column.values)
        case "phone_number":
            return column.kind in {"phone", "number"} or any(char.isdigit() for char in "".join(column.values))
        case "status":
            known = sum(normalise(value) in STATUS_OF for value in column.values)
            return known >= 0.5 * len(column.values)
        case "tags" | "notes" | "company":
            return column.kind != "email"
        case _:
            return column.kind not in {"email", "url"}


def _are_salutations(values: list[str]) -> bool:
    """Whether a "Title" is how to address people (Outlook's "Mr.", "Prof. Dr.") rather than what they do."""
    known = sum(set(normalise(value).split()) <= SALUTATIONS for value in values)
    return bool(values) and known >= 0.8 * len(values)


def _looks_called(column: _Column) -> bool:
    """Whether bare values are phone numbers rather than order numbers: written with + or separators."""
    written = sum(bool(re.match(r"\+|00|\(", value) or re.search(r"\d[ ./-]\d", value)) for value in column.values)
    return written >= 0.6 * len(column.values)


def _settle_names(guesses: list[ColumnGuess], columns: list[_Column]) -> list[ColumnGuess]:
    """A plain "Name", "Nom" or "Nombre" is the other half if one half stands in a column of its own."""
    targets = {guess.target for guess in guesses}
    halves = targets & {"first_name", "last_name"}
    if not halves:
        return guesses
    settled = []
    for guess, column in zip(guesses, columns, strict=True):
        if guess.target != "full_name":
            settled.append(guess)
        elif len(halves) == 2:
            settled.append(replace(guess, target="", confidence=0.9, reason="repeats_other_columns"))
        elif column.words in NAME_WORDS:
            other = "last_name" if "first_name" in halves else "first_name"
            settled.append(replace(guess, target=other, reason="other_half_of_the_name"))
        else:
            settled.append(guess)
    return settled


def _settle_rivals(guesses: list[ColumnGuess]) -> list[ColumnGuess]:
    """Leave each single-valued field to its surest column; filled columns beat empty ones."""
    winners: dict[str, ColumnGuess] = {}
    for guess in guesses:
        if not guess.target or guess.target in REPEATABLE:
            continue
        rival = winners.get(guess.target)
        if rival is None or guess.confidence > rival.confidence:
            winners[guess.target] = guess
    taken = {guess.target for guess in winners.values()}
    settled = []
    for guess in guesses:
        if guess.target in REPEATABLE or not guess.target or winners[guess.target] is guess:
            settled.append(guess)
            continue
        key = target = CUSTOM + slug(guess.name)
        number = 2
        while target in taken:
            target, number = f"{key}_{number}", number + 1
        taken.add(target)
        empty = not guess.samples
        settled.append(replace(guess, target="" if empty else target, confidence=0.6, reason="further_column"))
    return settled


def _rank_addresses(guesses: list[ColumnGuess], columns: list[_Column]) -> list[ColumnGuess]:
    """Number the email and phone columns, the one to use first without a number."""
    ranked = list(guesses)
    for field in REPEATABLE:
        rivals = [place for place, guess in enumerate(guesses) if guess.target == field]
        ranks = {place: _phone_rank(columns[place]) if field == "phone_number" else 1 for place in rivals}
        for place in [place for place in rivals if ranks[place] == 0]:
            target = CUSTOM + slug(columns[place].name) if columns[place].values else ""
            ranked[place] = replace(guesses[place], target=target, reason="not_a_voice_line")
            rivals.remove(place)
        rivals.sort(key=lambda place: (not columns[place].values, -ranks[place], place))
        for number, place in enumerate(rivals[1:], start=2):
            target = f"{field}_{number}" if number < 20 else ""
            ranked[place] = replace(guesses[place], target=target, reason="further_address")
    return ranked


def _phone_rank(column: _Column) -> int:
    tokens = set(f"{column.words} {column.label}".split())
    ranks = [rank for rank, words in PHONE_RANKS if tokens & words]
    least = min(ranks, default=USUAL_PHONE_RANK)
    return MOBILE_RANK if MOBILE_RANK in ranks and least > 1 else least
