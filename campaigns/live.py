"""What the live page of a campaign shows: figures, funnel, who is on a line, outcomes by hour, spend."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum

from accounts.models import Tenant
from campaigns.call_history import calls
from campaigns.models import Campaign, CampaignLead
from campaigns.schedule import zone_info
from campaigns.stats import ANSWERED, TALKED, CallSums, lead_counts, sum_calls
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
    """Everything the page draws, from nine queries."""

    campaign: Campaign
    sums: CallSums
    today: int
    yesterday: int
    qualified: int
    counts: dict[str, int]
    funnel: list[FunnelStep]
    on_line: list[Any]
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
    made = calls().filter(campaign=campaign).order_by()
    sums, counts = sum_calls(made), lead_counts(campaign)
    today = _start_of_day(now)
    per_day = made.exclude(dial_state="reserved").aggregate(
        today=Count("id", filter=Q(created_at__gte=today)),
        yesterday=Count(
            "id", filter=Q(created_at__gte=today - timedelta(days=1), created_at__lt=now - timedelta(days=1))
        ),
    )
    qualified = qualified_leads(campaign).count()
    return Live(
        campaign=campaign,
        sums=sums,
        today=per_day["today"],
        yesterday=per_day["yesterday"],
        qualified=qualified,
        counts=counts,
        funnel=_funnel(made, counts, qualified),
        on_line=list(_on_line(campaign)),
        by_hour=_by_hour(made, now),
    )


def qualified_leads(campaign: Campaign) -> Any:
    """Those of the campaign whom it has reached and who are qualified or customers now."""
    reached = calls().filter(ANSWERED, campaign=campaign, campaign_lead=OuterRef("pk"))
    rows = CampaignLead.objects.filter(campaign=campaign, lead__state__in=_WON).present()
    return rows.filter(Exists(reached))


def spend_of(campaign: Campaign) -> Decimal:
    """What the calls of a campaign have cost so far."""
    return calls().filter(campaign=campaign).aggregate(cost=Sum("cost"))["cost"] or Decimal(0)


def _start_of_day(now: datetime) -> datetime:
    zone = zone_info(Tenant.objects.values_list("timezone", flat=True).get())
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _on_line(campaign: Campaign) -> Any:
    live = calls().filter(campaign=campaign).exclude(dial_state="ended").select_related("lead", "contact")
    return live.order_by("created_at")[:12]


def _funnel(made: Any, counts: dict[str, int], qualified: int) -> list[FunnelStep]:
    reached = made.aggregate(
        dialed=Count("campaign_lead", distinct=True, filter=~Q(dial_state="reserved")),
        answered=Count("campaign_lead", distinct=True, filter=ANSWERED),
        talked=Count("campaign_lead", distinct=True, filter=TALKED),
    )
    total = sum(counts.values())
    rows = [
        ("Leads", total, "gray"),
        ("Dialed", reached["dialed"], "blue"),
        ("Answered", reached["answered"], "blue"),
        ("Conversation", reached["talked"], "blue"),
        ("Qualified", qualified, "green"),
    ]
    steps, before = [], 0
    for label, value, tone in rows:
        percent = f"{100 * value / before:.0f}%" if before and label != "Leads" else ""
        steps.append(FunnelStep(label, value, min(1.0, value / total) if total else 0.0, percent, tone))
        before = value
    return steps


def _by_hour(made: Any, now: datetime) -> list[Any]:
    """(hour, [(tone, calls)]) of the last hours: people reached in green, everything else in grey."""
    zone = zone_info(Tenant.objects.values_list("timezone", flat=True).get())
    start = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=_HOURS - 1)
    spans = [(start + timedelta(hours=n), start + timedelta(hours=n + 1)) for n in range(_HOURS)]
    ended = made.filter(created_at__gte=start, dial_state="ended").exclude(outcome="cancelled")
    fields = {}
    for n, (opens, closes) in enumerate(spans):
        within = Q(created_at__gte=opens, created_at__lt=closes)
        fields[f"answered_{n}"] = Count("id", filter=within & ANSWERED)
        fields[f"all_{n}"] = Count("id", filter=within)
    found = ended.aggregate(**fields)
    return [
        (
            f"{opens.astimezone(zone):%H:00}",
            [("green", found[f"answered_{n}"]), ("gray", found[f"all_{n}"] - found[f"answered_{n}"])],
        )
        for n, (opens, _) in enumerate(spans)
    ]
