"""Writing thousands of leads at once: one COPY into a temporary table and one INSERT from it."""
# ruff: noqa: S608 - names of our own tables and columns

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from core.scope import current_tenant_id

TABLE = "lead_stage"
_COLUMNS = (
    "tenant_id, line, id, contact_id, first_name, last_name, company, email, phone_number, source, message, "
    "custom_fields, made_contact"
)
_STAGE = f"""
CREATE TEMPORARY TABLE IF NOT EXISTS {TABLE} (
  tenant_id uuid, line int, id uuid, contact_id uuid, first_name text, last_name text, company text, email text,
  phone_number text, source text, message text, custom_fields jsonb, made_contact boolean) ON COMMIT DELETE ROWS;
TRUNCATE {TABLE};
"""
_COPIED = ("first_name", "last_name", "company", "email", "phone_number")
_VALUES = ", ".join(f"coalesce(nullif(s.{name}, ''), c.{name}, '')" for name in _COPIED)
_INSERT = f"""
INSERT INTO leads_lead (id, tenant_id, contact_id, {", ".join(_COPIED)}, source, message, custom_fields, owner_id,
  state, consent, resume, resume_name)
SELECT s.id, s.tenant_id, c.id, {_VALUES}, s.source, s.message, s.custom_fields,
  CASE WHEN %(owned)s THEN c.owner_id END, 'pending', false, '', ''
FROM {TABLE} s JOIN contacts_contact c ON c.tenant_id = s.tenant_id AND c.id = s.contact_id
ORDER BY s.line
RETURNING id
"""
_EVENTS = f"""
INSERT INTO leads_leadevent (id, tenant_id, lead_id, kind, data, actor_id, actor_name)
SELECT crm_uuid7(), l.tenant_id, l.id, 'created',
  %(data)s::jsonb || jsonb_build_object('source', l.source, 'made_contact', s.made_contact), %(actor)s, %(name)s
FROM {TABLE} s JOIN leads_lead l ON l.tenant_id = s.tenant_id AND l.id = s.id
ORDER BY s.line
"""


@dataclass(slots=True)
class NewLead:
    """A lead to be written; what it leaves blank is copied from its contact."""

    id: uuid.UUID
    contact_id: uuid.UUID
    source: str
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    email: str = ""
    phone_number: str = ""
    message: str = ""
    custom_fields: dict[str, Any] = field(default_factory=dict)
    made_contact: bool = False
    """Whether the contact came with the lead; told in its event, for the undo."""


def insert_leads(leads: Sequence[NewLead], *, owned: bool = False) -> set[uuid.UUID]:
    """Write leads and return the ids of those written: all but those whose contact is gone.

    `owned`: they belong to whom their contact belongs to. The columns not named are filled by the database.
    """
    tenant_id = current_tenant_id()
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy(f"COPY {TABLE} ({_COLUMNS}) FROM STDIN") as copy:
            for line, lead in enumerate(leads):
                texts = (lead.first_name, lead.last_name, lead.company, lead.email, lead.phone_number, lead.source)
                custom = json.dumps(lead.custom_fields) if lead.custom_fields else "{}"
                row = (tenant_id, line, lead.id, lead.contact_id, *texts, lead.message, custom, lead.made_contact)
                copy.write_row(row)
        cursor.execute(_INSERT, {"owned": owned})
        return {pk for (pk,) in cursor.fetchall()}


def tell_created(*, actor: Any, data: dict[str, Any]) -> None:
    """Write the `created` event of each lead that `insert_leads` has just written, with `data` in it."""
    with connection.cursor() as cursor:
        person = {"actor": actor.pk if actor else None, "name": str(actor or "")}
        cursor.execute(_EVENTS, {"data": json.dumps(data), **person})
