"""Brakes: what pauses a campaign by itself, with a reason a person understands and what to do about it."""

from __future__ import annotations

import uuid

from django.db import connection, transaction
from django.db.models import Sum

from accounts.models import LedgerAccount
from calls.caller_numbers import find_pool
from calls.dialer.finish import WORKER_LOST
from calls.models import Call
from campaigns import running
from campaigns.models import Campaign
from core.scope import current_tenant_id

WINDOW_SECONDS = 120
LEAST_CALLS = 5
WORST_SHARE = 0.5


@transaction.atomic
def pause(*, campaign_id: uuid.UUID, reason: str, detail: str) -> bool:
    """Stop dialling for a campaign that runs; calls in flight end. Whether it was this call that paused it."""
    campaign = Campaign.objects.for_update().filter(pk=campaign_id, status=Campaign.Status.RUNNING).first()
    if campaign is None:
        return False
    running.pause_campaign(actor=None, campaign=campaign, reason=reason, detail=detail)
    return True


@transaction.atomic
def end_if_finished(campaign_id: uuid.UUID) -> bool:
    """Complete a campaign that has nobody left to call, stop one whose last call has ended; whether it ended."""
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    return campaign is not None and running.end_if_finished(campaign)


@transaction.atomic
def check(campaign_id: uuid.UUID) -> bool:
    """Pull the first brake that is due; whether one was pulled."""
    campaign = Campaign.objects.filter(pk=campaign_id, status=Campaign.Status.RUNNING).first()
    if campaign is None:
        return False
    return _breaker(campaign) or _budget(campaign) or _minutes(campaign) or _caller_numbers(campaign)


def _breaker(campaign: Campaign) -> bool:
    """Half of the last two minutes' calls failed technically: the line is broken, not the leads."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE outcome = 'failed' AND outcome_detail <> %s), count(*) FROM calls_call"
            " WHERE tenant_id = %s AND campaign_id = %s"
            " AND ended_at > greatest(now() - make_interval(secs => %s), %s)",
            [WORKER_LOST, current_tenant_id(), campaign.pk, WINDOW_SECONDS, campaign.updated_at],
        )
        failed, ended = cursor.fetchone()
    if ended < LEAST_CALLS or failed < ended * WORST_SHARE:
        return False
    words = f"{failed} of the last {ended} calls failed at the provider. Check the provider's status, then resume."
    return pause(campaign_id=campaign.pk, reason="breaker_failures", detail=words)


def _budget(campaign: Campaign) -> bool:
    if campaign.budget is None:
        return False
    spent = Call.objects.filter(campaign=campaign).aggregate(cost=Sum("cost"))["cost"] or 0
    if spent < campaign.budget:
        return False
    words = f"The budget of {campaign.budget.normalize():f} is spent. Raise it, then resume."
    return pause(campaign_id=campaign.pk, reason="budget", detail=words)


def _minutes(campaign: Campaign) -> bool:
    """No minute left to hold, and none that a running call could give back."""
    account = LedgerAccount.objects.filter(kind=LedgerAccount.Kind.MINUTES).first()
    if account is None or account.available > 0 or Call.objects.live().exists():
        return False
    return pause(
        campaign_id=campaign.pk,
        reason="minutes",
        detail="All call minutes are used up. Ask an admin to add minutes, then resume.",
    )


def _caller_numbers(campaign: Campaign) -> bool:
    """Every number of the campaign is switched off: nothing frees one by itself."""
    pool = find_pool(campaign)
    if pool is None or not pool.is_off:
        return False
    return pause(
        campaign_id=campaign.pk,
        reason="no_caller_id",
        detail="All caller numbers of the campaign are switched off.",
    )
