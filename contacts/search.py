"""Finding contacts by words, prefixes, misspellings and parts of phone numbers, ranked and highlighted."""

import difflib
import html
import re
import unicodedata
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from accounts.models import Tenant
from contacts.models import Contact
from contacts.querysets import ContactQuerySet
from core.phones import MIN_SEARCH_DIGITS, search_digits

MOST = 1000
"""Ranks beyond this are of no use to anyone; the list with `search=` walks every match."""

FEW = 2000
"""Up to so many matches are named one by one in a list that is narrowed down."""

_LIKELY_WHOLE = 7
_COLUMNS = ", ".join(f'c."{field.column}"' for field in Contact._meta.concrete_fields)
_FIND = f"""
SELECT {_COLUMNS}, f.found_score, f.found_fuzzy, f.found_total FROM (
  SELECT r.*, count(*) OVER () AS found_total
  FROM contact_ranked(%s, %s, %s) WITH ORDINALITY AS r (id, found_score, found_fuzzy, place)
  ORDER BY place OFFSET %s LIMIT %s) AS f JOIN contacts_contact AS c ON c.id = f.id ORDER BY f.place
"""  # noqa: S608 - our own columns
_WORD = re.compile(r"[^\W_]+", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Hit:
    """One contact found: how well (0 to 1) and where."""

    contact: Contact
    score: float
    highlight: dict[str, str]


@dataclass(frozen=True, slots=True)
class Ranking:
    """A part of what was found, best first, and how many there are; beyond MOST nobody counts."""

    hits: list[Hit]
    total: int

    @property
    def exact(self) -> bool:
        """Whether there are no more than were counted."""
        return self.total < MOST


def query_digits(query: str) -> str:
    """The digits of a query that is a phone number or at least four digits of one, else ""."""
    if sum(c.isdecimal() for c in query) < MIN_SEARCH_DIGITS or not search_digits(query):
        return ""
    region = str(Tenant.objects.values_list("default_region", flat=True).get())
    return _digits(query, region)


def _digits(query: str, region: str) -> str:
    """A short run of digits is a part as it stands; a longer one is a number with its prefixes."""
    found = search_digits(query, region=region)
    typed = "".join(c for c in query if c.isdecimal())
    if found and len(typed) < _LIKELY_WHOLE:
        found = typed
    return found if len(found) >= MIN_SEARCH_DIGITS else ""


def narrow(queryset: ContactQuerySet, query: str) -> ContactQuerySet:
    """Keep the contacts that match a query; a blank query keeps all.

    Few matches are named. Many are met soon by walking the list in its own order, so their words become a condition
    of the list: gathering and sorting them would cost the more, the more there are.
    """
    if not query.strip():
        return queryset
    digits = query_digits(query)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM contact_matching(%s, %s, %s)", [query, digits, FEW + 1])
        ids, spellings = cursor.fetchone()
    if len(ids) <= FEW:
        return queryset.filter(pk__in=RawSQL("SELECT unnest(%s::uuid[])", [ids]))
    if digits:
        return queryset.filter(_held([f"%{digits}%"]))
    if spellings is None:
        return queryset.filter(pk__in=RawSQL("SELECT contact_matches(%s, %s)", [query, digits]))
    for spelling in spellings:
        queryset = queryset.filter(_held([f"% {word}%" for word in spelling.split("|")]))
    return queryset


def _held(patterns: list[str]) -> RawSQL:
    """The condition that the searched text is like one of the patterns, whose words are folded and hold no signs."""
    return RawSQL("contacts_contact.search_document LIKE ANY(%s)", [patterns], output_field=BooleanField())


def ranked_ids(query: str, *, most: int = MOST) -> list[tuple[uuid.UUID, float, bool]]:
    """(contact, score, whether it took a guess at the spelling) of active contacts, best first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM contact_ranked(%s, %s, %s)", [query, query_digits(query), most])
        return [(pk, round(float(score), 4), fuzzy) for pk, score, fuzzy in cursor.fetchall()]


def find(query: str, *, start: int = 0, size: int = 20) -> Ranking:
    """Active contacts that match, from the one at `start`, best first."""
    digits = query_digits(query)
    rows = list(Contact.objects.raw(_FIND, [query, digits, MOST, start, size]))
    hits = [Hit(row, round(row.found_score, 4), highlight(row, query, digits, fuzzy=row.found_fuzzy)) for row in rows]
    return Ranking(hits, rows[0].found_total if rows else len(ranked_ids(query)) if start else 0)


def _fold(text: str) -> str:
    """Lower case without accents, one character for each, so that positions stay true."""
    return "".join(unicodedata.normalize("NFKD", c)[0].lower()[:1] or c for c in text)


def _spans_of_words(text: str, words: list[str], *, fuzzy: bool) -> list[tuple[int, int]]:
    spans = []
    for match in _WORD.finditer(_fold(text)):
        for word in words:
            if match[0].startswith(word):
                spans.append((match.start(), match.start() + len(word)))
            elif fuzzy and difflib.SequenceMatcher(None, word, match[0]).ratio() >= 0.65:
                spans.append(match.span())
    return spans


def _span_of_digits(text: str, digits: str) -> list[tuple[int, int]]:
    start = text.find(digits) if digits else -1
    return [(start, start + len(digits))] if start >= 0 else []


def mark(text: str, spans: list[tuple[int, int]]) -> str:
    """Escape a text for HTML and put `<mark>` around the spans."""
    out, position = [], 0
    for start, end in sorted(spans):
        if start < position:
            continue
        out += [html.escape(text[position:start]), "<mark>", html.escape(text[start:end]), "</mark>"]
        position = end
    return "".join([*out, html.escape(text[position:])])


def highlight(contact: Contact, query: str, digits: str, *, fuzzy: bool = False) -> dict[str, str]:
    """The fields in which the query was found, as escaped HTML with `<mark>` around the find."""
    words = [] if digits else _WORD.findall(_fold(re.sub("['’`´]", "", query)))
    fields: dict[str, Any] = {
        "name": f"{contact.first_name} {contact.last_name}".strip(),
        "email": contact.email,
        "company": contact.company,
        "title": contact.title,
        "tags": ", ".join(contact.tags),
    }
    marked = {}
    for field, text in fields.items():
        if text and (spans := _span_of_digits(text, digits) or _spans_of_words(text, words, fuzzy=fuzzy)):
            marked[field] = mark(text, spans)
    number = contact.phone_number or ""
    if spans := _span_of_digits(number, digits):
        marked["phone_number"] = mark(number, spans)
    return marked
