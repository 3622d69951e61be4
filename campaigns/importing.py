"""Importing the list of a campaign: each row finds or makes its contact as a contact import would, and is called."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Final

from django.db import transaction

from accounts.permissions import require_role
from accounts.principals import Actor
from campaigns.membership import check_open
from campaigns.models import Campaign, CampaignLead, LeadBatch
from campaigns.people import Person, Tally, insert_people, numbers_in
from campaigns.states import ENDED, WAITING
from contacts.importing import engine
from contacts.importing.contact_rows import ContactRows
from contacts.importing.kinds import CREATED, FAILED, SKIPPED, ImportLine, Outcome, register
from contacts.importing.services import keep_upload, start_import
from contacts.importing.worked_with import erase_untouched
from contacts.models import Contact, Import, ImportRow
from contacts.targets import LEAD_FIELDS
from core import file_store
from core.phones import InvalidPhone, check_dialable, parse_phone
from core.problems import DomainError, InvalidInput
from core.scope import current_tenant_id
from leads.models import Lead

KIND: Final = "campaign"
AT_ONCE: Final = 5_000
"""Rows up to which the API answers when all are in."""
_SAMPLES = 100


@register
class CampaignRows:
    """Rows of a file as people of one campaign; a number that is in already is skipped."""

    name: ClassVar[str] = KIND
    fields: ClassVar[Sequence[str]] = tuple(name for name in LEAD_FIELDS if name != "source")
    tables: ClassVar[Sequence[str]] = ("leads_lead", "campaigns_campaignlead")

    def __init__(self, job: Import) -> None:
        self.job = job
        self.contacts = ContactRows(job)
        self.campaign = Campaign.objects.get(pk=job.options["campaign_id"])

    def clean(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Check one row; raises InvalidInput."""
        values = self.contacts.clean(raw)
        if not values.get("phone_number"):
            raise InvalidInput("There is no phone number.", field="phone_number", field_code="no_phone_number")
        try:
            check_dialable(parse_phone(values["phone_number"], region=self.contacts.region))
        except InvalidPhone as error:
            raise InvalidInput(error.reason, field="phone_number", field_code=error.code) from None
        return values

    def identity(self, values: dict[str, Any]) -> list[str]:
        """The number that is called, whosever it is."""
        return [values["phone_number"]]

    def store(self, lines: list[ImportLine]) -> list[Outcome]:
        """Match or make the contacts by sets, then put those into the campaign whose number is not in it yet."""
        if self.campaign.status in ENDED:
            words = "The campaign has ended."
            return [Outcome(line.line, FAILED, None, "campaign_ended", words, line.cells) for line in lines]
        taken = numbers_in(self.campaign, [line.values["phone_number"] for line in lines])
        outcomes: dict[int, Outcome] = {}
        fresh: dict[str, ImportLine] = {}
        for line in lines:
            if (number := line.values["phone_number"]) in taken or number in fresh:
                outcomes[line.line] = _in_already(line)
            else:
                fresh[number] = line
        people = {outcome.line: outcome for outcome in self.contacts.store(_keyed(self.contacts, fresh.values()))}
        known = _names_of([person.record_id for person in people.values() if person.record_id])
        found = [(line, known.get(people[line.line].record_id)) for line in fresh.values()]
        persons = [_person(line.values, *contact) for line, contact in found if contact]
        rows = insert_people(campaign=self.campaign, people=persons, tally=Tally())
        elsewhere = numbers_in(self.campaign, [person.number for person in persons if person.number not in rows])
        for number, line in fresh.items():
            if number in elsewhere:  # someone else put it in meanwhile
                outcomes[line.line] = _in_already(line)
            else:
                outcomes[line.line] = self._outcome(line, rows.get(number), people[line.line])
        return [outcomes[line.line] for line in lines]

    @staticmethod
    def _outcome(line: ImportLine, row_id: Any, person: Outcome) -> Outcome:
        if row_id is None:
            words = person.reason if person.result == FAILED else "The row could not be stored. Import it again."
            return Outcome(line.line, FAILED, None, "conflict", words, line.cells)
        made = {"contact_id": str(person.record_id)} if person.result == CREATED else None
        return Outcome(line.line, CREATED, row_id, after=made)

    def undo_created(self, record_ids: list[Any]) -> list[Any]:
        """Take those out again who were not called yet, with the leads and contacts that came only with them."""
        rows = CampaignLead.objects.for_update().filter(
            pk__in=record_ids, calls=None, attempts=0, status__in=(*WAITING, CampaignLead.Status.BLOCKED)
        )
        gone = dict(rows.values_list("pk", "lead_id"))
        made = ImportRow.objects.filter(job=self.job, record_id__in=gone, after__has_key="contact_id")
        contacts = [row.after["contact_id"] for row in made]
        CampaignLead.objects.filter(pk__in=gone).delete()
        Lead.objects.filter(
            pk__in=gone.values(), source="campaign", created_at__gte=self.job.created_at,
            note_set=None, tasks=None, campaign_leads=None, calls=None, submissions=None,
        ).delete()  # fmt: skip
        erase_untouched(contacts, actor=self.job.created_by)
        return list(gone)


