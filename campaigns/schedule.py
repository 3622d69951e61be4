"""Calling hours: may a person be called at this instant, and if not, when next.

Pure functions: the instant is always passed in, hours are wall-clock times in the person's own zone, and
whatever is unknown counts as closed. Law sets the outer bound; a campaign can only narrow it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from campaigns.regions import region_zones
from core.phones import time_zones

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EARLIEST, LATEST = 8 * 60, 21 * 60
"""Minutes of the local day outside which nobody is called, whatever a campaign says."""
INTENT_MARGIN: Final = timedelta(minutes=2)
"""A dial in the last minutes would ring after hours, so the check just before dialing looks ahead."""

_MAX_WINDOWS_A_DAY = 6
_HORIZON_DAYS = 35
_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)|24:00")

Window = tuple[int, int]
Span = tuple[datetime, datetime]


class InvalidRules(ValueError):
    """Settings that cannot be used; `errors` holds `{field, code, detail}` for each fault."""

    def __init__(self, errors: Iterable[dict[str, str]]) -> None:
        self.errors = list(errors)
        super().__init__(" ".join(error["detail"] for error in self.errors))


@dataclass(frozen=True, slots=True)
class Hours:
    """Weekly windows in minutes of the local day, Monday first; `always` is for simulated calls only."""

    days: tuple[tuple[Window, ...], ...]
    holidays: frozenset[date] = field(default_factory=frozenset)
    always: bool = False

    def windows_on(self, day: date) -> Iterator[Window]:
        """The windows of one local day, cut to the lawful bound."""
        if day in self.holidays:
            return
        for opens, closes in self.days[day.weekday()]:
            lawful = max(opens, EARLIEST), min(closes, LATEST)
            if lawful[0] < lawful[1]:
                yield lawful


ALWAYS: Final = Hours(days=((),) * 7, always=True)
DEFAULT_HOURS: Final = Hours(days=(((9 * 60, 20 * 60),),) * 5 + (((10 * 60, 17 * 60),), ()))
"""Monday to Friday 09:00-20:00, Saturday 10:00-17:00."""


@lru_cache(maxsize=1024)
def zone_info(name: str) -> ZoneInfo | None:
    """The zone of this name, or None when there is none (also for "", paths and other nonsense)."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def lead_zones(*, own: str = "", region: str = "", phone: str = "", tenant: str = "") -> tuple[str, ...]:
    """The zones in all of which a call must be lawful; () means unknown, and unknown is closed.

    The first that is known decides: the person's own zone, the region ("DE", "US-CA"), the number, the
    workspace. An own zone that does not exist is a mistake to be mended, not a reason to guess: closed. A
    country of many zones is narrowed to those that the number allows, if there are any.
    """
    if own:
        return (own,) if zone_info(own) else ()
    of_region = region_zones(region) if region else ()
    if len(of_region) == 1:
        return of_region
    of_phone = time_zones(phone) if phone else ()
    if of_region:
        both = tuple(zone for zone in of_region if zone in of_phone)
        return both or of_region
    if of_phone:
        return of_phone
    return (tenant,) if zone_info(tenant) else ()


def is_open(hours: Hours, zones: tuple[str, ...], at: datetime, margin: timedelta = timedelta(0)) -> bool:
    """Whether a call may start at `at` and would still be inside its window `margin` later."""
    if hours.always:
        return True
    if not zones:
        return False
    return all(_is_open_in(hours, name, at) and _is_open_in(hours, name, at + margin) for name in zones)


def next_open(
    hours: Hours, zones: tuple[str, ...], after: datetime, margin: timedelta = timedelta(0)
) -> datetime | None:
    """The first instant from `after` on at which `is_open` holds; None when there is none in five weeks.

    The answer depends on the zones only, so callers with many leads ask once per set of zones.
    """
    if hours.always:
        return after
    for opens, closes in open_spans(hours, zones, after, after + timedelta(days=_HORIZON_DAYS)):
        start = opens
        while start + margin < closes:
            if is_open(hours, zones, start, margin):
                return start
            start += timedelta(minutes=15)  # only a clock change inside a window gets here
    return None


def open_spans(hours: Hours, zones: tuple[str, ...], after: datetime, until: datetime) -> Iterator[Span]:
    """The stretches of time between two instants that are open in every zone, in order, in UTC."""
    if hours.always:
        yield after, until
        return
    pending: Span | None = None
    for span in _daily_spans(hours, zones, after, until):
        if pending and pending[1] == span[0]:  # an evening in America runs on over midnight in UTC
            pending = pending[0], span[1]
            continue
        if pending:
            yield pending
        pending = span
    if pending:
        yield pending


