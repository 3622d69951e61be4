"""Before a start: how many can be called now, how many wait, how many must not be called and why."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from accounts.models import Tenant
from campaigns.call_history import calls
from campaigns.models import Campaign, CampaignLead
from campaigns.pace import SIMULATED, hours_of
from campaigns.schedule import INTENT_MARGIN, is_open, next_open, open_spans
from campaigns.stats import sum_calls
from campaigns.verdicts import judge_leads
from core.parsing import utc_text
from core.scope import current_tenant_id

DEFAULT_ANSWER_RATE = 0.35
DEFAULT_SECONDS_A_CALL = 45.0
DEFAULT_COST_A_MINUTE = Decimal("0.12")
OVERHEAD_SECONDS = 20
"""Ringing and clearing, for which a line is taken but nothing is billed."""
_LEARN_FROM = 50
_AT_ONCE = 5_000

_COUNT_SQL = """
WITH listed AS (
  SELECT s.phone_number FROM campaigns_suppression s
   WHERE s.tenant_id = %(tenant)s AND (s.campaign_id IS NULL OR s.campaign_id = %(campaign)s)),
people AS (
  SELECT cl.status, cl.zones, cl.next_attempt_at <= statement_timestamp() AS due, cl.status_reason,
    CASE
      WHEN cl.status = 'blocked' THEN cl.status_reason
      WHEN c.deleted_at IS NOT NULL OR l.deleted_at IS NOT NULL THEN 'contact_deleted'
      WHEN EXISTS (SELECT 1 FROM listed WHERE listed.phone_number = cl.phone_number) THEN 'do_not_call'
      WHEN %(needs_consent)s
        AND NOT EXISTS (SELECT 1 FROM campaigns_consent k WHERE k.tenant_id = %(tenant)s AND k.scope = 'ai_voice'
          AND k.revoked_at IS NULL AND k.given_at <= statement_timestamp() AND k.phone_number = cl.phone_number)
        AND NOT EXISTS (SELECT 1 FROM campaigns_consent k WHERE k.tenant_id = %(tenant)s AND k.scope = 'ai_voice'
          AND k.revoked_at IS NULL AND k.given_at <= statement_timestamp()
          AND k.phone_number = '' AND k.contact_id = cl.contact_id)
        THEN 'no_consent'
      ELSE '' END AS reason
    FROM campaigns_campaignlead cl
    JOIN contacts_contact c ON c.tenant_id = cl.tenant_id AND c.id = cl.contact_id
    JOIN leads_lead l ON l.tenant_id = cl.tenant_id AND l.id = cl.lead_id
   WHERE cl.tenant_id = %(tenant)s AND cl.campaign_id = %(campaign)s
     AND cl.status IN ('pending', 'retry_wait', 'callback', 'blocked'))
