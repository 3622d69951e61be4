"""What has happened in a campaign, exact at the moment of asking."""

from typing import Any

from campaigns import tallies
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
_HOURS_SHOWN = 48


def by_state(leads: dict[str, int]) -> dict[str, int]:
    """How many leads stand in each state; every state is named, those taken out are left out."""
    return {status: leads.get(status, 0) for status in CampaignLead.Status.values if status != "removed"}


def lead_counts(campaign: Campaign) -> dict[str, int]:
    """`by_state` of one campaign."""
    return by_state(tallies.leads_by_name([campaign.pk]).get(campaign.pk, {}))


def campaign_stats(campaign: Campaign) -> dict[str, Any]:
    """The statistics of the API: states of leads, outcomes, live calls, rates, minutes, cost, the last hours,
    and what limits the campaign now."""
    made = tallies.calls_of(campaign.pk)
    sums = made.sums()
    return {
        "campaign_id": campaign.pk,
        "job_status_counts": lead_counts(campaign),
        "calls_by_outcome": {outcome: made.n(outcome) for outcome in OUTCOMES},
        "in_flight": made.in_flight,
        "answer_rate": sums.answer_rate,
        "average_duration_seconds": sums.average_talk,
        "minutes": sums.minutes,
        "cost": f"{sums.cost:.4f}",
        "by_hour": calls_by_hour(campaign),
        "limited_by": limit.as_json() if (limit := limit_of(campaign)) else None,
    }


def calls_by_hour(campaign: Campaign) -> list[dict[str, Any]]:
    """Calls of the last hours in which any were made, oldest first."""
    found: list[dict[str, Any]] = []
    for hour, made in tallies.calls_by_hour(campaign.pk).items():
        sums = made.sums()
        if sums.ended and len(found) < _HOURS_SHOWN:
            counted = {"calls": sums.ended, "answered": sums.answered, "completed": made.n("completed")}
            found.append({"hour": utc_text(hour), **counted})
    return found[::-1]
