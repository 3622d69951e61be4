"""Importing leads: each row finds or makes its contact as a contact import would, and becomes a lead of it."""

import uuid
from collections.abc import Sequence
from typing import Any, ClassVar

from contacts.importing.contact_rows import ContactRows
from contacts.importing.kinds import CREATED, FAILED, SKIPPED, ImportLine, Outcome, register
from contacts.importing.worked_with import erase_untouched
from contacts.models import Import
from contacts.targets import LEAD_FIELDS
from core.ids import many_uuid7
from core.problems import InvalidInput
from leads.models import Lead, LeadEvent
from leads.staging import NewLead, insert_leads, tell_created

MAX_SOURCE = 60
CLOSED = (Lead.State.CONVERTED, Lead.State.LOST)
COPIED = ("first_name", "last_name", "company", "email", "phone_number")


@register
class LeadRows:
    """Rows of a file as leads. A contact that is pursued already gets no second open lead."""

    name: ClassVar[str] = "leads"
    fields: ClassVar[Sequence[str]] = LEAD_FIELDS
    tables: ClassVar[Sequence[str]] = ("leads_lead", "leads_leadevent")

    def __init__(self, job: Import) -> None:
        self.job = job
        self.contacts = ContactRows(job)

    def clean(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Check one row; raises InvalidInput."""
        values = self.contacts.clean(raw)
        source = " ".join((raw.get("source") or "").split())
        if len(source) > MAX_SOURCE:
            raise InvalidInput(f"The source is longer than {MAX_SOURCE} characters.", field="source")
        values["source"] = source or "import"
        return values

    def identity(self, values: dict[str, Any]) -> list[str]:
        """The person."""
        return self.contacts.identity(values)

    def store(self, lines: list[ImportLine]) -> list[Outcome]:
        """Match or make the contacts by sets, then write one lead for each person not pursued yet."""
        people = self.contacts.store(lines)
        ids = [person.record_id for person in people if person.record_id]
        active = Lead.objects.active().filter(contact_id__any_of=ids).exclude(state__in=CLOSED)
        pursued = set(active.values_list("contact_id", flat=True))
        leads: dict[Any, NewLead] = {}
        lead_ids: dict[int, uuid.UUID] = {}
        for line, person, lead_id in zip(lines, people, many_uuid7(len(lines)), strict=True):
            contact_id = person.record_id
            if contact_id and contact_id not in pursued and contact_id not in leads:
                leads[contact_id] = _lead(line.values, lead_id, contact_id, made_contact=person.result == CREATED)
                lead_ids[line.line] = lead_id
        made = self._write(list(leads.values()))
        gone = {lead.contact_id for lead in leads.values() if lead.id not in made}
        return [
            self._outcome(line, person, lead_ids.get(line.line), person.record_id is None or person.record_id in gone)
            for line, person in zip(lines, people, strict=True)
        ]

    @staticmethod
    def _outcome(line: ImportLine, person: Outcome, lead_id: uuid.UUID | None, no_contact: bool) -> Outcome:
        if no_contact:
            return Outcome(line.line, FAILED, None, person.code, person.reason, line.cells)
        if lead_id is None:
            return Outcome(line.line, SKIPPED, None, "duplicate_lead", "This person has an open lead already.")
        return Outcome(line.line, CREATED, lead_id)

    def _write(self, leads: list[NewLead]) -> set[uuid.UUID]:
        if not leads:
            return set()
        made = insert_leads(leads, owned=True)
        tell_created(actor=self.job.created_by, data={"import": str(self.job.pk)})
        return made

    def undo_created(self, record_ids: list[Any]) -> list[Any]:
        """Erase the leads nobody has worked with since, and the contacts that came only with them."""
        untouched = Lead.objects.filter(
            pk__in=record_ids, note_set=None, tasks=None, campaign_leads=None, calls=None, submissions=None
        ).exclude(pk__in=LeadEvent.objects.filter(lead__in=record_ids).exclude(kind="created").values("lead"))
        gone = list(untouched.values_list("pk", flat=True))
        came_along = LeadEvent.objects.filter(lead__in=gone, data__made_contact=True).values_list(
            "lead__contact", flat=True
        )
        contacts = list(came_along)
        Lead.objects.filter(pk__in=gone).delete()
        erase_untouched(contacts, actor=self.job.created_by)
        return gone


def _lead(values: dict[str, Any], lead_id: uuid.UUID, contact_id: uuid.UUID, *, made_contact: bool) -> NewLead:
    return NewLead(
        id=lead_id,
        contact_id=contact_id,
        **{name: values[name] for name in COPIED if values.get(name)},
        source=values["source"],
        message=values.get("notes", ""),
        custom_fields=values.get("custom_fields", {}),
        made_contact=made_contact,
    )
