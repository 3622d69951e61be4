"""Reading the counters of campaigns (see `campaigns.tally_models`): exact, whatever the size."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Sum

from campaigns.states import WAITING
from campaigns.tally_models import CallTally, LeadTally

NOT_ENDED = ("reserved", "live")
_SUMMED = ("n", "answered", "conversations", "timed", "seconds", "talked_seconds", "cost")


@dataclass(frozen=True, slots=True)
class CallSums:
    """Totals over ended calls; `seconds` of all, `average_talk` of answered ones; a cancelled call counts as none."""

    ended: int = 0
    answered: int = 0
    conversations: int = 0
    seconds: int = 0
    average_talk: float = 0.0
    cost: Decimal = Decimal(0)

    @property
    def answer_rate(self) -> float:
        """The share of ended calls that a person answered, 0 to 1."""
        return round(self.answered / self.ended, 4) if self.ended else 0.0

    @property
    def minutes(self) -> float:
        """Talking time of all calls."""
        return round(self.seconds / 60, 2)


class CallCounts:
    """The calls of something, by state."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._by_state = {row["state"]: {name: row[f"sum_{name}"] for name in _SUMMED} for row in rows}

    def n(self, *states: str) -> int:
        """How many calls stand in one of the states."""
        return sum(self._by_state[state]["n"] for state in states if state in self._by_state)

    @property
    def in_flight(self) -> int:
        """Calls that have not ended, reservations included."""
        return self.n(*NOT_ENDED)

    @property
    def ended(self) -> int:
        """Calls that have ended, cancelled ones included."""
        return self.n(*self._by_state) - self.in_flight

    def total(self, name: str) -> Any:
        """A sum over the calls of all states."""
        return sum(row[name] for row in self._by_state.values())

    def sums(self) -> CallSums:
        """The totals of the ended ones."""
        over = [row for state, row in self._by_state.items() if state not in NOT_ENDED]
        total = {name: sum(row[name] for row in over) for name in _SUMMED}
        return CallSums(
            ended=total["n"] - self.n("cancelled"),
            answered=total["answered"],
            conversations=total["conversations"],
            seconds=total["seconds"],
            average_talk=round(total["talked_seconds"] / total["timed"], 2) if total["timed"] else 0.0,
            cost=Decimal(total["cost"]),
        )


def leads_by_name(campaign_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[str, int]]:
    """How many leads of each campaign stand in each state, and how many it has reached (`LeadTally.Step`)."""
    rows = LeadTally.objects.filter(campaign_id__in=list(campaign_ids)).order_by().values_list("campaign_id", "name")
    found: dict[uuid.UUID, dict[str, int]] = {}
    for campaign_id, name, n in rows.annotate(sum_n=Sum("n")):
        found.setdefault(campaign_id, {})[name] = n
    return found


def leads_waiting(campaign_id: uuid.UUID) -> int:
    """How many leads of a campaign a call may still be made for."""
    rows = LeadTally.objects.filter(campaign_id=campaign_id, name__in=WAITING)
    return int(rows.aggregate(n=Sum("n"))["n"] or 0)


def reasons_of(campaign_id: uuid.UUID) -> list[tuple[str, int]]:
    """The reasons that stand beside states, with how many leads each, most first."""
    rows = LeadTally.objects.filter(campaign_id=campaign_id).exclude(reason="").exclude(name="removed")
    counted = rows.order_by().values_list("reason").annotate(sum_n=Sum("n")).filter(sum_n__gt=0)
    return list(counted.order_by("-sum_n", "reason")[:20])


def calls_by_campaign(campaign_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, CallCounts]:
    """The calls of each campaign, by state; campaigns without calls are left out."""
    rows = _summed(CallTally.objects.filter(campaign_id__in=list(campaign_ids)), "campaign_id", "state")
    found: dict[uuid.UUID, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["campaign_id"], []).append(row)
    return {campaign_id: CallCounts(group) for campaign_id, group in found.items()}


def calls_of(campaign_id: uuid.UUID) -> CallCounts:
    """The calls of one campaign, by state."""
    return CallCounts(_summed(CallTally.objects.filter(campaign_id=campaign_id), "state"))


def calls_since(at: datetime) -> CallCounts:
    """The calls of all campaigns since the hour of `at`, by state."""
    return CallCounts(
        _summed(CallTally.objects.filter(hour__gte=at.replace(minute=0, second=0, microsecond=0)), "state")
    )


def calls_by_hour(campaign_id: uuid.UUID, since: datetime | None = None) -> dict[datetime, CallCounts]:
    """The calls of a campaign by the hour (UTC) they were made in, newest first."""
    rows = CallTally.objects.filter(campaign_id=campaign_id)
    if since is not None:
        rows = rows.filter(hour__gte=since)
    found: dict[datetime, list[Mapping[str, Any]]] = {}
    for row in _summed(rows, "hour", "state").order_by("-hour"):
        found.setdefault(row["hour"], []).append(row)
    return {hour: CallCounts(group) for hour, group in found.items()}


def _summed(rows: Any, *keys: str) -> Any:
    return rows.values(*keys).annotate(**{f"sum_{name}": Sum(name) for name in _SUMMED})


def fold() -> int:
    """Make one row of all rows of a key, in every workspace; how many rows were written. Figures stay as they are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT fold_campaign_tallies()")
        return int(cursor.fetchone()[0])
