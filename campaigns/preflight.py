"""Before a start: how many can be called now, how many wait, how many must not be called and why."""

import math
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Now

from accounts.models import Tenant
from campaigns.call_history import calls
from campaigns.compliance import has_consent
from campaigns.models import Campaign, CampaignLead, Suppression
from campaigns.pace import SIMULATED, hours_of
from campaigns.querysets import PERSON_GONE
from campaigns.schedule import INTENT_MARGIN, is_open, next_open, open_spans
from campaigns.states import WAITING
from campaigns.tallies import calls_since
from campaigns.verdicts import judge_leads
from campaigns.warm_paths import held_leads
from core.parsing import utc_text

DEFAULT_ANSWER_RATE = 0.35
DEFAULT_SECONDS_A_CALL = 45.0
DEFAULT_COST_A_MINUTE = Decimal("0.12")
OVERHEAD_SECONDS = 20
"""Ringing and clearing, for which a line is taken but nothing is billed."""
_LEARN_FROM = 50
_AT_ONCE = 5_000


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

    One grouped query, the hours once per set of zones, the caps only for numbers called lately, and the warm
    paths at once.
    """
    counts, hours = Preflight(), hours_of(campaign)
    for reason, zones, later, count in _groups(campaign):
        opens = next_open(hours, tuple(zones), now, INTENT_MARGIN)
        if reason or opens is None:
            rule = reason or "unsupported_region"
            counts.blocked[rule] = counts.blocked.get(rule, 0) + count
        elif later:
            _wait(counts, later, count, None)
        elif not is_open(hours, tuple(zones), now, INTENT_MARGIN):
            _wait(counts, "calling_hours", count, opens)
        else:
            counts.callable_now += count
    capped = _capped(campaign, now)
    if capped:
        counts.callable_now -= len(capped)
        counts.blocked["attempt_cap"] = counts.blocked.get("attempt_cap", 0) + len(capped)
    if held := _held(campaign, capped, now):
        counts.callable_now -= len(held)
        _wait(counts, "warm_path_hold", len(held), None)
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


def judged(campaign: Campaign) -> Any:
    """The leads that are not finished, each with `reason` (why it must not be called) and `later` (what it waits for).

    Both are "" when there is nothing of the kind; the calling hours are not asked here.
    """
    rows = CampaignLead.objects.filter(campaign=campaign, status__in=(*WAITING, CampaignLead.Status.BLOCKED))
    rules = [
        When(status="blocked", then=F("status_reason")),
        When(PERSON_GONE, then=Value("contact_deleted")),
        When(_listed(campaign), then=Value("do_not_call")),
    ]
    if campaign.consent_policy != Campaign.ConsentPolicy.WAIVED:
        rules.append(When(~has_consent(), then=Value("no_consent")))
    waits = [
        When(_PUT_OFF & Q(status_reason="warm_path_hold"), then=Value("warm_path_hold")),
        When(_PUT_OFF, then=Value("retry")),
    ]
    return rows.annotate(reason=Case(*rules, default=Value("")), later=Case(*waits, default=Value(""))).order_by()


_PUT_OFF = Q(next_attempt_at__gt=Now()) & ~Q(status_reason="calling_hours")
_NOT_PUT_OFF = Q(next_attempt_at__lte=Now()) | Q(status_reason="calling_hours")


def _listed(campaign: Campaign) -> Exists:
    listed = Suppression.objects.filter(Q(campaign__isnull=True) | Q(campaign=campaign))
    return Exists(listed.filter(phone_number=OuterRef("phone_number")))


def _free(campaign: Campaign) -> Q:
    """What `reason=""` says, as conditions whose share PostgreSQL can estimate: a list's page then reads its rows
    in their order and stops, instead of judging a million leads for fifty."""
    here = Q(contact__deleted_at__isnull=True) & Q(lead__deleted_at__isnull=True)
    free = Q(status__in=WAITING) & here & ~Q(_listed(campaign))
    return free if campaign.consent_policy == Campaign.ConsentPolicy.WAIVED else free & has_consent()


def leads_in_group(campaign: Campaign, group: str, now: datetime) -> Any:
    """The campaign leads behind one number of the pre-flight: `callable`, `waiting`, `blocked`, or a reason's name."""
    rows = judged(campaign)
    capped = _capped(campaign, now)
    if group == "attempt_cap":
        return rows.filter(pk__in=capped)
    held = _held(campaign, capped, now)
    hours = hours_of(campaign)
    zones = [names for (names,) in rows.order_by().values_list("zones").distinct()]
    never = [names for names in zones if next_open(hours, tuple(names), now, INTENT_MARGIN) is None]
    is_now = [names for names in zones if is_open(hours, tuple(names), now, INTENT_MARGIN)]
    if group == "unsupported_region":
        return rows.filter(Q(reason=group) | Q(reason="", zones__in=never))
    if group == "blocked":
        return rows.filter(~Q(reason="") | Q(zones__in=never) | Q(pk__in=capped))
    free = rows.filter(_free(campaign)).exclude(zones__in=never)
    if group == "callable":
        return free.filter(_NOT_PUT_OFF, zones__in=is_now).exclude(pk__in=[*capped, *held])
    retry = _PUT_OFF & ~Q(status_reason="warm_path_hold")
    closed = _NOT_PUT_OFF & ~Q(zones__in=is_now)
    warm = (_PUT_OFF & Q(status_reason="warm_path_hold")) | Q(pk__in=held)
    waits = {"retry": retry, "calling_hours": closed, "warm_path_hold": warm, "waiting": retry | closed | warm}
    if group == "warm_path_hold" and not campaign.warm_path_hold:
        return rows.filter(reason=group)
    return free.filter(waits[group]) if group in waits else rows.filter(reason=group)


