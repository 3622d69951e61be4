"""Start, pause, resume, stop, and how a campaign ends. Each takes effect at its commit."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts import audit, ledger, webhooks
from accounts.models import LedgerAccount, Role
from accounts.permissions import require_role
from campaigns import news, next_numbers, tallies
from campaigns.call_history import calls
from campaigns.compliance import check_may_start
from campaigns.models import Campaign, CampaignLead, DialGate
from campaigns.services import lock_campaign
from campaigns.signals import campaign_started, campaign_stopping
from campaigns.states import OPEN, IllegalCampaignStep, check_campaign_step
from core.problems import DomainError

Status = Campaign.Status


class NoPendingLeads(DomainError):
    """There is nobody to call."""

    code = "no_pending_leads"
    title = "There is nobody to call in this campaign. Add leads first."


class NoMinutes(DomainError):
    """The workspace has no call minutes left."""

    code = "insufficient_minutes"
    status = 402
    title = "There are no call minutes left."


@dataclass(frozen=True, slots=True)
class Start:
    """The started campaign and how many leads wait to be called: before the first call nothing puts them off."""

    campaign: Campaign
    jobs_enqueued: int


@transaction.atomic
def start_campaign(*, actor: Any, campaign: Campaign) -> Start:
    """Begin to dial. No lead is touched: the claim finds due leads by itself. `actor` None: the set time came.

    Raises IllegalCampaignStep (also for a second start), NoPendingLeads, NoMinutes or ComplianceBlock.
    """
    if actor is not None:
        require_role(actor, Role.MANAGER)
    campaign = lock_campaign(campaign)
    _check_status(campaign, {Status.DRAFT, Status.SCHEDULED}, "started")
    due = tallies.leads_waiting(campaign.pk)
    if not due:
        raise NoPendingLeads
    _check_minutes()
    check_may_start(campaign)
    DialGate.objects.get_or_create(campaign=campaign)
    _set_status(campaign, Status.RUNNING, started_at=Now(), scheduled_at=None)
    audit.record(actor=actor, action="campaign.started", record=campaign, due=due)
    webhooks.publish(event="campaign.started", data={"id": str(campaign.pk)})
    _announce_start(campaign)
    return Start(campaign, due)


@transaction.atomic
def pause_campaign(*, actor: Any, campaign: Campaign, reason: str = "user", detail: str = "") -> Campaign:
    """No new dial from the commit on; calls in flight end by themselves. `actor` None: the dialler's own brake.

    `reason` is one of user, breaker_failures, drop_rate, minutes, budget, no_caller_id, compliance and
    provider_down; `detail` says in a sentence what happened and what to do.
    """
    if actor is not None:
        require_role(actor, Role.MANAGER)
    campaign = lock_campaign(campaign)
    check_campaign_step(campaign, Status.PAUSED)
    _set_status(campaign, Status.PAUSED, pause_reason=reason[:30], pause_detail=detail[:300])
    audit.record(actor=actor, action="campaign.paused", record=campaign, reason=reason)
    return campaign


@transaction.atomic
def resume_campaign(*, actor: Any, campaign: Campaign) -> Campaign:
    """Dial on after a pause; the same conditions as for a start."""
    require_role(actor, Role.MANAGER)
    campaign = lock_campaign(campaign)
    _check_status(campaign, {Status.PAUSED}, "resumed")
    _check_minutes()
    check_may_start(campaign)
    _set_status(campaign, Status.RUNNING)
    audit.record(actor=actor, action="campaign.resumed", record=campaign)
    _announce_start(campaign)
    return campaign


@transaction.atomic
def stop_campaign(*, actor: Any, campaign: Campaign, hang_up: bool = False) -> Campaign:
    """Stop for good: no new dial; calls in flight end, at once with `hang_up`. Stopped as soon as none is left."""
    require_role(actor, Role.MANAGER)
    campaign = lock_campaign(campaign)
    check_campaign_step(campaign, Status.STOPPING)
    _set_status(campaign, Status.STOPPING)
    audit.record(actor=actor, action="campaign.stopped", record=campaign, hang_up=hang_up)
    tenant_id, campaign_id = str(campaign.tenant_id), str(campaign.pk)
    transaction.on_commit(
        lambda: campaign_stopping.send_robust(
            sender=Campaign, tenant_id=tenant_id, campaign_id=campaign_id, hang_up=hang_up
        ),
        robust=True,
    )
    end_if_finished(campaign)
    return campaign


@transaction.atomic
def end_if_finished(campaign: Campaign) -> bool:
    """Make a running campaign `completed` when nobody is left to call, a stopping one `stopped` when none is on
    the phone; return whether it ended. Cheap enough for every tick; locks the row only when it is about to end.
    """
    rows = CampaignLead.objects.filter(campaign_id=campaign.pk)
    stopping = campaign.status == Status.STOPPING
    if campaign.status not in (Status.RUNNING, Status.STOPPING) or _has_live_calls(campaign):
        return False
    if not stopping and (rows.filter(status__in=OPEN).exists() or next_numbers.still_seeking(campaign)):
        return False
    fresh = lock_campaign(campaign)
    added_meanwhile = not stopping and rows.filter(status__in=OPEN).exists()
    if fresh.status != campaign.status or added_meanwhile:
        return False
    _set_status(fresh, Status.STOPPED if stopping else Status.COMPLETED, completed_at=Now())
    webhooks.publish(event="campaign.completed", data={"id": str(fresh.pk), "status": str(fresh.status)})
    campaign.status, campaign.completed_at = fresh.status, fresh.completed_at
    return True


def _has_live_calls(campaign: Campaign) -> bool:
    return bool(calls().live().filter(campaign_id=campaign.pk).exists())


def _check_status(campaign: Campaign, wanted: set[str], act: str) -> None:
    """Start and resume both lead to `running`, each from states of its own."""
    if campaign.status not in wanted:
        state = campaign.get_status_display().lower()
        raise IllegalCampaignStep(f"A campaign that is {state} cannot be {act}.", current=campaign.status)


def _check_minutes() -> None:
    if ledger.available(LedgerAccount.Kind.MINUTES) < 1:
        raise NoMinutes


def _set_status(campaign: Campaign, status: str, **fields: Any) -> None:
    """Write the state; a pause reason lives only as long as the pause."""
    fields = {"pause_reason": "", "pause_detail": "", **fields, "status": status}
    Campaign.objects.filter(pk=campaign.pk).update(**fields)
    campaign.refresh_from_db()
    news.tell(campaign.pk)


def _announce_start(campaign: Campaign) -> None:
    tenant_id, campaign_id = str(campaign.tenant_id), str(campaign.pk)
    transaction.on_commit(
        lambda: campaign_started.send_robust(sender=Campaign, tenant_id=tenant_id, campaign_id=campaign_id),
        robust=True,
    )
