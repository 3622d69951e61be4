"""The numbers calls are made from: how much each may be used, and which has room.

A simulated number has no name to lose, so the usual limits bind real networks only; limits set for a number
bind everywhere, in the simulator's faster time.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from accounts import audit
from accounts.models import Role
from accounts.permissions import require_role
from calls.models import Call, CallerNumber
from calls.querysets import LIVE
from campaigns.models import Campaign
from campaigns.pace import SIMULATED, rule_speed
from campaigns.suppressions import read_number
from core.problems import InvalidInput
from core.scope import current_tenant_id

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
_UPPER = {"calls_at_once": 1_000, "calls_per_hour": 10_000, "calls_per_day": 100_000}


@dataclass(frozen=True, slots=True)
class Limits:
    """The most calls of one number: on the line together, started in an hour, started in 24 hours."""

    at_once: int = 1
    per_hour: int = 20
    per_day: int = 100


NO_LIMITS = Limits(10**6, 10**6, 10**6)
OFF = Limits(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Use:
    """What a number has been used for: calls on the line, of the last hour, of the last 24 hours."""

    live: int = 0
    hour: int = 0
    day: int = 0

    def room(self, limits: Limits) -> int:
        """How many calls may start now."""
        return max(0, min(limits.at_once - self.live, limits.per_hour - self.hour, limits.per_day - self.day))


@dataclass(slots=True)
class Pool:
    """The numbers of a campaign with the calls each may start now."""

    rooms: dict[str, int]
    is_off: bool

    @property
    def free(self) -> int:
        """Calls that may start now, over all numbers."""
        return sum(self.rooms.values())

    def take(self, lead_id: uuid.UUID) -> str:
        """A number with room for one call, and the same as at earlier attempts of the lead whenever it has room."""
        numbers = list(self.rooms)
        usual = numbers[lead_id.int % len(numbers)]
        chosen = usual if self.rooms[usual] > 0 else max(numbers, key=lambda number: self.rooms[number])
        self.rooms[chosen] -= 1
        return chosen


def find_pool(campaign: Campaign) -> Pool | None:
    """The campaign's numbers and their room; None when it has none of its own. Exact under the claim's locks."""
    if not campaign.caller_ids:
        return None
    limits = limits_of(campaign.caller_ids, campaign.provider)
    used = use_of(campaign.caller_ids, campaign.provider)
    rooms = {number: used.get(number, Use()).room(limits[number]) for number in campaign.caller_ids}
    return Pool(rooms, is_off=all(limit.per_day == 0 or limit.at_once == 0 for limit in limits.values()))


def limits_of(numbers: Iterable[str], provider: str) -> dict[str, Limits]:
    """The limits in force for each number."""
    rows = {row.phone_number: row for row in CallerNumber.objects.filter(phone_number__in=list(numbers))}
    usual = NO_LIMITS if provider == SIMULATED else Limits()
    return {number: _limits(rows[number]) if number in rows else usual for number in numbers}


def _limits(row: CallerNumber) -> Limits:
    if not row.is_active:
        return OFF
    return Limits(row.calls_at_once, row.calls_per_hour, row.calls_per_day)


def use_of(numbers: Iterable[str], provider: str = "") -> dict[str, Use]:
    """What each number has been used for lately, over all campaigns; in one query."""
    speed = rule_speed(provider)
    values: dict[str, Any] = {
        "live": list(LIVE),
        "hour": HOUR / speed,
        "day": DAY / speed,
        "tenant": current_tenant_id(),
        "numbers": list(numbers),
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT caller_id, count(*) FILTER (WHERE dial_state = ANY(%(live)s)),"  # noqa: S608 - our table
            " count(*) FILTER (WHERE created_at > now() - %(hour)s),"
            " count(*) FILTER (WHERE created_at > now() - %(day)s)"
            f" FROM {Call._meta.db_table} WHERE tenant_id = %(tenant)s AND caller_id = ANY(%(numbers)s)"
            " AND caller_id <> '' AND (created_at > now() - %(day)s OR dial_state = ANY(%(live)s)) GROUP BY caller_id",
            values,
        )
        return {number: Use(live, hour, day) for number, live, hour, day in cursor.fetchall()}


def free_again_at(campaign: Campaign) -> dt.datetime | None:
    """When the first of the campaign's numbers may start a call again; None when a call on the line must end first."""
    speed, limits = rule_speed(campaign.provider), limits_of(campaign.caller_ids, campaign.provider)
    rows = Call.objects.filter(caller_id__in=campaign.caller_ids).order_by("-created_at")
    found = []
    for number, limit in limits.items():
        if limit.per_hour == 0 or limit.per_day == 0:
            continue
        made = list(rows.filter(caller_id=number).values_list("created_at", flat=True)[: limit.per_day])
        hour = made[limit.per_hour - 1] + HOUR / speed if len(made) >= limit.per_hour else None
        day = made[-1] + DAY / speed if len(made) >= limit.per_day else None
        found.append(max(filter(None, (hour, day)), default=None))
    times = [at for at in found if at is not None]
    return min(times) if times and len(times) == len(found) else None


@transaction.atomic
def set_limits(*, actor: Any, phone_number: str, **values: Any) -> CallerNumber:
    """Set how much a number may be used; from the next claim on. Raises InvalidInput naming the field."""
    require_role(actor, Role.MANAGER)
    number = read_number(phone_number)
    for name, upper in _UPPER.items():
        if name in values and not 0 <= values[name] <= upper:
            raise InvalidInput(f"Choose from 0 to {upper:,}.", field=name, field_code="out_of_range")
    row, _ = CallerNumber.objects.update_or_create(phone_number=number, defaults=values)
    audit.record(actor=actor, action="caller_number.limits_set", record=row, **values)
    return row  # type: ignore[no-any-return]


def numbers_in_use() -> list[dict[str, Any]]:
    """Every number with limits or in a campaign that can still dial: its row (or none), its use, its campaigns."""
    rows = {row.phone_number: row for row in CallerNumber.objects.all()}
    campaigns: dict[str, list[str]] = {}
    open_ones = Campaign.objects.present().exclude(status__in=("completed", "stopped", "failed")).exclude(caller_ids=[])
    for name, numbers in open_ones.values_list("name", "caller_ids"):
        for number in numbers:
            campaigns.setdefault(number, []).append(name)
    every = sorted({*rows, *campaigns})
    used = use_of(every)
    return [
        {"number": n, "row": rows.get(n), "use": used.get(n, Use()), "campaigns": campaigns.get(n, [])} for n in every
    ]
