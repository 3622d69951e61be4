"""Adding many people to a campaign: from a filter over contacts or from ids (`campaigns.importing` reads files).

A batch remembers its place, and each step commits its rows together with that place; so a step that is
repeated after a crash adds nobody twice and leaves nobody out. Small ones run at once, large ones in the
background.
"""

import uuid
from typing import Any

from django.db import connection, transaction
from django.http import QueryDict

from accounts.models import Role
from accounts.permissions import require_role
from campaigns.membership import check_open
from campaigns.models import Campaign, LeadBatch
from campaigns.people import Person, Tally, check_numbers, insert_people
from contacts.filters import ContactFilters
from contacts.models import Contact
from core import background
from core.problems import InvalidInput
from core.scope import tenant_scope
from leads.models import Lead

STEP = 5_000
AT_ONCE = 5_000
"""Up to so many people are added while the caller waits."""
MOST_IDS = 20_000

Status = LeadBatch.Status
Source = LeadBatch.Source


def add_many(
    *,
    actor: Any,
    campaign: Campaign,
    filter: dict[str, Any] | None = None,
    contact_ids: list[uuid.UUID] | None = None,
    lead_ids: list[uuid.UUID] | None = None,
) -> LeadBatch:
    """Add everyone a filter finds, or everyone named.

    Up to `AT_ONCE` people are in when this returns (`completed`), more are added in the background
    (`pending`). Raises InvalidInput, CampaignEnded.
    """
    require_role(actor, Role.MANAGER)
    check_open(campaign)
    given = [name for name, value in _sources(filter, contact_ids, lead_ids).items() if value is not None]
    if len(given) != 1:
        raise InvalidInput(
            "Give exactly one of filter, contact_ids, lead_ids and file.", field="filter", field_code="required"
        )
    batch = LeadBatch(campaign=campaign, source=given[0], created_by=actor.user_or_none)
    if filter is not None:
        batch.selection = filter
        batch.total = _contacts(filter).count()
    else:
        ids = contact_ids or lead_ids or []
        if len(ids) > MOST_IDS:
            raise InvalidInput(f"At most {MOST_IDS:,} ids at once.", field=f"{given[0]}_ids", field_code="too_many")
        batch.selection = {"ids": [str(pk) for pk in dict.fromkeys(ids)]}
        batch.total = len(batch.selection["ids"])
    batch.save(force_insert=True)
    batch.refresh_from_db()
    if batch.total <= AT_ONCE:
        return _finish_now(batch)
    _continue_later(batch)
    return batch


def _sources(*values: Any) -> dict[str, Any]:
    return dict(zip((Source.FILTER, Source.CONTACTS, Source.LEADS), values, strict=True))


def _finish_now(batch: LeadBatch) -> LeadBatch:
    while run_step(batch.pk):
        pass
    batch.refresh_from_db()
    return batch


def _continue_later(batch: LeadBatch) -> None:
    background.nudge("campaigns.tasks.run_batch", batch.pk)


def run_to_end(tenant_id: uuid.UUID, batch_id: uuid.UUID) -> None:
    """Carry a batch out, a transaction a step; safe to run twice at once and after a crash."""
    going = True
    while going:
        with tenant_scope(tenant_id):
            going = run_step(batch_id)


