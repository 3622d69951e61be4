"""Importing leads: each row finds or makes its contact as a contact import would, and becomes a lead of it."""

from collections.abc import Sequence
from typing import Any, ClassVar

from contacts.importing.contact_rows import ContactRows
from contacts.importing.kinds import CREATED, FAILED, SKIPPED, ImportLine, Outcome, register
from contacts.importing.worked_with import erase_untouched
from contacts.models import Contact, Import
from contacts.targets import LEAD_FIELDS
from core.problems import InvalidInput
from leads.models import Lead, LeadEvent

MAX_SOURCE = 60
CLOSED = (Lead.State.CONVERTED, Lead.State.LOST)
COPIED = ("first_name", "last_name", "company")


@register
class LeadRows:
    """Rows of a file as leads. A contact that is pursued already gets no second open lead."""

    name: ClassVar[str] = "leads"
    fields: ClassVar[Sequence[str]] = LEAD_FIELDS

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
        people = {outcome.line: outcome for outcome in self.contacts.store(lines)}
        ids = [o.record_id for o in people.values() if o.record_id]
        pursued = set(
            Lead.objects.active()
            .filter(contact_id__in=ids)
            .exclude(state__in=CLOSED)
            .values_list("contact_id", flat=True)
        )
        known = Contact.objects.in_bulk(ids)
        leads: list[tuple[ImportLine, Lead, bool]] = []
        outcomes: dict[int, Outcome] = {}
        for line in lines:
            person = people[line.line]
            if person.record_id is None or person.record_id not in known:
                outcomes[line.line] = Outcome(line.line, FAILED, None, person.code, person.reason, line.cells)
            elif person.record_id in pursued:
                words = "This person has an open lead already."
                outcomes[line.line] = Outcome(line.line, SKIPPED, None, "duplicate_lead", words)
            else:
                pursued.add(person.record_id)
                lead = self._lead(line, known[person.record_id])
                leads.append((line, lead, person.result == CREATED))
                outcomes[line.line] = Outcome(line.line, CREATED, lead.pk)
        self._write(leads)
        return [outcomes[line.line] for line in lines]

    def _lead(self, line: ImportLine, contact: Contact) -> Lead:
        values = line.values
        return Lead(
            contact=contact,
            **{name: values.get(name) or getattr(contact, name) for name in COPIED},
            email=values.get("email") or contact.email or "",
            phone_number=values.get("phone_number") or contact.phone_number or "",
            source=values["source"],
            message=values.get("notes", ""),
            owner=contact.owner,
            custom_fields=values.get("custom_fields", {}),
        )

    def _write(self, leads: list[tuple[ImportLine, Lead, bool]]) -> None:
        Lead.objects.bulk_create([lead for _, lead, _ in leads])
        actor = self.job.created_by
        LeadEvent.objects.bulk_create(
            LeadEvent(
                lead=lead,
                kind=LeadEvent.Kind.CREATED,
                data={"source": lead.source, "import": str(self.job.pk), "made_contact": made_contact},
                actor=actor,
                actor_name=str(actor or ""),
            )
            for _, lead, made_contact in leads
        )

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
