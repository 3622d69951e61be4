"""What has happened in a campaign, exact at the moment of asking."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, Q, Sum
from django.db.models.functions import TruncHour

from campaigns.call_history import calls
from campaigns.limits import limit_of
from campaigns.models import Campaign, CampaignLead
from core.parsing import utc_text

OUTCOMES = (
    "completed",
    "no_answer",
    "busy",
    "rejected",
    "voicemail",
    "invalid_number",
    "failed",
    "cancelled",
    "opt_out",
)
ANSWERED = Q(answered_at__isnull=False) & Q(answered_by__in=("", "human", "unknown"))
TALKED = ANSWERED & Q(outcome="completed", duration_seconds__gte=10)
"""A conversation: a person answered and stayed for ten seconds at least."""
_HOURS_SHOWN = 48


@dataclass(frozen=True, slots=True)
class CallSums:
    """Totals over the ended calls of one campaign (or of everything); `seconds` of all, `talked` of answered ones."""

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


def sum_calls(rows: Any) -> CallSums:
    """Totals of a queryset of calls, in one query."""
    sums = rows.filter(dial_state="ended").aggregate(
        ended=Count("id", filter=~Q(outcome="cancelled")),
        answered=Count("id", filter=ANSWERED),
        conversations=Count("id", filter=TALKED),
        seconds=Sum("duration_seconds"),
        average_talk=Avg("duration_seconds", filter=ANSWERED),
        cost=Sum("cost"),
    )
    return CallSums(
        ended=sums["ended"],
        answered=sums["answered"],
        conversations=sums["conversations"],
        seconds=sums["seconds"] or 0,
        average_talk=round(float(sums["average_talk"] or 0), 2),
        cost=sums["cost"] or Decimal(0),
    )


def lead_counts(campaign: Campaign) -> dict[str, int]:
    """How many leads stand in each state; every state is named, those taken out are left out."""
    rows = CampaignLead.objects.filter(campaign=campaign).present().order_by()
    found = dict(rows.values_list("status").annotate(Count("id")))
    return {status: found.get(status, 0) for status in CampaignLead.Status.values if status != "removed"}


def campaign_stats(campaign: Campaign) -> dict[str, Any]:
    """The statistics of the API: states of leads, outcomes, live calls, rates, minutes, cost, the last hours,
    and what limits the campaign now."""
    rows = calls().filter(campaign=campaign).order_by()
    sums = sum_calls(rows)
    outcomes = dict(rows.filter(dial_state="ended").values_list("outcome").annotate(Count("id")))
    return {
        "campaign_id": campaign.pk,
        "job_status_counts": lead_counts(campaign),
        "calls_by_outcome": {outcome: outcomes.get(outcome, 0) for outcome in OUTCOMES},
        "in_flight": rows.exclude(dial_state="ended").count(),
        "answer_rate": sums.answer_rate,
        "average_duration_seconds": sums.average_talk,
        "minutes": sums.minutes,
        "cost": f"{sums.cost:.4f}",
        "by_hour": calls_by_hour(campaign),
        "limited_by": limit.as_json() if (limit := limit_of(campaign)) else None,
    }


def calls_by_hour(campaign: Campaign) -> list[dict[str, Any]]:
    """Calls of the last hours in which any were made, oldest first."""
    rows = calls().filter(campaign=campaign, dial_state="ended").exclude(outcome="cancelled").order_by()
    hours = rows.annotate(hour=TruncHour("created_at")).values("hour")
    counted = hours.annotate(
        calls=Count("id"), answered=Count("id", filter=ANSWERED), completed=Count("id", filter=Q(outcome="completed"))
    )
    newest = list(counted.order_by("-hour")[:_HOURS_SHOWN])
    return [{**row, "hour": utc_text(row["hour"])} for row in reversed(newest)]