def parse_hours(raw: object, *, allow_always: bool) -> Hours:
    """Read `calling_hours` as the API takes them; None stands for the default window.

    Shape: `{"mon": [["09:00", "20:00"]], …, "holidays": ["2026-12-25"]}` or "always". A day left out is
    closed. Times beyond the lawful bound are kept as written and cut when used. Raises `InvalidRules`.
    """
    if raw is None:
        return DEFAULT_HOURS
    if raw == "always":
        if allow_always:
            return ALWAYS
        raise InvalidRules([_error("", "not_allowed", "Calling at any hour is allowed for simulated calls only.")])
    if not isinstance(raw, Mapping):
        raise InvalidRules([_error("", "invalid", 'Give the windows of each weekday, or "always".')])
    errors = [
        _error(str(key)[:20], "unknown_field", "Weekdays are mon, tue, wed, thu, fri, sat and sun.")
        for key in raw
        if key not in (*DAYS, "holidays")
    ]
    days = tuple(_parse_day(day, raw.get(day, []), errors) for day in DAYS)
    holidays = _parse_holidays(raw.get("holidays", []), errors)
    if not errors and not any(days):
        errors.append(_error("", "empty", "At least one weekday needs a window."))
    if errors:
        raise InvalidRules(errors)
    return Hours(days=days, holidays=holidays)


def hours_to_json(hours: Hours) -> str | dict[str, list[list[str]] | list[str]]:
    """The form that `parse_hours` reads, with only the days that have a window."""
    if hours.always:
        return "always"
    shown: dict[str, list[list[str]] | list[str]] = {
        name: [[_clock(opens), _clock(closes)] for opens, closes in windows]
        for name, windows in zip(DAYS, hours.days, strict=True)
        if windows
    }
    if hours.holidays:
        shown["holidays"] = sorted(day.isoformat() for day in hours.holidays)
    return shown


def _is_open_in(hours: Hours, name: str, at: datetime) -> bool:
    info = zone_info(name)
    if info is None:
        return False
    local = at.astimezone(info)
    minute = local.hour * 60 + local.minute
    return any(opens <= minute < closes for opens, closes in hours.windows_on(local.date()))


def _daily_spans(hours: Hours, zones: tuple[str, ...], after: datetime, until: datetime) -> Iterator[Span]:
    infos = [zone_info(name) for name in zones]
    day = after.astimezone(UTC).date()
    while infos and day <= until.astimezone(UTC).date():
        midnight = datetime.combine(day, time(), UTC)
        spans: list[Span] = [(max(after, midnight), min(until, midnight + timedelta(days=1)))]
        for info in infos:
            spans = _overlap(spans, _spans_in(hours, info, day)) if info else []
            if not spans:
                break
        yield from spans
        day += timedelta(days=1)


def _spans_in(hours: Hours, info: ZoneInfo, day: date) -> list[Span]:
    """One zone's windows that can touch the UTC day: those of the local day before, of it, and after."""
    spans = []
    for local_day in (day - timedelta(days=1), day, day + timedelta(days=1)):
        midnight = datetime.combine(local_day, time(), info)
        for opens, closes in hours.windows_on(local_day):
            # Wall-clock arithmetic on purpose: 09:00 stays 09:00 on the day the clocks change.
            start, end = midnight + timedelta(minutes=opens), midnight + timedelta(minutes=closes)
            spans.append((start.astimezone(UTC), end.astimezone(UTC)))
    return spans


def _overlap(first: list[Span], second: list[Span]) -> list[Span]:
    both = ((max(a[0], b[0]), min(a[1], b[1])) for a in first for b in second)
    return sorted(span for span in both if span[0] < span[1])


def _parse_day(day: str, raw: object, errors: list[dict[str, str]]) -> tuple[Window, ...]:
    if not isinstance(raw, list | tuple) or len(raw) > _MAX_WINDOWS_A_DAY:
        errors.append(_error(day, "invalid", f"Give up to {_MAX_WINDOWS_A_DAY} windows as a list."))
        return ()
    windows = []
    for position, pair in enumerate(raw):
        minutes = [_minutes(clock) for clock in pair] if isinstance(pair, list | tuple) else []
        if len(minutes) != 2 or minutes[0] is None or minutes[1] is None:
            errors.append(_error(f"{day}.{position}", "invalid", 'A window is ["09:00", "20:00"].'))
        elif minutes[0] >= minutes[1]:
            errors.append(_error(f"{day}.{position}", "invalid", "A window ends after it begins."))
        else:
            windows.append((minutes[0], minutes[1]))
    windows.sort()
    if any(later[0] < earlier[1] for earlier, later in pairwise(windows)):
        errors.append(_error(day, "overlap", "The windows of a day may not overlap."))
    return tuple(windows)


def _parse_holidays(raw: object, errors: list[dict[str, str]]) -> frozenset[date]:
    try:
        if not isinstance(raw, list | tuple) or len(raw) > 400:
            raise ValueError
        return frozenset(date.fromisoformat(day) for day in raw)
    except (TypeError, ValueError):
        errors.append(_error("holidays", "invalid", "Holidays are a list of dates like 2026-12-25."))
        return frozenset()


def _minutes(clock: object) -> int | None:
    match = _CLOCK.fullmatch(clock) if isinstance(clock, str) else None
    if match is None:
        return None
    return int(match[1]) * 60 + int(match[2]) if match[1] else 24 * 60


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _error(where: str, code: str, detail: str) -> dict[str, str]:
    name = f"calling_hours.{where}" if where else "calling_hours"
    return {"field": name, "code": code, "detail": detail}
