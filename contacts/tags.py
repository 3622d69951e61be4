"""The tag registry: one writing per tag in a workspace, whatever case people type."""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models.functions import Lower

from contacts.models import Tag
from core.ids import uuid7
from core.problems import InvalidInput
from core.scope import current_tenant_id

MAX_LENGTH = 50
MAX_TAGS = 100


def clean_tag(name: str) -> str:
    """Trim a tag and make its inner blanks single."""
    return " ".join(name.split())


def clean_tags(names: Iterable[Any]) -> list[str]:
    """Trimmed tags without blanks and doubles (letter case ignored, first writing kept); raises InvalidInput."""
    seen: dict[str, str] = {}
    for name in names:
        text = clean_tag(str(name))
        if len(text) > MAX_LENGTH:
            raise InvalidInput(f"A tag has at most {MAX_LENGTH} characters.", field="tags", field_code="max_length")
        if text:
            seen.setdefault(text.lower(), text)
    if len(seen) > MAX_TAGS:
        raise InvalidInput(f"A contact has at most {MAX_TAGS} tags.", field="tags", field_code="max_length")
    return list(seen.values())


def known_writings(names: Iterable[str]) -> dict[str, str]:
    """Lower-case tag → the registry's writing, for those that are known."""
    wanted = [clean_tag(n).lower() for n in names]
    rows = Tag.objects.alias(key=Lower("name")).filter(key__in=wanted).values_list("name", flat=True)
    return {name.lower(): name for name in rows}


def resolve_tags(names: Iterable[str]) -> list[str]:
    """The registry's writing of each tag; an unknown one stays as it is (and matches nothing)."""
    names = [clean_tag(n) for n in names if clean_tag(n)]
    known = known_writings(names)
    return [known.get(n.lower(), n) for n in names]


def register_tags(names: Iterable[Any]) -> list[str]:
    """Add unknown tags to the registry and return every tag in the registry's writing.

    Rows are inserted in one order, so that two registrations at once wait for each other and never deadlock.
    """
    clean = clean_tags(names)
    if not clean:
        return []
    known = known_writings(clean)
    if missing := sorted((n for n in clean if n.lower() not in known), key=str.lower):
        tenant_id = current_tenant_id()
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO contacts_tag (id, tenant_id, name, color)"
                " SELECT id, %s, name, 'gray' FROM unnest(%s::uuid[], %s::text[]) AS t (id, name)"
                " ON CONFLICT DO NOTHING",
                [tenant_id, [uuid7() for _ in missing], missing],
            )
        known |= known_writings(missing)
    return list(dict.fromkeys(known.get(n.lower(), n) for n in clean))
