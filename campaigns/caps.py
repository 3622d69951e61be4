"""How often one number may be called, over all campaigns and manual calls together (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from campaigns.schedule import InvalidRules, zone_info

CALLBACK: Final = "callback"
"""The kind of a call the person asked for; it is held back by no cap and counts towards none."""

_DAY = timedelta(hours=24)
_MONTH = timedelta(days=30)
_UPPER: Final = {"per_day": 1_000, "per_24h": 1_000, "per_30_days": 10_000, "min_gap_minutes": 10_080}


@dataclass(frozen=True, slots=True)
class Caps:
    """The most calls to one number; `per_day` is the local calendar day, the others roll."""

    per_day: int = 2
    per_24h: int = 3
    per_30_days: int = 8
    min_gap_minutes: int = 120


@dataclass(frozen=True, slots=True)
class PastCall:
    """One earlier or running call to the number; `outcome` is "" while it runs."""

    at: datetime
    outcome: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class CapDecision:
    """Whether a call may be made; if not, which cap says no, its value, and when all caps allow it."""

    allowed: bool
    reason: str = ""
    next_time: datetime | None = None


def cap_allows(
    history: Iterable[PastCall], now: datetime, zones: tuple[str, ...], caps: Caps, *, kind: str = ""
) -> CapDecision:
    """Judge one more call to a number whose calls of the last 30 days are `history`.

    A busy line disturbed nobody and counts towards the rolling 24 hours only; an agreed callback and a
    provider's own failure count towards nothing. The reason is the name of the cap, as in `Caps`.
    """
    if kind == CALLBACK:
        return CapDecision(allowed=True)
    rings = [call for call in history if call.kind != CALLBACK and call.outcome != "failed"]
    every = sorted(call.at for call in rings)
    heard = sorted(call.at for call in rings if call.outcome != "busy")
    infos = [info for info in map(zone_info, zones) if info] or [ZoneInfo("UTC")]
    at, first_reason = now, ""
    for _ in range(len(every) * 4 + 1):  # each round lets at least one earlier call fall out of a cap
        reason, later = _violation(every, heard, at, infos, caps)
        if not reason:
            break
        first_reason = first_reason or reason
        at = later
    if not first_reason:
        return CapDecision(allowed=True)
    return CapDecision(allowed=False, reason=first_reason, next_time=at)


def parse_caps(raw: object, *, base: Caps | None = None) -> Caps:
    """Read `number_caps` as the API takes them; what is left out keeps the value of `base`.

    Raises `InvalidRules` with a fault for each field.
    """
    caps = asdict(base or Caps())
    if not isinstance(raw, Mapping):
        raise InvalidRules([_error("", "invalid", "Number caps are an object.")])
    errors = []
    for name, value in raw.items():
        lowest = 0 if name == "min_gap_minutes" else 1
        if name not in _UPPER:
            errors.append(_error(str(name)[:40], "unknown_field", "There is no such cap."))
        elif not isinstance(value, int) or isinstance(value, bool):
            errors.append(_error(name, "invalid", "A cap is a whole number."))
        elif not lowest <= value <= _UPPER[name]:
            errors.append(_error(name, "out_of_range", f"Choose from {lowest} to {_UPPER[name]}."))
        else:
            caps[name] = value
    if errors:
        raise InvalidRules(errors)
    return Caps(**caps)


def loosened_caps(caps: Caps, *, than: Caps | None = None) -> list[str]:
    """The names of the caps that let through more calls than `than` (the defaults): these need a reason."""
    old, new = asdict(than or Caps()), asdict(caps)
    return [name for name in old if (new[name] < old[name] if name == "min_gap_minutes" else new[name] > old[name])]


def _violation(
    every: Sequence[datetime], heard: Sequence[datetime], at: datetime, infos: Sequence[ZoneInfo], caps: Caps
) -> tuple[str, datetime]:
    """The first cap that forbids a call at `at`, and the instant at which that cap alone lets go."""
    gap = timedelta(minutes=caps.min_gap_minutes)
    if heard and at < heard[-1] + gap:
        return "min_gap_minutes", heard[-1] + gap
    for info in infos:
        today = at.astimezone(info).date()
        if sum(call.astimezone(info).date() == today for call in heard) >= caps.per_day:
            midnight = datetime.combine(today + timedelta(days=1), datetime.min.time(), info)
            return "per_day", midnight.astimezone(UTC)
    for name, calls, limit, span in (
        ("per_24h", every, caps.per_24h, _DAY),
        ("per_30_days", heard, caps.per_30_days, _MONTH),
    ):
        recent = [call for call in calls if call > at - span]
        if len(recent) >= limit:
            return name, recent[-limit] + span
    return "", at


def _error(name: str, code: str, detail: str) -> dict[str, str]:
    return {"field": f"number_caps.{name}" if name else "number_caps", "code": code, "detail": detail}
