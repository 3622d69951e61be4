"""Putting many people into a campaign at once, by a handful of statements however many they are."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import connection

from accounts.models import Tenant
from campaigns.consents import record_consents_of_leads
from campaigns.models import Campaign, CampaignLead, Suppression
from campaigns.schedule import lead_zones
from contacts.models import Contact
from core.ids import uuid7
from core.phones import InvalidPhone, check_dialable, parse_phone
from core.scope import current_tenant_id
from leads.models import Lead

_OVER = (Lead.State.CONVERTED, Lead.State.LOST)

_INSERT = """
INSERT INTO campaigns_campaignlead (id, tenant_id, campaign_id, lead_id, contact_id, phone_number, first_name,
  last_name, custom_fields, zones, status, status_reason, priority, attempts, counted_attempts, provider_errors,
  last_outcome)
SELECT p.id, %(tenant)s, %(campaign)s, p.lead_id, p.contact_id, p.phone_number, p.first_name, p.last_name,
  p.custom_fields::jsonb, p.zones::varchar[], CASE WHEN p.listed THEN 'blocked' ELSE 'pending' END,
  CASE WHEN p.listed THEN 'do_not_call' ELSE '' END, 50, 0, 0, 0, ''
FROM unnest(%(ids)s::uuid[], %(lead_ids)s::uuid[], %(contact_ids)s::uuid[], %(numbers)s::text[],
  %(first_names)s::text[], %(last_names)s::text[], %(custom_fields)s::text[], %(zones)s::text[], %(listed)s::bool[])
  AS p(id, lead_id, contact_id, phone_number, first_name, last_name, custom_fields, zones, listed)
ON CONFLICT DO NOTHING
"""


@dataclass(slots=True)
class Person:
    """Someone to be called; `lead_id` None: an open lead of the contact is taken or made."""

    contact_id: uuid.UUID
    number: str
    lead_id: uuid.UUID | None = None
    first_name: str = ""
    last_name: str = ""
    timezone: str = ""
    custom_fields: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """What became of the people: added (of them `blocked` ones too), skipped as duplicates, refused; with reasons."""

    added: int = 0
    skipped: int = 0
    refused: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    samples: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, reason: str, *, words: str = "", **where: Any) -> None:
        """Count one that cannot be called, and keep it as a sample while there are few."""
        self.refused += 1
        self.reasons[reason] += 1
        if len(self.samples) < 100:
            self.samples.append({**where, "code": reason, "reason": words})

    def skip(self, count: int = 1) -> None:
        """Count those whose number is in the campaign already."""
        if count:
            self.skipped += count
            self.reasons["duplicate_phone"] += count


def check_numbers(people: Sequence[Person], tally: Tally) -> list[Person]:
    """Keep those whose number can be dialled, in E.164, each number once."""
    region = Tenant.objects.values_list("default_region", flat=True).get()
    kept: dict[str, Person] = {}
    for person in people:
        try:
            number = parse_phone(person.number, region=region)
            check_dialable(number)
        except InvalidPhone as error:
            tally.refuse(error.code, words=error.reason, contact_id=str(person.contact_id))
            continue
        person.number = number.e164
        if number.e164 in kept:
            tally.skip()
        else:
            kept[number.e164] = person
    return list(kept.values())


def insert_people(*, campaign: Campaign, people: Sequence[Person], tally: Tally) -> None:
    """Add people with checked numbers; numbers already in the campaign are skipped, listed ones are blocked.

    Runs in the caller's transaction: six statements for any number of people.
    """
    present = CampaignLead.objects.filter(campaign=campaign).present()
    numbers = [person.number for person in people]
    taken = set(present.filter(phone_number__in=numbers).values_list("phone_number", flat=True))
    fresh = [person for person in people if person.number not in taken]
    tally.skip(len(people) - len(fresh))
    if not fresh:
        return
    _find_leads(campaign, fresh)
    added = _insert_rows(campaign, fresh)
    tally.added += added
    record_consents_of_leads([person.lead_id for person in fresh if person.lead_id])
    tally.skip(len(fresh) - added)


def _insert_rows(campaign: Campaign, people: Sequence[Person]) -> int:
    numbers = [person.number for person in people]
    listed = Suppression.objects.for_numbers(numbers, campaign_id=campaign.pk)
    blocked = set(listed.values_list("phone_number", flat=True))
    home = Tenant.objects.values_list("timezone", flat=True).get()
    zones = [lead_zones(own=p.timezone, phone=p.number, tenant=home) for p in people]
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "tenant": current_tenant_id(),
                "campaign": campaign.pk,
                "ids": [uuid7() for _ in people],
                "lead_ids": [p.lead_id for p in people],
                "contact_ids": [p.contact_id for p in people],
                "numbers": numbers,
                "first_names": [p.first_name for p in people],
                "last_names": [p.last_name for p in people],
                "custom_fields": [orjson.dumps(p.custom_fields).decode() for p in people],
                "zones": ["{" + ",".join(names) + "}" for names in zones],
                "listed": [p.number in blocked for p in people],
            },
        )
        return int(cursor.rowcount)


def _find_leads(campaign: Campaign, people: Sequence[Person]) -> None:
    """Give each person a lead that is not in the campaign yet: the given one, the newest open one, or a new one."""
    contact_ids = [p.contact_id for p in people if p.lead_id is None]
    in_campaign = CampaignLead.objects.filter(campaign=campaign).present().values("lead_id")
    open_leads = Lead.objects.active().filter(contact_id__in=contact_ids).exclude(state__in=_OVER)
    rows = open_leads.exclude(pk__in=in_campaign).order_by("contact_id", "-created_at", "-id")
    newest = dict(rows.distinct("contact_id").values_list("contact_id", "pk"))
    missing = []
    for person in people:
        if person.lead_id is None:
            person.lead_id = newest.pop(person.contact_id, None)
        if person.lead_id is None:
            person.lead_id = uuid7()
            missing.append(person)
    _make_leads(missing)


def _make_leads(people: Sequence[Person]) -> None:
    contacts = Contact.objects.only("email", "company").in_bulk([p.contact_id for p in people])
    Lead.objects.bulk_create(
        [
            Lead(
                pk=p.lead_id,
                contact_id=p.contact_id,
                first_name=p.first_name,
                last_name=p.last_name,
                email=contacts[p.contact_id].email or "",
                company=contacts[p.contact_id].company,
                phone_number=p.number,
                source="campaign",
            )
            for p in people
        ],
        batch_size=2_000,
    )
