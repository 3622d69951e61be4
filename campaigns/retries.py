"""What follows from how a call ended: when the lead is tried again, or why never (pure).

Times are decided by rules that are data. Whether the number as such may ring at that time is asked
separately, of `campaigns.caps`, because other campaigns call it too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from campaigns.schedule import Hours, InvalidRules, is_open, next_open, zone_info

DEFAULT_MINUTES: Final[dict[str, tuple[float, ...]]] = {
    "busy": (15, 60),
    "no_answer": (240,),
    "rejected": (240,),
    "voicemail": (1_440,),
    "voicemail_message": (4_320,),
    "hung_up": (1_440,),
    "failed": (2, 10, 30),
}
"""Minutes to wait after the first, second, … call that ended so; the last value holds for all later ones.

`voicemail_message`: a message was left; `hung_up`: a person ended it within 10 s; `failed`: the provider.
"""
HUNG_UP_WITHIN: Final = timedelta(seconds=10)
MESSAGE_EVERY: Final = timedelta(days=7)
CALLBACK_TOLERANCE: Final = timedelta(minutes=15)
SAME_DAY_TRIES: Final = 2

_NEVER: Final[dict[str, str]] = {
    "completed": "answered",
    "not_interested": "not_interested",
    "opt_out": "do_not_call",
    "invalid_number": "invalid_number",
    "cancelled": "cancelled",
}
_SPREAD: Final = frozenset({"no_answer", "rejected"})
_PART_STARTS: Final = (0, 12, 17)  # morning, afternoon, evening: hours of the local day
_MAX_MINUTES = 30 * 24 * 60
_MAX_STEPS = 10


@dataclass(frozen=True, slots=True)
class RetryRules:
    """A campaign's rules: waiting times by outcome, and how many tries may follow the first."""

    minutes: Mapping[str, tuple[float, ...]] = field(default_factory=lambda: DEFAULT_MINUTES)
    max_retries: int = 3
    retry_failed: bool = True

    def waits(self, outcome: str) -> tuple[float, ...]:
        """The waiting times after this outcome; () means it is not tried again."""
        return self.minutes.get(outcome, DEFAULT_MINUTES.get(outcome, ()))


@dataclass(frozen=True, slots=True)
class Attempt:
    """One earlier call to the lead in this campaign, by how it ended."""

    at: datetime
    outcome: str


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """`at` None: no further call. `counts`: the call counts towards the number's caps. `reason`: a code."""

    at: datetime | None
    counts: bool
    reason: str


def next_attempt(
    *,
    outcome: str,
    history: Sequence[Attempt],
    now: datetime,
    rules: RetryRules,
    zones: tuple[str, ...],
    hours: Hours,
    callback_at: datetime | None = None,
) -> RetryDecision:
    """Decide what follows a call that ended at `now` with `outcome`.

    `history` holds every call placed for the lead in this campaign, the one just ended last; its length is
    held to `max_retries + 1` whatever the outcomes were, so nobody is rung more often than promised. An
    agreed callback is the one exception: it is the person's own wish.
    """
    counts = outcome not in {"failed", "callback", "cancelled"}
    if outcome == "callback" and callback_at is not None:
        return RetryDecision(_callback_time(callback_at, now, zones, hours), counts, "callback")
    final = _final_reason(outcome, history, rules)
    if final:
        return RetryDecision(None, counts, final)
    same = [attempt for attempt in history if attempt.outcome == outcome]
    waits = rules.waits(outcome)
    wait = waits[min(max(len(same), 1), len(waits)) - 1]
    earliest = now + timedelta(minutes=wait)
    if outcome in _SPREAD and not hours.always and wait >= DEFAULT_MINUTES[outcome][0]:
        spread = _other_part_of_day(earliest, same, now, zones, hours)
        return RetryDecision(spread, counts, f"retry_{outcome}")
    return RetryDecision(next_open(hours, zones, earliest) or earliest, counts, f"retry_{outcome}")


def _final_reason(outcome: str, history: Sequence[Attempt], rules: RetryRules) -> str:
    """Why this was the last call to the lead in this campaign; "" if it was not."""
    if outcome in _NEVER:
        return _NEVER[outcome]
    if not rules.waits(outcome):
        return "no_retry_rule"
    if not rules.retry_failed:
        return "retry_off"
    if len(history) > rules.max_retries:
        return "attempts_used_up"
    twice = sum(attempt.outcome == "hung_up" for attempt in history) > 1
    return "hung_up_twice" if outcome == "hung_up" and twice else ""


