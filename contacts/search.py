"""Finding contacts by words, prefixes, misspellings and parts of phone numbers, ranked and highlighted."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from accounts.models import Tenant
from contacts.highlights import Highlighter
from contacts.models import Contact
from contacts.querysets import ContactQuerySet
from core.phones import MIN_SEARCH_DIGITS, search_digits

MOST = 500
"""Ranks beyond this are of no use to anyone; the list with `search=` walks every match."""

FEW = 2000
"""Up to so many matches are named one by one in a list that is narrowed down."""

_LIKELY_WHOLE = 7
_COLUMNS = ", ".join(f'c."{field.column}"' for field in Contact._meta.concrete_fields)
_FIND = f"""
SELECT {_COLUMNS}, f.found_score, f.found_fuzzy, f.found_complete, f.found_total FROM (
  SELECT r.*, count(*) OVER () AS found_total
  FROM contact_ranked(%s, %s, %s) WITH ORDINALITY AS r (id, found_score, found_fuzzy, found_complete, place)
  ORDER BY place OFFSET %s LIMIT %s) AS f JOIN contacts_contact AS c ON c.id = f.id ORDER BY f.place
"""  # noqa: S608 - our own columns


@dataclass(frozen=True, slots=True)
class Hit:
    """One contact found: how well (0 to 1) and where; `marks` marks the finds in other texts too."""

    contact: Contact
    score: float
    highlight: dict[str, str]
    marks: Highlighter


@dataclass(frozen=True, slots=True)
class Ranking:
    """A part of what was found, best first, and how many were ranked; `exact` when there are no others."""

    hits: list[Hit]
    total: int
    exact: bool


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


def mark_finds(contacts: Iterable[Contact], query: str) -> None:
    """Give contacts of a list that was narrowed by a query their `marks`; a blank query gives none."""
    if query.strip():
        plain = Highlighter.of(query, query_digits(query))
        for contact in contacts:
            contact.marks = plain.for_contact(contact)


def ranked_ids(query: str, *, most: int = MOST) -> list[tuple[uuid.UUID, float, bool]]:
    """(contact, score, whether it took a guess at the spelling) of active contacts, best first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM contact_ranked(%s, %s, %s)", [query, query_digits(query), most])
        return [(pk, round(float(score), 4), fuzzy) for pk, score, fuzzy, _ in cursor.fetchall()]


def find(query: str, *, start: int = 0, size: int = 20) -> Ranking:
    """Active contacts that match, from the one at `start`, best first."""
    digits = query_digits(query)
    rows = list(Contact.objects.raw(_FIND, [query, digits, MOST, start, size]))
    marks = Highlighter.of(query, digits, fuzzy=bool(rows) and rows[0].found_fuzzy)
    hits = [Hit(row, round(row.found_score, 4), marks.fields(row), marks) for row in rows]
    if rows:
        return Ranking(hits, rows[0].found_total, rows[0].found_complete)
    counted = find(query, size=1) if start else Ranking([], 0, True)
    return Ranking([], counted.total, counted.exact)
