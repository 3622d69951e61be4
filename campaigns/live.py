"""What the live page of a campaign shows: figures, funnel, who is on a line, outcomes by hour, spend."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from accounts.models import Tenant
from campaigns import tallies
from campaigns.call_history import calls
from campaigns.models import Campaign, CampaignLead
from campaigns.schedule import zone_info
from campaigns.stats import by_state
from campaigns.tallies import CallCounts, CallSums
from campaigns.tally_models import LeadReach
from leads.models import Lead

_WON = (Lead.State.QUALIFIED, Lead.State.CONVERTED)
_HOURS = 12


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One bar: how many, as a share of all, and as a share of the step before."""

    label: str
    value: int
    share: float
    percent: str
    tone: str = "blue"


@dataclass(frozen=True, slots=True)
class Live:
    """Everything the page draws, from seven queries however many leads and calls there are."""

    campaign: Campaign
    sums: CallSums
    today: int
    yesterday: int
    qualified: int
    counts: dict[str, int]
    funnel: list[FunnelStep]
    lines_taken: int
    on_line: list[Any]
    """The calls that have been on a line for longest, at most a dozen of `lines_taken`."""
    by_hour: list[Any]

    @property
    def total(self) -> int:
        """All leads that are in."""
        return sum(self.counts.values())

    @property
    def finished(self) -> int:
        """Leads nothing more happens with."""
        return sum(self.counts[state] for state in ("done", "blocked", "exhausted"))

    @property
    def today_delta(self) -> str:
        """Today against the same span of yesterday."""
        if not self.yesterday:
            return ""
        change = round(100 * (self.today - self.yesterday) / self.yesterday)
        return f"{change:+d}% vs yesterday"

    @property
    def cost_per_conversation(self) -> Decimal | None:
        """What a talk with a person has cost so far."""
        return self.sums.cost / self.sums.conversations if self.sums.conversations else None

    @property
    def cost_per_qualified(self) -> Decimal | None:
        """What a qualified lead has cost so far."""
        return self.sums.cost / self.qualified if self.qualified else None


def look_at(campaign: Campaign, now: datetime) -> Live:
    """How the campaign stands at `now`."""
    zone = zone_info(Tenant.objects.values_list("timezone", flat=True).get()) or UTC
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    yesterday = today - timedelta(days=1)
    leads = tallies.leads_by_name([campaign.pk]).get(campaign.pk, {})
    hours = tallies.calls_by_hour(campaign.pk, since=_hour_of(yesterday))
    counts, qualified = by_state(leads), qualified_leads(campaign).count()
    made = tallies.calls_of(campaign.pk)
    return Live(
        campaign=campaign,
        sums=made.sums(),
        today=_made(campaign, hours, today, now),
        yesterday=_made(campaign, hours, yesterday, now - timedelta(days=1)),
        qualified=qualified,
        counts=counts,
        funnel=_funnel(leads, sum(counts.values()), qualified),
        lines_taken=made.in_flight,
        on_line=list(_on_line(campaign)),
        by_hour=_by_hour(hours, now, zone),
    )


def _hour_of(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _made(campaign: Campaign, hours: dict[datetime, CallCounts], start: datetime, end: datetime) -> int:
    """Calls dialled from `start` to before `end`: whole hours from the counters, the ends from the calls."""
    first, last = _hour_of(start), _hour_of(end)
    if first < start:
        first += timedelta(hours=1)
    edges = [(start, end)] if last < first else [(start, first), (last, end)]
    whole = sum(made.ended + made.n("live") for hour, made in hours.items() if first <= hour < last)
    rows = calls().dialed().filter(campaign=campaign)
    return int(whole + sum(rows.filter(created_at__gte=a, created_at__lt=b).count() for a, b in edges if a < b))


def qualified_leads(campaign: Campaign) -> Any:
    """Those of the campaign whom it has reached and who are qualified or customers now."""
    reached = LeadReach.objects.filter(campaign_id=campaign.pk, answered__gt=0).values("campaign_lead_id")
    return CampaignLead.objects.filter(campaign=campaign, lead__state__in=_WON, pk__in=reached).present()


def _on_line(campaign: Campaign) -> Any:
    live = calls().live().filter(campaign=campaign).select_related("lead", "contact")
    return live.order_by("created_at")[:12]


def _funnel(leads: dict[str, int], total: int, qualified: int) -> list[FunnelStep]:
    rows = [
        ("Leads", total, "gray"),
        ("Dialed", leads.get("dialed", 0), "blue"),
        ("Answered", leads.get("answered", 0), "blue"),
        ("Conversation", leads.get("talked", 0), "blue"),
        ("Qualified", qualified, "green"),
    ]
    steps, before = [], 0
    for label, value, tone in rows:
        percent = f"{100 * value / before:.0f}%" if before and label != "Leads" else ""
        steps.append(FunnelStep(label, value, min(1.0, value / total) if total else 0.0, percent, tone))
        before = value
    return steps


def _by_hour(hours: dict[datetime, CallCounts], now: datetime, zone: tzinfo) -> list[Any]:
    """(hour, [(tone, calls)]) of the last hours: people reached in green, everything else in grey."""
    start = _hour_of(now) - timedelta(hours=_HOURS - 1)
    shown = []
    for hour in (start + timedelta(hours=n) for n in range(_HOURS)):
        sums = hours.get(hour, CallCounts([])).sums()
        parts = [("green", sums.answered), ("gray", sums.ended - sums.answered)]
        shown.append((f"{hour.astimezone(zone):%H:00}", parts))
    return shown
