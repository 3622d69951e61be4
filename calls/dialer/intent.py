"""Step 2, intent: commit that an attempt will be dialled, or give it back. Without this commit nothing is dialled."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models.functions import Now

from accounts import ledger
from accounts.models import LedgerAccount
from calls.dialer import script, timing
from calls.dialer.release import release_calls
from calls.models import Call
from calls.providers.base import PlaceCall
from campaigns import attempts
from campaigns.listed import suppressed_numbers
from campaigns.models import Campaign, CampaignLead
from campaigns.verdicts import may_still_dial
from core.scope import current_tenant_id

Intent = tuple[Call, PlaceCall]


@transaction.atomic
def commit_intents(*, campaign_id: uuid.UUID, call_ids: Sequence[uuid.UUID]) -> list[Intent]:
    """Turn reservations into intents and return what must now be sent, by the caller and once.

    An attempt passes only while its lease holds, the campaign (shared here, so pause and stop wait for this
    commit) runs, its lead is still queued (an opt-out takes it out of the queue under the same row lock), the
    number is on no do-not-call list, the calling window is open, and minutes are held. The others go back.
    The requests are written before the commit, so that no fault of ours can stand between it and the dial.
    """
    campaign = _share(campaign_id)
    calls = list(Call.objects.for_update().filter(pk__in=call_ids, dial_state=Call.DialState.RESERVED).order_by("id"))
    now = timing.database_now()
    leased = [call for call in calls if call.lease_until and call.lease_until > now]
    if campaign is None or campaign.status != Campaign.Status.RUNNING:
        release_calls(calls=leased)
        return []
    passed = _still_allowed(campaign, leased, now)
    passed = _hold_minutes(passed)
    _dial(passed)
    kept = {call.pk for call in passed}
    release_calls(calls=[call for call in leased if call.pk not in kept])
    return script.requests_for(passed, campaign=campaign)


@transaction.atomic
def commit_manual(*, call_id: uuid.UUID) -> list[Intent]:
    """The intent of a call started by hand: leased, on no do-not-call list, minutes held; else it ends here.

    Locks the call, then the purse.
    """
    call = Call.objects.for_update().filter(pk=call_id, dial_state=Call.DialState.RESERVED).first()
    if call is None or call.lease_until is None or call.lease_until < timing.database_now():
        return []
    listed = bool(suppressed_numbers([call.phone_number]))
    passed = [] if listed else _hold_minutes([call])
    if not passed:
        end_undialed(
            [call.pk],
            reason="The number is on the do-not-call list." if listed else "There are no call minutes left.",
        )
        return []
    _dial(passed)
    return script.requests_for(passed)


def end_undialed(call_ids: Sequence[uuid.UUID], *, reason: str) -> int:
    """End reserved calls by hand that will not be dialled, with words for whoever watches; how many there were."""
    rows = Call.objects.filter(pk__in=call_ids, dial_state=Call.DialState.RESERVED, campaign=None)
    return int(
        rows.update(
            dial_state="ended",
            status="ended",
            outcome="cancelled",
            outcome_detail=reason,
            ended_at=Now(),
            lease_until=None,
        )
    )


def _share(campaign_id: uuid.UUID) -> Campaign | None:
    found = Campaign.objects.raw(
        "SELECT * FROM campaigns_campaign WHERE tenant_id = %s AND id = %s FOR SHARE",
        [current_tenant_id(), campaign_id],
    )
    return next(iter(found), None)


def _still_allowed(campaign: Campaign, calls: list[Call], now: datetime) -> list[Call]:
    ids = [call.campaign_lead_id for call in calls]
    leads = CampaignLead.objects.for_update().filter(pk__in=ids, status=CampaignLead.Status.QUEUED).order_by("id")
    zones = dict(leads.values_list("pk", "zones"))
    suppressed = suppressed_numbers([call.phone_number for call in calls], campaign_id=campaign.pk)
    return [
        call
        for call in calls
        if call.campaign_lead_id in zones
        and call.phone_number not in suppressed
        and may_still_dial(campaign=campaign, zones=zones[call.campaign_lead_id], now=now)
    ]


def _hold_minutes(calls: list[Call]) -> list[Call]:
    """Hold the longest call's minutes for each, or what is left; calls without a minute are not dialled."""
    if not calls:
        return []
    account = LedgerAccount.objects.select_for_update().get(kind=LedgerAccount.Kind.MINUTES)
    left = account.available
    holds: dict[str, int] = {}
    funded: list[Call] = []
    for position, call in enumerate(calls):
        minutes = min(timing.MAX_MINUTES, left - (len(calls) - position - 1), left)
        if left < 1:
            break
        call.minutes_held = max(1, minutes)
        left -= call.minutes_held
        holds[hold_key(call)] = call.minutes_held
        funded.append(call)
    ledger.hold_many(kind=LedgerAccount.Kind.MINUTES, amounts=holds)
    return funded


def hold_key(call: Call) -> str:
    """The key under which a call's minutes are held."""
    return f"call:{call.pk}"


_DIAL = """
UPDATE calls_call c SET dial_state = 'dialing', started_at = now(), minutes_held = d.minutes,
  lease_until = now() + make_interval(secs => %s)
FROM unnest(%s::uuid[], %s::int[]) AS d(id, minutes) WHERE c.tenant_id = %s AND c.id = d.id
"""


def _dial(calls: list[Call]) -> None:
    if not calls:
        return
    ids, minutes = [call.pk for call in calls], [call.minutes_held for call in calls]
    with connection.cursor() as cursor:
        cursor.execute(_DIAL, [timing.LEASE.total_seconds(), ids, minutes, current_tenant_id()])
    attempts.mark_dialing([call.campaign_lead_id for call in calls if call.campaign_lead_id])