def resume_stale() -> None:
    """Take up batches that nobody has worked on for two minutes, over all workspaces."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id, batch_id FROM stale_lead_batches()")
        stale = cursor.fetchall()
    for tenant_id, batch_id in stale:
        run_to_end(tenant_id, batch_id)


@transaction.atomic
def run_step(batch_id: uuid.UUID) -> bool:
    """Add the next people of a batch; return whether there are more. Locks the batch."""
    batch: LeadBatch = LeadBatch.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=batch_id)
    if batch.status in (Status.COMPLETED, Status.FAILED):
        return False
    tally = Tally()
    people, position, read = _next_people(batch, tally)
    insert_people(campaign=batch.campaign, people=check_numbers(people, tally), tally=tally)
    batch.position, batch.done = position, batch.done + read
    batch.added += tally.added
    batch.skipped += tally.skipped
    batch.refused += tally.refused
    batch.reasons = {k: batch.reasons.get(k, 0) + tally.reasons.get(k, 0) for k in {*batch.reasons, *tally.reasons}}
    batch.samples = [*batch.samples, *tally.samples][:100]
    batch.status = Status.RUNNING if read else Status.COMPLETED
    batch.total = max(batch.total, batch.done)
    batch.save()
    return bool(read)


def _next_people(batch: LeadBatch, tally: Tally) -> tuple[list[Person], str, int]:
    """People of the next step, the place after them, and how many rows were read to find them."""
    if batch.source == Source.FILTER:
        rows = _contacts(batch.selection).order_by("id")
        page = list((rows.filter(pk__gt=batch.position) if batch.position else rows)[:STEP])
        return [_of_contact(c) for c in page if _has_number(c, tally)], str(page[-1].pk) if page else "", len(page)
    start = int(batch.position or 0)
    ids = [uuid.UUID(pk) for pk in batch.selection["ids"][start : start + STEP]]
    found = _of_contacts(ids, tally) if batch.source == Source.CONTACTS else _of_leads(ids, tally)
    return found, str(start + len(ids)), len(ids)


def _contacts(selection: dict[str, Any]) -> Any:
    """The contacts that a filter of the contact list finds; raises InvalidInput for one that cannot be read."""
    data = QueryDict(mutable=True)
    for name, value in selection.items():
        if name not in ContactFilters.base_filters:  # type: ignore[attr-defined]
            raise InvalidInput("There is no such filter.", field=f"filter.{name[:40]}", field_code="unknown_field")
        values = value if isinstance(value, list) else [value]
        data.setlist(name, ["" if v is None else str(v).lower() if isinstance(v, bool) else str(v) for v in values])
    found: Any = ContactFilters(data, queryset=Contact.objects.all())  # type: ignore[no-untyped-call]
    if not found.is_valid():
        name, words = next(iter(found.errors.items()))
        raise InvalidInput(str(words[0]), field=f"filter.{name}")
    return found.qs.filter(deleted_at__isnull=True)


def _of_contacts(ids: list[uuid.UUID], tally: Tally) -> list[Person]:
    found = Contact.objects.active().in_bulk(ids)
    _refuse_missing(ids, found, "contact_id", tally)
    return [_of_contact(found[pk]) for pk in ids if pk in found and _has_number(found[pk], tally)]


def _of_leads(ids: list[uuid.UUID], tally: Tally) -> list[Person]:
    found = Lead.objects.active().select_related("contact").in_bulk(ids)
    _refuse_missing(ids, found, "lead_id", tally)
    people = []
    for pk in ids:
        lead = found.get(pk)
        number = (lead.phone_number or lead.contact.phone_number or "") if lead else ""
        if lead is None:
            continue
        if not number or lead.contact.deleted_at:
            tally.refuse("contact_deleted" if number else "no_phone_number", lead_id=str(pk))
            continue
        person = _of_contact(lead.contact)
        person.lead_id, person.number = lead.pk, number
        people.append(person)
    return people


def _of_contact(contact: Contact) -> Person:
    return Person(
        contact_id=contact.pk,
        number=contact.phone_number or "",
        first_name=contact.first_name,
        last_name=contact.last_name,
        timezone=contact.timezone,
    )


def _has_number(contact: Contact, tally: Tally) -> bool:
    if not contact.phone_number:
        tally.refuse("no_phone_number", words="There is no phone number.", contact_id=str(contact.pk))
    return bool(contact.phone_number)


def _refuse_missing(ids: list[uuid.UUID], found: Any, name: str, tally: Tally) -> None:
    for pk in ids:
        if pk not in found:
            tally.refuse("not_found", words="There is no such record.", **{name: str(pk)})