SELECT reason, zones, due OR status_reason = 'calling_hours', count(*) FROM people GROUP BY 1, 2, 3
"""


@dataclass(slots=True)
class Preflight:
    """The counts; `waiting_for` breaks `waiting` down, `next_opening` is when the first of them can be called."""

    callable_now: int = 0
    waiting: int = 0
    blocked: dict[str, int] = field(default_factory=dict)
    waiting_for: dict[str, int] = field(default_factory=dict)
    next_opening: datetime | None = None


def count_leads(campaign: Campaign, now: datetime) -> Preflight:
    """Sort every lead that is not finished into callable, waiting and blocked; exact at `now`.

    One grouped query, the hours once per set of zones, and the caps only for numbers called lately.
    """
    counts, hours = Preflight(), hours_of(campaign)
    for reason, zones, due, count in _groups(campaign):
        opens = next_open(hours, tuple(zones), now, INTENT_MARGIN)
        if reason or opens is None:
            rule = reason or "unsupported_region"
            counts.blocked[rule] = counts.blocked.get(rule, 0) + count
        elif not due:
            _wait(counts, "retry", count, None)
        elif not is_open(hours, tuple(zones), now, INTENT_MARGIN):
            _wait(counts, "calling_hours", count, opens)
        else:
            counts.callable_now += count
    _apply_caps(campaign, counts, now)
    return counts


def preflight(campaign: Campaign, now: datetime) -> dict[str, Any]:
    """The answer of the API: the counts and what the campaign will take."""
    counts = count_leads(campaign, now)
    return {
        "callable_now": counts.callable_now,
        "waiting": counts.waiting,
        "blocked": counts.blocked,
        "waiting_for": counts.waiting_for,
        "next_opening": utc_text(counts.next_opening),
        **_estimate(campaign, counts, now),
    }


def _groups(campaign: Campaign) -> list[tuple[str, list[str], bool, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT_SQL,
            {
                "tenant": current_tenant_id(),
                "campaign": campaign.pk,
                "needs_consent": campaign.consent_policy != Campaign.ConsentPolicy.WAIVED,
            },
        )
        return list(cursor.fetchall())


def _wait(counts: Preflight, why: str, count: int, opens: datetime | None) -> None:
    counts.waiting += count
    counts.waiting_for[why] = counts.waiting_for.get(why, 0) + count
    if opens is not None:
        counts.next_opening = min(counts.next_opening or opens, opens)


def _apply_caps(campaign: Campaign, counts: Preflight, now: datetime) -> None:
    """Move leads whose number has been called as often as allowed from callable to blocked."""
    recent = calls().filter(created_at__gt=now - timedelta(days=30)).exclude(dial_state="reserved")
    rows = CampaignLead.objects.filter(campaign=campaign, phone_number__in=recent.values("phone_number"))
    hours = hours_of(campaign)
    leads = list(rows.waiting().filter(next_attempt_at__lte=now).order_by("id"))
    for start in range(0, len(leads), _AT_ONCE):
        part = leads[start : start + _AT_ONCE]
        verdicts = judge_leads(campaign=campaign, leads=part, now=now)
        for lead in part:
            if verdicts[lead.pk].rule == "attempt_cap" and is_open(hours, tuple(lead.zones), now, INTENT_MARGIN):
                counts.callable_now -= 1
                counts.blocked["attempt_cap"] = counts.blocked.get("attempt_cap", 0) + 1


def _estimate(campaign: Campaign, counts: Preflight, now: datetime) -> dict[str, Any]:
    """What the calls will take, from the workspace's own last calls or, before there are any, from usual figures."""
    own = sum_calls(calls().filter(created_at__gt=now - timedelta(days=90)))
    known = own.ended >= _LEARN_FROM
    rate = own.answer_rate if known else DEFAULT_ANSWER_RATE
    seconds = own.seconds / own.ended if known else DEFAULT_SECONDS_A_CALL
    a_minute = own.cost / Decimal(own.minutes) if known and own.minutes else DEFAULT_COST_A_MINUTE
    people = counts.callable_now + counts.waiting
    tries = campaign.max_retries + 1 if campaign.retry_failed else 1
    missed = 1 - rate
    attempts = people * sum(missed**n for n in range(tries))
    minutes = attempts * seconds / 60
    lines = max(1, min(campaign.max_concurrent_calls, Tenant.objects.get().max_concurrent_calls))
    speed = max(settings.SIMULATOR_SPEED, 1.0) if campaign.provider == SIMULATED else 1.0
    work = timedelta(seconds=attempts * (seconds + OVERHEAD_SECONDS) / lines / speed)
    return {
        "estimated_calls": round(attempts),
        "estimated_conversations": round(people * (1 - missed**tries)),
        "estimated_minutes": math.ceil(minutes),
        "estimated_cost": f"{Decimal(minutes) * a_minute:.2f}",
        "estimated_finish": utc_text(_finish(campaign, counts, now, work)) if people else None,
        "estimate_from": "own_calls" if known else "usual_figures",
    }


def _finish(campaign: Campaign, counts: Preflight, now: datetime, work: timedelta) -> datetime:
    """When so much dialling is done within the calling hours, reckoned in the workspace's zone."""
    start = now if counts.callable_now or counts.next_opening is None else counts.next_opening
    hours, zone = hours_of(campaign), Tenant.objects.get().timezone
    for opens, closes in open_spans(hours, (zone,), start, start + timedelta(days=35)):
        if opens + work <= closes:
            return opens + work
        work -= closes - opens
    return start + timedelta(days=35)