def may_leave_message(history: Sequence[Attempt], now: datetime) -> bool:
    """Whether voicemail may be spoken to: at most one message in seven days."""
    return not any(attempt.outcome == "voicemail_message" and attempt.at > now - MESSAGE_EVERY for attempt in history)


def parse_retry_rules(raw: object, *, simulated: bool, max_retries: int = 3, retry_failed: bool = True) -> RetryRules:
    """Read `retry_rules` as the API takes them: minutes per outcome, [] for "do not try again".

    Outside the simulator no wait may be shorter than the default. Raises `InvalidRules` naming each field.
    """
    if not isinstance(raw, Mapping):
        raise InvalidRules([_error("", "invalid", "Retry rules are an object of lists of minutes.")])
    errors: list[dict[str, str]] = []
    minutes = dict(DEFAULT_MINUTES)
    for outcome, waits in raw.items():
        fault = _fault(outcome, waits, simulated=simulated)
        if fault:
            errors.append(_error(str(outcome)[:40], *fault))
        else:
            minutes[outcome] = tuple(waits)
    if errors:
        raise InvalidRules(errors)
    return RetryRules(minutes=minutes, max_retries=max_retries, retry_failed=retry_failed)


def _fault(outcome: object, waits: object, *, simulated: bool) -> tuple[str, str] | None:
    if not isinstance(outcome, str) or outcome not in DEFAULT_MINUTES:
        return "unknown_field", f"Outcomes are {', '.join(DEFAULT_MINUTES)}."
    if not isinstance(waits, list | tuple) or len(waits) > _MAX_STEPS:
        return "invalid", f"Give up to {_MAX_STEPS} waiting times as a list of minutes."
    if not all(_is_minutes(wait) for wait in waits):
        return "invalid", f"A waiting time is a number of minutes from 0 to {_MAX_MINUTES}."
    shortest = DEFAULT_MINUTES[outcome]
    for step, wait in enumerate(waits):
        least = shortest[min(step, len(shortest) - 1)]
        if wait < least and not simulated:
            return "too_short", f"Real people are left alone for at least {least:g} minutes here."
    return None


def _is_minutes(wait: object) -> bool:
    if isinstance(wait, bool) or not isinstance(wait, int | float):
        return False
    return math.isfinite(wait) and 0 <= wait <= _MAX_MINUTES


def _callback_time(agreed: datetime, now: datetime, zones: tuple[str, ...], hours: Hours) -> datetime:
    """The agreed time, up to 15 minutes off if only that is lawful, else the first lawful time after it."""
    wanted = max(agreed, now)
    if is_open(hours, zones, wanted):
        return wanted
    before = wanted - CALLBACK_TOLERANCE
    opens = next_open(hours, zones, max(before, now))
    if opens is not None and opens < wanted:
        return opens
    return opens or wanted


def _other_part_of_day(
    earliest: datetime, same: Sequence[Attempt], now: datetime, zones: tuple[str, ...], hours: Hours
) -> datetime:
    """The first open time in another part of the person's day than the last try, at most two tries a day.

    Where the hours leave only one part of the day, the same part of another day must do.
    """
    info = next((known for known in map(zone_info, zones) if known), None)
    if info is None:
        return earliest
    last = (same[-1].at if same else now).astimezone(info)
    tries = [attempt.at.astimezone(info).date() for attempt in same] or [last.date()]
    fallback: datetime | None = None
    at = next_open(hours, zones, earliest)
    while at is not None and at < earliest + timedelta(days=8):
        local = at.astimezone(info)
        if tries.count(local.date()) < SAME_DAY_TRIES:
            if _part(local) != _part(last):
                return at
            if local.date() != last.date():
                fallback = fallback or at
        at = next_open(hours, zones, _next_part(local, info))
    return fallback or at or earliest


def _part(local: datetime) -> int:
    return sum(local.hour >= start for start in _PART_STARTS)


def _next_part(local: datetime, info: ZoneInfo) -> datetime:
    """The instant at which the next part of the day begins."""
    for start in _PART_STARTS:
        if start > local.hour:
            return local.replace(hour=start, minute=0, second=0, microsecond=0, fold=0)
    return datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), info)


def _error(outcome: str, code: str, detail: str) -> dict[str, str]:
    return {"field": f"retry_rules.{outcome}" if outcome else "retry_rules", "code": code, "detail": detail}