def _in_already(line: ImportLine) -> Outcome:
    return Outcome(line.line, SKIPPED, None, "duplicate_phone", "The number is in already.")


def _keyed(contacts: ContactRows, lines: Iterable[ImportLine]) -> list[ImportLine]:
    """The lines as the contact import knows them: by email, and by number where there is none."""
    return [ImportLine(line.line, line.values, line.cells, contacts.identity(line.values)) for line in lines]


def _names_of(contact_ids: list[Any]) -> dict[Any, tuple[Any, str, str, str]]:
    """What a row leaves to its contact: (id, first name, last name, time zone) by id."""
    rows = Contact.objects.filter(pk__any_of=contact_ids)
    return {row[0]: row for row in rows.values_list("pk", "first_name", "last_name", "timezone")}


def _person(values: dict[str, Any], contact_id: Any, first_name: str, last_name: str, timezone: str) -> Person:
    return Person(
        contact_id=contact_id,
        number=values["phone_number"],
        first_name=values.get("first_name") or first_name,
        last_name=values.get("last_name") or last_name,
        timezone=timezone,
        custom_fields=values.get("custom_fields", {}),
    )


def keep_list(*, actor: Actor, campaign: Campaign, upload: Any) -> Import:
    """Take in the file of a campaign's list as a draft, whose columns are chosen next; raises as `keep_upload` does."""
    require_role(actor, "manager")
    check_open(campaign)
    job = keep_upload(upload=upload, actor=actor, kind=KIND)
    job.options = {**job.options, "campaign_id": str(campaign.pk)}
    job.save(update_fields=["options"])
    return job


def import_list(*, actor: Actor, campaign: Campaign, upload: Any, mapping: dict[str, str] | None = None) -> LeadBatch:
    """Import the file of a campaign's list by guessed or given columns: a short one at once, others in the background.

    Raises InvalidInput, CampaignEnded, or what reading the file raises.
    """
    with transaction.atomic():
        job = keep_list(actor=actor, campaign=campaign, upload=upload)
        try:
            if mapping is None and not any(t.startswith("phone_number") for t in job.mapping["targets"]):
                raise InvalidInput("No column holds phone numbers.", field="file", field_code="missing_column")
            job = start_import(actor=actor, job=job, mapping=mapping)
        except DomainError:
            file_store.forget(job.file)
            raise
    if job.rows_total <= AT_ONCE:
        while engine.run_slice(current_tenant_id(), job.pk):
            pass
        job.refresh_from_db()
    return batch_of(job, campaign)


def batch_of(job: Import, campaign: Campaign) -> LeadBatch:
    """An import of a campaign's list as its other batches are shown; it is not stored as one."""
    rows = ImportRow.objects.filter(job=job, result__in=(SKIPPED, FAILED))
    failed = rows.filter(result=FAILED).order_by("line")[:_SAMPLES]
    status = {"draft": "pending", "cancelled": "failed", "undone": "completed"}.get(job.status, job.status)
    batch = LeadBatch(
        pk=job.pk,
        campaign=campaign,
        source=LeadBatch.Source.FILE,
        status=status,
        total=job.rows_total,
        done=job.rows_done,
        added=job.created,
        skipped=job.skipped,
        refused=job.failed,
        reasons=dict(Counter(rows.values_list("code", flat=True))),
        samples=[{"line": row.line, "code": row.code, "reason": row.reason} for row in failed],
        error=job.error[:300],
        created_by=job.created_by,
    )
    batch.created_at, batch.updated_at = job.created_at, job.updated_at
    return batch


def lists_of(campaign: Campaign) -> Any:
    """The imports of a campaign's lists, newest first."""
    jobs = Import.objects.filter(kind=KIND, options__campaign_id=str(campaign.pk)).exclude(status="draft")
    return jobs.order_by("-created_at")
