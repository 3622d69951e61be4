"""Reading campaigns: one by id, lists with their counters."""

import uuid
from collections.abc import Iterable
from typing import Any

from campaigns import importing, tallies
from campaigns.models import Campaign, CampaignLead, LeadBatch, Suppression
from campaigns.stats import by_state
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
    """Set the counters of the API and those of the list on each, by two queries for all of them.

    `total_leads`, `calls_completed`, `calls_failed`, `calls_made`; `finished_leads`, `progress` (0 to 1), `on_line`,
    `answered` and `spend`.
    """
    rows = list(campaigns)
    ids = [campaign.pk for campaign in rows]
    leads, calls = tallies.leads_by_name(ids), tallies.calls_by_campaign(ids)
    for campaign in rows:
        states, made = by_state(leads.get(campaign.pk, {})), calls.get(campaign.pk, tallies.CallCounts([]))
        shown: Any = campaign
        shown.total_leads = sum(states.values())
        shown.calls_made, shown.calls_completed = made.ended, made.n("completed")
        shown.calls_failed = shown.calls_made - shown.calls_completed
        shown.finished_leads = sum(states[state] for state in ("done", "blocked", "exhausted"))
        shown.progress = shown.finished_leads / shown.total_leads if shown.total_leads else 0.0
        shown.on_line, shown.answered, shown.spend = made.in_flight, made.total("answered"), made.total("cost")
