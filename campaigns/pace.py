"""Rules of one campaign as the pure modules take them, and how fast its time runs.

Calls over the simulated network live in simulated time: calls pass `SIMULATOR_SPEED` times as fast, and the
waits between them (retries, number caps, callbacks) 60 times faster still, so a demonstration shows in minutes
what takes days with people. At speed 1 everything takes its real time, as it always does with real providers.
"""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from accounts.models import Tenant
from campaigns.caps import CapDecision, Caps, PastCall, cap_allows, parse_caps
from campaigns.models import Campaign
from campaigns.retries import DEFAULT_MINUTES, Attempt, RetryDecision, RetryRules, next_attempt, parse_retry_rules
from campaigns.schedule import ALWAYS, Hours, next_open, parse_hours

SIMULATED = "simulated"
WAITS_FASTER = 60
"""By how much waits are shortened beyond the speed of calls."""


def speed_of(campaign: Campaign | None) -> float:
    """How many seconds of the rules pass in one real second."""
    return rule_speed(campaign.provider if campaign else SIMULATED)


def rule_speed(provider: str) -> float:
    """`speed_of` by the name of a provider."""
    if provider != SIMULATED or settings.SIMULATOR_SPEED <= 1:
        return 1.0
    return float(settings.SIMULATOR_SPEED * WAITS_FASTER)


def hours_of(campaign: Campaign) -> Hours:
    """The campaign's calling hours."""
    return parse_hours(campaign.calling_hours, allow_always=campaign.provider == SIMULATED)


def retry_rules_of(campaign: Campaign) -> RetryRules:
    """The campaign's retry rules."""
    return parse_retry_rules(
        campaign.retry_rules,
        simulated=campaign.provider == SIMULATED,
        max_retries=campaign.max_retries,
        retry_failed=campaign.retry_failed,
    )


def caps_of_workspace() -> Caps:
    """The workspace's caps on calls to one number."""
    return parse_caps(Tenant.objects.values_list("number_caps", flat=True).get())


def sets_own_pace(campaign: Campaign) -> bool:
    """Whether a simulated campaign calls again sooner than people may be called.

    Its own earlier calls then do not count towards the number caps, which would undo what its rules say;
    calls of other campaigns still do.
    """
    if campaign.provider != SIMULATED:
        return False
    return any(
        wait < DEFAULT_MINUTES[outcome][min(step, len(DEFAULT_MINUTES[outcome]) - 1)]
        for outcome, waits in campaign.retry_rules.items()
        for step, wait in enumerate(waits)
    )


def next_attempt_of(
    campaign: Campaign,
    *,
    outcome: str,
    history: Sequence[Attempt],
    now: datetime,
    zones: tuple[str, ...],
    callback_at: datetime | None = None,
) -> RetryDecision:
    """`retries.next_attempt` with the campaign's rules, hours and speed."""
    speed, hours, rules = speed_of(campaign), hours_of(campaign), retry_rules_of(campaign)
    if speed == 1 or callback_at is not None:
        return next_attempt(
            outcome=outcome, history=history, now=now, rules=rules, zones=zones, hours=hours, callback_at=callback_at
        )
    stretched = [Attempt(at=_stretch(a.at, now, speed), outcome=a.outcome) for a in history]
    decision = next_attempt(outcome=outcome, history=stretched, now=now, rules=rules, zones=zones, hours=ALWAYS)
    if decision.at is None:
        return decision
    at = now + (decision.at - now) / speed
    return RetryDecision(next_open(hours, zones, at) or at, decision.counts, decision.reason)


def cap_decision(
    campaign: Campaign | None,
    *,
    history: Sequence[PastCall],
    at: datetime,
    zones: tuple[str, ...],
    caps: Caps,
    kind: str = "",
) -> CapDecision:
    """`caps.cap_allows` at the campaign's speed (None: a manual call over the simulated network)."""
    speed = speed_of(campaign)
    if speed == 1:
        return cap_allows(history, at, zones, caps, kind=kind)
    stretched = [PastCall(at=_stretch(c.at, at, speed), outcome=c.outcome, kind=c.kind) for c in history]
    decision = cap_allows(stretched, at, zones, caps, kind=kind)
    if decision.next_time is None:
        return decision
    return CapDecision(decision.allowed, decision.reason, at + (decision.next_time - at) / speed)


def _stretch(moment: datetime, now: datetime, speed: float) -> datetime:
    """`moment` as far back as it lies in the rules' time."""
    return now - (now - moment) * speed
