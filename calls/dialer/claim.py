"""Step 1, claim: reserve as many due leads as may be called now, in one short transaction."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction

from calls.caller_numbers import Pool, find_pool
from calls.dialer import pacing, timing
from calls.models import Call
from calls.querysets import LIVE
from campaigns.models import Campaign, CampaignLead
from campaigns.verdicts import Verdict, apply_refusals, judge_leads
from core.ids import uuid7
from core.scope import current_tenant_id

MOST_AT_ONCE = 50
ROUNDS = 4
"""How often a claim looks for further candidates when those it found may not be called now."""
SAME_ZONES = 2_000
"""How many due leads of closed zones are put off in one claim."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The attempts reserved, and what allowed no more (see `pacing.Room`; `leads`: nobody else is due)."""

    call_ids: list[uuid.UUID]
    limit: str


@transaction.atomic
def claim_calls(*, campaign_id: uuid.UUID, most: int = MOST_AT_ONCE) -> Claim:
    """Reserve attempts for due leads of a running campaign.

    Locks the gates, shares the campaign row (so a pause waits for this commit), then locks the leads.
    Leads that may not be called now are blocked or put off with the reason. Nothing is dialled here.
    """
    campaign = _running(campaign_id)
    if campaign is None:
        return Claim([], "state")
    if not pacing.lock_gates(campaign):
        return Claim([], "busy")
    room = pacing.find_room(campaign)
    if room.free <= 0:
        return Claim([], room.limit)
    wanted = min(room.free, most)
    chosen = _choose(campaign, wanted)
    call_ids = _reserve(campaign, chosen, room.pool)
    pacing.take_tokens(campaign, len(call_ids))
    return Claim(call_ids, room.limit if len(chosen) >= wanted else "leads")


def _running(campaign_id: uuid.UUID) -> Campaign | None:
    found = Campaign.objects.raw(
        "SELECT * FROM campaigns_campaign WHERE tenant_id = %s AND id = %s AND status = 'running' FOR SHARE",
        [current_tenant_id(), campaign_id],
    )
    return next(iter(found), None)


def _choose(campaign: Campaign, wanted: int) -> list[CampaignLead]:
    """Lock due leads that may be called, first those with precedence; the rules deal with the others."""
    now = timing.database_now()
    chosen: list[CampaignLead] = []
    for _ in range(ROUNDS):
        due = CampaignLead.objects.filter(campaign=campaign).due().exclude(pk__in=[lead.pk for lead in chosen])
        found = list(due.select_for_update(of=("self",), skip_locked=True)[: wanted - len(chosen) + 10])
        verdicts = judge_leads(campaign=campaign, leads=found, now=now)
        apply_refusals(leads=found, verdicts=verdicts, now=now)
        _put_off_zones(campaign, found, verdicts)
        chosen += [lead for lead in found if verdicts[lead.pk].kind == "call"]
        if len(chosen) >= wanted or not found or len(chosen) == len(found):
            break
    return _one_per_number(chosen)[:wanted]


def _put_off_zones(campaign: Campaign, leads: list[CampaignLead], verdicts: dict[uuid.UUID, Verdict]) -> None:
    """Put off further due leads of zones found closed, so that a claim need not meet each of them."""
    closed = {
        tuple(lead.zones): verdicts[lead.pk].until
        for lead in leads
        if verdicts[lead.pk].rule == "calling_hours" and verdicts[lead.pk].until
    }
    for zones, until in closed.items():
        same = CampaignLead.objects.filter(campaign=campaign, zones=list(zones)).due()
        same = same.exclude(status="callback").select_for_update(of=("self",), skip_locked=True)
        ids = list(same.values_list("pk", flat=True)[:SAME_ZONES])
        rows = CampaignLead.objects.filter(pk__in=ids)
        rows.update(next_attempt_at=until, status_reason="calling_hours")


def _one_per_number(leads: list[CampaignLead]) -> list[CampaignLead]:
    """Leave out numbers that are on a line just now, for another campaign or by hand; put those off a little."""
    numbers = [lead.phone_number for lead in leads]
    busy = set(
        Call.objects.filter(phone_number__in=numbers, dial_state__in=LIVE).values_list("phone_number", flat=True)
    )
    _put_off([lead for lead in leads if lead.phone_number in busy])
    return [lead for lead in leads if lead.phone_number not in busy]


def _put_off(leads: list[CampaignLead]) -> None:
    if not leads:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_campaignlead SET status_reason = 'number_in_use',"
            " next_attempt_at = now() + make_interval(secs => %s) WHERE tenant_id = %s AND id = ANY(%s)",
            [timing.LEASE.total_seconds(), current_tenant_id(), [lead.pk for lead in leads]],
        )


def _reserve(campaign: Campaign, leads: list[CampaignLead], pool: Pool | None) -> list[uuid.UUID]:
    """Insert the attempts; lead by lead if another campaign takes one of the numbers at this very moment."""
    if not leads:
        return []
    try:
        with transaction.atomic():
            return _insert(campaign, leads, pool)
    except IntegrityError:
        reserved: list[uuid.UUID] = []
        pool = find_pool(campaign)  # what the batch took from it was rolled back
        for lead in leads:
            try:
                with transaction.atomic():
                    reserved += _insert(campaign, [lead], pool)
            except IntegrityError:
                _put_off([lead])
        return reserved


_RESERVE = """
WITH wanted AS (
  SELECT * FROM unnest(%(ids)s::uuid[], %(leads)s::uuid[], %(callers)s::text[], %(tokens)s::text[])
    AS w(id, lead, caller, token)
), queued AS (
  UPDATE campaigns_campaignlead l SET status = 'queued', status_reason = '', attempts = l.attempts + 1
  FROM wanted w, campaigns_campaignlead before
  WHERE l.tenant_id = %(tenant)s AND l.id = w.lead AND before.id = l.id
  RETURNING l.id, l.lead_id, l.contact_id, l.phone_number, l.attempts, before.status = 'callback' AS agreed
)
INSERT INTO calls_call (id, tenant_id, campaign_id, campaign_lead_id, lead_id, contact_id, attempt, phone_number,
  caller_id, provider, callback_token, dial_state, lease_until, status, outcome, outcome_detail, answered_by,
  disposition, summary, minutes_held, is_callback)
SELECT w.id, %(tenant)s, %(campaign)s, q.id, q.lead_id, q.contact_id, q.attempts, q.phone_number, w.caller,
  %(provider)s, w.token, 'reserved', now() + make_interval(secs => %(lease)s), 'initiated', '', '', '', '', '', 0,
  q.agreed
FROM wanted w JOIN queued q ON q.id = w.lead ORDER BY w.id
"""


def _insert(campaign: Campaign, leads: list[CampaignLead], pool: Pool | None) -> list[uuid.UUID]:
    """Queue the leads (locked) and insert their attempts, in one statement; the ids of the attempts."""
    ids = [uuid7() for _ in leads]
    values: dict[str, Any] = {
        "ids": ids,
        "leads": [lead.pk for lead in leads],
        "callers": [pool.take(lead.pk) if pool else "" for lead in leads],
        "tokens": [secrets.token_urlsafe(24) for _ in leads],
        "tenant": current_tenant_id(),
        "campaign": campaign.pk,
        "provider": campaign.provider,
        "lease": timing.LEASE.total_seconds(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, values)
    return ids
