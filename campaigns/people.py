"""Putting many people into a campaign at once, by a handful of statements however many they are."""
# ruff: noqa: S608 - names of our own tables and columns

import json
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from accounts.models import Tenant
from campaigns.consents import record_consents_of_leads
from campaigns.models import Campaign, CampaignLead, Suppression
from campaigns.schedule import lead_zones
from core.ids import many_uuid7
from core.phones import InvalidPhone, check_dialable, parse_phone
from core.scope import current_tenant_id
from leads.models import Lead
from leads.staging import NewLead, insert_leads

_OVER = (Lead.State.CONVERTED, Lead.State.LOST)

_TABLE = "person_stage"
_STAGE = f"""
CREATE TEMPORARY TABLE IF NOT EXISTS {_TABLE} (
  tenant_id uuid, line int, id uuid, campaign_id uuid, lead_id uuid, contact_id uuid, phone_number text,
  first_name text, last_name text, custom_fields jsonb, zones varchar[], listed boolean) ON COMMIT DELETE ROWS;
TRUNCATE {_TABLE};
"""
_PLAIN = "id, tenant_id, campaign_id, lead_id, contact_id, phone_number, first_name, last_name, custom_fields, zones"
_INSERT = f"""
INSERT INTO campaigns_campaignlead ({_PLAIN}, status, status_reason, priority, attempts, counted_attempts,
  provider_errors, last_outcome)
SELECT {_PLAIN}, CASE WHEN listed THEN 'blocked' ELSE 'pending' END,
  CASE WHEN listed THEN 'do_not_call' ELSE '' END, 50, 0, 0, 0, ''
FROM {_TABLE} ORDER BY line
ON CONFLICT DO NOTHING
RETURNING phone_number, id
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


def numbers_in(campaign: Campaign, numbers: Sequence[str]) -> set[str]:
    """Those of the numbers that are in the campaign already."""
    if not numbers:
        return set()
    present = CampaignLead.objects.filter(campaign=campaign, phone_number__any_of=numbers).present()
    return set(present.values_list("phone_number", flat=True))


def insert_people(*, campaign: Campaign, people: Sequence[Person], tally: Tally) -> dict[str, uuid.UUID]:
    """Add people with checked numbers; numbers already in the campaign are skipped, listed ones are blocked.

    Returns number → campaign lead of those added. Runs in the caller's transaction: a dozen statements for any
    number of people.
    """
    taken = numbers_in(campaign, [person.number for person in people])
    fresh = [person for person in people if person.number not in taken]
    tally.skip(len(people) - len(fresh))
    if not fresh:
        return {}
    known = _find_leads(campaign, fresh)
    added = _insert_rows(campaign, fresh)
    tally.added += len(added)
    record_consents_of_leads(known)
    tally.skip(len(fresh) - len(added))
    return added


def _insert_rows(campaign: Campaign, people: Sequence[Person]) -> dict[str, uuid.UUID]:
    listed = Suppression.objects.for_numbers([p.number for p in people], campaign_id=campaign.pk)
    blocked = set(listed.values_list("phone_number", flat=True))
    home = Tenant.objects.values_list("timezone", flat=True).get()
    tenant_id = current_tenant_id()
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy(f"COPY {_TABLE} (line, {_PLAIN}, listed) FROM STDIN") as copy:
            for line, (person, pk) in enumerate(zip(people, many_uuid7(len(people)), strict=True)):
                zones = lead_zones(own=person.timezone, phone=person.number, tenant=home)
                custom = json.dumps(person.custom_fields) if person.custom_fields else "{}"
                keys = (tenant_id, campaign.pk, person.lead_id, person.contact_id)
                texts = (person.number, person.first_name, person.last_name, custom, "{" + ",".join(zones) + "}")
                copy.write_row((line, pk, *keys, *texts, person.number in blocked))
        cursor.execute(_INSERT)
        return dict(cursor.fetchall())


def _find_leads(campaign: Campaign, people: Sequence[Person]) -> list[uuid.UUID]:
    """Give each person a lead that is not in the campaign yet: the given one, the newest open one, or a new one.

    Returns the leads that were there before.
    """
    contact_ids = [p.contact_id for p in people if p.lead_id is None]
    in_campaign = CampaignLead.objects.filter(campaign=campaign).present().values("lead_id")
    open_leads = Lead.objects.active().filter(contact_id__any_of=contact_ids).exclude(state__in=_OVER)
    rows = open_leads.exclude(pk__in=in_campaign).order_by("contact_id", "-created_at", "-id")
    newest = dict(rows.distinct("contact_id").values_list("contact_id", "pk"))
    for person in people:
        if person.lead_id is None:
            person.lead_id = newest.pop(person.contact_id, None)
    known = [person.lead_id for person in people if person.lead_id]
    missing = [person for person in people if person.lead_id is None]
    for person, lead_id in zip(missing, many_uuid7(len(missing)), strict=True):
        person.lead_id = lead_id
    if missing:
        insert_leads([_new_lead(person, person.lead_id) for person in missing])
    return known


def _new_lead(person: Person, lead_id: Any) -> NewLead:
    return NewLead(
        id=lead_id,
        contact_id=person.contact_id,
        first_name=person.first_name,
        last_name=person.last_name,
        phone_number=person.number,
        source="campaign",
    )