def _groups(campaign: Campaign) -> list[tuple[str, list[str], str, int]]:
    return list(judged(campaign).values_list("reason", "zones", "later").annotate(n=Count("id")))


def _wait(counts: Preflight, why: str, count: int, opens: datetime | None) -> None:
    counts.waiting += count
    counts.waiting_for[why] = counts.waiting_for.get(why, 0) + count
    if opens is not None:
        counts.next_opening = min(counts.next_opening or opens, opens)


def _held(campaign: Campaign, capped: list[uuid.UUID], now: datetime) -> list[uuid.UUID]:
    """Leads that would be called now if a customer could not introduce us."""
    if not campaign.warm_path_hold:
        return []
    hours = hours_of(campaign)
    rows = judged(campaign).filter(reason="", later="", attempts=0).exclude(pk__in=capped)
    rows = rows.only("pk", "contact_id", "zones", "attempts").order_by("id")
    leads = [lead for lead in rows if is_open(hours, tuple(lead.zones), now, INTENT_MARGIN)]
    return [
        pk
        for start in range(0, len(leads), _AT_ONCE)
        for pk, hold in held_leads(campaign, leads[start : start + _AT_ONCE], now).items()
        if not hold.made
    ]


def _capped(campaign: Campaign, now: datetime) -> list[uuid.UUID]:
    """Leads that would be called now if their number had not been called as often as allowed."""
    recent = calls().filter(created_at__gt=now - timedelta(days=30)).exclude(dial_state="reserved")
    rows = CampaignLead.objects.filter(campaign=campaign, phone_number__in=recent.values("phone_number"))
    leads = list(rows.waiting().filter(next_attempt_at__lte=now).order_by("id"))
    hours, found = hours_of(campaign), []
    for start in range(0, len(leads), _AT_ONCE):
        part = leads[start : start + _AT_ONCE]
        verdicts = judge_leads(campaign=campaign, leads=part, now=now)
        found += [
            lead.pk
            for lead in part
            if verdicts[lead.pk].rule == "attempt_cap" and is_open(hours, tuple(lead.zones), now, INTENT_MARGIN)
        ]
    return found


def _estimate(campaign: Campaign, counts: Preflight, now: datetime) -> dict[str, Any]:
    """What the calls will take, from the workspace's own last calls or, before there are any, from usual figures."""
    own = calls_since(now - timedelta(days=90)).sums()
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
