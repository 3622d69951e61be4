"""Making, changing and deleting campaigns. Starting and stopping is in `running`, whom to call in `membership`."""

from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts import audit
from accounts.models import Role
from accounts.permissions import require_role
from campaigns.models import Campaign, CampaignLead, DialGate
from campaigns.pace import SIMULATED
from campaigns.prompts import keep_version
from campaigns.rules import check_campaign, default_consent
from campaigns.states import ENDED, IN_FLIGHT
from core.problems import DomainError

Status = Campaign.Status
_WHILE_DIALLING = frozenset({"provider"})


class CampaignRunning(DomainError):
    """The campaign dials, or calls of it are still under way."""

    code = "campaign_running"
    title = "This is not possible while the campaign is calling."


class CampaignEnded(DomainError):
    """The campaign is over; a copy of it can be started."""

    code = "campaign_ended"
    title = "This campaign is over. Make a copy to call again."


@transaction.atomic
def create_campaign(*, actor: Any, **fields: Any) -> Campaign:
    """Make a draft; raises InvalidInput. Without a consent policy it starts with its provider's default."""
    require_role(actor, Role.MANAGER)
    if "consent_policy" not in fields:
        fields = {**default_consent(fields.get("provider", SIMULATED)), **fields}
    campaign = Campaign(**fields, created_by=actor.user_or_none)
    campaign.cap_high_water = campaign.max_concurrent_calls
    check_campaign(campaign)
    campaign.save(force_insert=True)
    DialGate.objects.create(campaign=campaign)
    keep_version(campaign=campaign, actor=actor)
    audit.record(actor=actor, action="campaign.created", record=campaign)
    campaign.refresh_from_db()
    return campaign


@transaction.atomic
def update_campaign(*, actor: Any, campaign: Campaign, **changes: Any) -> Campaign:
    """Change a campaign, also while it runs: limits and hours count from the next dial on. Locks the row.

    The provider is fixed once calls are made; a campaign that is over keeps everything but name and description.
    """
    require_role(actor, Role.MANAGER)
    campaign = lock_campaign(campaign)
    given = frozenset(changes)
    changes = {name: value for name, value in changes.items() if getattr(campaign, name) != value}
    if campaign.status in ENDED and changes.keys() - {"name", "description"}:
        raise CampaignEnded
    if campaign.started_at and changes.keys() & _WHILE_DIALLING:
        raise CampaignRunning("The provider cannot be changed once the campaign has started.")
    if changes.get("provider", SIMULATED) != SIMULATED:  # what held for simulated calls does not hold for these
        fresh = default_consent(changes["provider"])
        changes |= {name: value for name, value in fresh.items() if name not in given}
    for name, value in changes.items():
        setattr(campaign, name, value)
    check_campaign(campaign)
    # Calls that already run were placed under the old cap, so the higher one holds until they have ended.
    campaign.cap_high_water = max(campaign.cap_high_water, campaign.max_concurrent_calls)
    campaign.save()
    keep_version(campaign=campaign, actor=actor)
    audit.record(actor=actor, action="campaign.updated", record=campaign, fields=sorted(changes))
    campaign.refresh_from_db()
    return campaign


@transaction.atomic
def delete_campaign(*, actor: Any, campaign: Campaign) -> None:
    """Take a campaign off every list; its calls stay on record. Raises CampaignRunning."""
    require_role(actor, Role.MANAGER)
    campaign = lock_campaign(campaign)
    in_flight = CampaignLead.objects.filter(campaign=campaign, status__in=IN_FLIGHT)
    if campaign.status in (Status.RUNNING, Status.STOPPING) or in_flight.exists():
        raise CampaignRunning("Stop the campaign and let its calls end before deleting it.")
    Campaign.objects.filter(pk=campaign.pk).update(deleted_at=Now())
    audit.record(actor=actor, action="campaign.deleted", record=campaign)


def lock_campaign(campaign: Campaign) -> Campaign:
    """The campaign's row as it now stands, locked to the end of the transaction: no dial is committed meanwhile."""
    locked: Campaign = Campaign.objects.for_update().get(pk=campaign.pk)
    return locked
