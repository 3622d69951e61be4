"""Lists as files: CSV streamed, XLSX written row by row; only what the caller may see, and written down."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase

from accounts import audit
from accounts.permissions import require_role
from accounts.principals import Actor
from contacts.custom_fields import field_kinds
from contacts.models import Contact
from contacts.streaming import file_response, in_batches
from core.parsing import utc_text
from core.problems import InvalidInput

COLUMNS = (
    "id", "first_name", "last_name", "email", "phone_number", "company", "title", "status", "tags", "notes", "owner",
    "created_at", "updated_at",
)  # fmt: skip


def _row(contact: Contact, custom: Sequence[str]) -> list[Any]:
    return [
        contact.pk,
        contact.first_name,
        contact.last_name,
        contact.email,
        contact.phone_number,
        contact.company,
        contact.title,
        contact.status,
        "; ".join(contact.tags),
        contact.notes,
        contact.owner.email if contact.owner else "",
        utc_text(contact.created_at),
        utc_text(contact.updated_at),
        *(contact.custom_fields.get(key) for key in custom),
    ]


def table_of(queryset: QuerySet[Contact]) -> Iterator[list[Any]]:
    """Header and rows of the contacts, oldest first; defined custom fields stand behind."""
    kinds = field_kinds()
    yield [*COLUMNS, *(kind.label for kind in kinds.values())]
    for contact in in_batches(queryset.select_related("owner"), key="pk"):
        yield _row(contact, list(kinds))


def export_contacts(*, actor: Actor, queryset: QuerySet[Contact], format: str) -> HttpResponseBase:
    """Answer the contacts as a file (managers); the export is written into the audit log."""
    require_role(actor, "manager")
    if format not in ("csv", "xlsx"):
        raise InvalidInput("format is csv or xlsx.", field="format", field_code="invalid_choice")
    audit.record(actor=actor, action="contacts.exported", format=format)
    queryset = queryset.order_by("pk")
    return file_response(lambda: table_of(queryset), name="contacts", format=format)
