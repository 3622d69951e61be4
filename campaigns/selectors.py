"""Reading campaigns: one by id, lists with their counters."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Q, Sum

from campaigns import importing
from campaigns.call_history import calls
from campaigns.models import Campaign, CampaignLead, LeadBatch, Suppression
from campaigns.stats import ANSWERED
from core.problems import NotFound

COUNTERS = ("total_leads", "calls_completed", "calls_failed")


def _key(pk: uuid.UUID | str) -> uuid.UUID:
    """A key from an address; what is no key names no record."""
    try:
        return pk if isinstance(pk, uuid.UUID) else uuid.UUID(pk)
    except ValueError:
        raise NotFound from None


def get_campaign(pk: uuid.UUID | str) -> Campaign:
    """A campaign of the open scope, with its counters; raises NotFound."""
    campaign: Campaign | None = Campaign.objects.present().filter(pk=_key(pk)).first()
    if campaign is None:
        raise NotFound("There is no such campaign.")
    attach_counters([campaign])
    return campaign


def get_campaign_lead(campaign: Campaign, pk: uuid.UUID | str) -> CampaignLead:
    """A lead's place in the campaign; raises NotFound, also for one that was taken out."""
    rows = CampaignLead.objects.filter(campaign=campaign, pk=_key(pk)).present()
    found: CampaignLead | None = rows.select_related("contact", "lead").first()
    if found is None:
        raise NotFound("There is no such lead in this campaign.")
    return found


def get_batch(campaign: Campaign, pk: uuid.UUID | str) -> LeadBatch:
    """A batch of added people; raises NotFound."""
    found: LeadBatch | None = LeadBatch.objects.filter(campaign=campaign, pk=_key(pk)).first()
    if found is None and (job := importing.lists_of(campaign).filter(pk=_key(pk)).first()):
        found = importing.batch_of(job, campaign)
    if found is None:
        raise NotFound("There is no such batch in this campaign.")
    return found


def get_suppression(pk: uuid.UUID | str) -> Suppression:
    """A do-not-call entry; raises NotFound."""
    found: Suppression | None = Suppression.objects.filter(pk=_key(pk)).first()
    if found is None:
        raise NotFound("There is no such entry on the list.")
    return found


def attach_counters(campaigns: Iterable[Campaign]) -> None:
    """Set `total_leads`, `calls_completed` and `calls_failed` on each, by two queries for all of them."""
    rows = list(campaigns)
    ids = [campaign.pk for campaign in rows]
    leads = dict(_leads_by_campaign(ids))
    ended = {row["campaign_id"]: row for row in _calls_by_campaign(ids)}
    for campaign in rows:
        made = ended.get(campaign.pk, {})
        campaign.total_leads = leads.get(campaign.pk, 0)  # type: ignore[attr-defined]
        campaign.calls_completed = made.get("completed", 0)  # type: ignore[attr-defined]
        campaign.calls_failed = made.get("failed", 0)  # type: ignore[attr-defined]
        campaign.calls_made = campaign.calls_completed + campaign.calls_failed  # type: ignore[attr-defined]


def _leads_by_campaign(ids: list[uuid.UUID]) -> Any:
    rows = CampaignLead.objects.filter(campaign_id__in=ids).present().order_by()
    return rows.values_list("campaign_id").annotate(Count("id"))


def _calls_by_campaign(ids: list[uuid.UUID]) -> Any:
    ended = calls().filter(campaign_id__in=ids, dial_state="ended").order_by().values("campaign_id")
    completed = Q(outcome="completed")
    return ended.annotate(completed=Count("id", filter=completed), failed=Count("id", filter=~completed))


def attach_progress(campaigns: Iterable[Campaign]) -> None:
    """Set `finished_leads`, `progress` (0 to 1), `on_line`, `answered` and `spend` on each, by two queries."""
    rows = list(campaigns)
    ids = [campaign.pk for campaign in rows]
    over = CampaignLead.objects.filter(campaign_id__in=ids, status__in=("done", "blocked", "exhausted")).order_by()
    finished = dict(over.values_list("campaign_id").annotate(Count("id")))
    made = calls().filter(campaign_id__in=ids).order_by().values("campaign_id")
    sums = made.annotate(
        live=Count("id", filter=~Q(dial_state="ended")), answered=Count("id", filter=ANSWERED), spend=Sum("cost")
    )
    by_campaign = {row["campaign_id"]: row for row in sums}
    for campaign in rows:
        found: Any = by_campaign.get(campaign.pk, {})
        shown: Any = campaign
        shown.finished_leads = finished.get(campaign.pk, 0)
        shown.progress = shown.finished_leads / shown.total_leads if shown.total_leads else 0.0
        shown.on_line, shown.answered = found.get("live", 0), found.get("answered", 0)
        shown.spend = found.get("spend") or 0


def reasons_of(campaign: Campaign) -> list[tuple[str, int]]:
    """The reasons that stand beside states, with how many leads each, most first."""
    rows = CampaignLead.objects.filter(campaign=campaign).present().exclude(status_reason="").order_by()
    return list(rows.values_list("status_reason").annotate(n=Count("id")).order_by("-n")[:20])
