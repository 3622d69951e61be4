"""What the cells of a column look like, and how one cell that holds several things is taken apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SHARE = 0.8
"""So many of a column's values must look alike; a few odd ones are what real files have."""

_EMAIL: Final = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
_URL: Final = re.compile(r"(?:https?://|www\.)\S+|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:/\S*)?", re.IGNORECASE)
_DATE: Final = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}(?:[T ]\d{1,2}:\d{2}.*)?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?: \d{1,2}:\d{2}.*)?"
)
_NUMBER: Final = re.compile(r"[-+]?(?:\d+|\d{1,3}(?:[., ]\d{3})+)(?:[.,]\d+)?")
_PHONE: Final = re.compile(
    r"'?(?:tel:)?[+(]?[\d(][\d\s()./\-\u2010-\u2015]{5,22}(?:\s*(?:x|ext\.?)\s*\d+)?", re.IGNORECASE
)
_YES_NO: Final = _words("yes no y n true false ja nein oui non si sí 0 1 x")
_SEVERAL: Final = re.compile(r"\s*:::\s*|\s*[;\n|]\s*|\s*,\s+(?=[^\s])")
_PARTICLES: Final = _words("van von der den de del della di da dos du la le ter ten zu af al el bin ibn st")
_BEFORE: Final = _words("mr mrs ms miss mx dr prof herr frau m mme monsieur madame sr sra srta")
_AFTER: Final = _words("jr sr ii iii iv phd md mba esq cpa")


def kind_of(values: Sequence[str]) -> str:
    """The kind of a column's values: email, phone, url, date, number, yes_no or text; "" without values."""
    if not values:
        return ""
    kinds = Counter(_kind(value) for value in values)
    kind, times = kinds.most_common(1)[0]
    if kind != "text" and times >= _SHARE * len(values):
        return kind
    digits = kinds["phone"] + kinds["number"] + kinds["date"]
    return "phone" if kinds["phone"] and digits >= _SHARE * len(values) and kind == "phone" else "text"


def split_several(cell: str) -> list[str]:
    """The addresses in one cell; Google puts " ::: " between them, people a comma or semicolon."""
    if not _SEVERAL.search(cell):
        return [cell.strip()]
    parts = [piece.strip() for piece in _SEVERAL.split(cell)]
    whole = [part for part in parts if "@" in part or sum(map(str.isdigit, part)) >= 5]
    return whole if len(whole) == sum(map(bool, parts)) else [cell]  # else the rest is an extension or remark


def split_tags(cell: str) -> list[str]:
    """The tags of a cell, split at ";", "," or Google's " ::: ", each once whatever its letter case."""
    return list(_tags_of(cell))


@lru_cache(maxsize=1000)
def _tags_of(cell: str) -> tuple[str, ...]:
    """Files repeat the same few cells of tags."""
    found: dict[str, str] = {}
    for piece in re.split(r":::|[;,\n]", cell):
        tag = " ".join(piece.strip().lstrip("*").split())
        if tag and tag.casefold() not in {"mycontacts", "my contacts"}:
            found.setdefault(tag.casefold(), tag)
    return tuple(found.values())


def split_name(full: str) -> tuple[str, str]:
    """A whole name as first and last: "Lee, Anna", "Dr. Ludwig van Beethoven Jr." and "Cher" all work."""
    name = " ".join(full.split())
    family, comma, given = name.partition(",")
    if comma and given.strip() and _plain(given) not in _AFTER:
        return given.strip(), family.strip()
    words = name.replace(",", " ").split()
    while len(words) > 1 and _plain(words[0]) in _BEFORE:
        words = words[1:]
    while len(words) > 2 and _plain(words[-1]) in _AFTER:
        words = words[:-1]
    if len(words) < 2:
        return (words[0] if words else ""), ""
    start = len(words) - 1
    while start > 1 and _plain(words[start - 1]) in _PARTICLES:
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])


def _plain(word: str) -> str:
    return word.strip(" .,").replace(".", "").lower()


def _kind(value: str) -> str:
    first = split_several(value)[:1]
    text = first[0] if first else value
    if _EMAIL.fullmatch(text):
        return "email"
    if text.casefold() in _YES_NO:
        return "yes_no"
    if _DATE.fullmatch(text):
        return "date"
    digits = sum(char.isdigit() for char in text)
    if _PHONE.fullmatch(text) and 7 <= digits <= 16 and not re.fullmatch(r"\d{1,9}(?:\.\d+)?", text):
        return "phone"
    if _NUMBER.fullmatch(text):
        return "number"
    if _URL.fullmatch(text):
        return "url"
    return "text"
