"""Step 5, sweep: whatever a crash, a lost answer or a lost webhook left behind is found by its lease."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import connection, transaction

from calls import telephony
from calls.dialer import finish, timing
from calls.dialer.intent import end_undialed
from calls.dialer.release import release_calls
from calls.models import Call
from calls.providers.base import CallFacts, CallStatus, ProviderError, Rejected, VoiceProvider
from core.scope import tenant_context

AT_ONCE = 200
LOOK_UPS = 16
State = Call.DialState


@dataclass(frozen=True, slots=True)
class Finding:
    """What the provider says of one attempt: facts, `None` for "no such call", or that it could not be asked."""

    call: Call
    facts: CallFacts | None
    asked: bool = True


def sweep_all(*, seconds: float = 0.0) -> int:
    """Look after expired attempts of every tenant, of each one batch, or as many as fit into so many seconds.

    Returns how many were dealt with.
    """
    until = time.monotonic() + seconds
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenants_with_expired_calls()")
        tenants = [tenant_id for (tenant_id,) in cursor.fetchall()]
    return sum(_sweep_until(tenant_id, until) for tenant_id in tenants)


def _sweep_until(tenant_id: uuid.UUID, until: float) -> int:
    swept = batch = sweep_tenant(tenant_id)
    while batch >= AT_ONCE and time.monotonic() < until:
        swept += (batch := sweep_tenant(tenant_id))
    return swept


def sweep_tenant(tenant_id: uuid.UUID) -> int:
    """Give back expired reservations; look up, outside any lock, what was dialled, and adopt or spend it."""
    with tenant_context(tenant_id):
        released = _release_reserved()
        found = _look_up(_lease_again())
        for finding in found:
            _settle(finding)
        return released + len(found)


@transaction.atomic
def _release_reserved() -> int:
    now = timing.database_now()
    expired = Call.objects.filter(dial_state=State.RESERVED, lease_until__lt=now)
    calls = list(expired.select_for_update(of=("self",), skip_locked=True)[:AT_ONCE])
    by_hand = [call.pk for call in calls if call.campaign_id is None]
    ended = end_undialed(by_hand, reason="No worker dialled in time.") if by_hand else 0
    return ended + release_calls(calls=[call for call in calls if call.campaign_id])


@transaction.atomic
def _lease_again() -> list[Call]:
    """Take expired attempts for this sweep alone by moving their lease; another sweep passes over them."""
    now = timing.database_now()
    expired = Call.objects.filter(
        dial_state__in=(State.DIALING, State.UNKNOWN, State.PLACED), lease_until__lt=now
    ).order_by("lease_until")
    calls = list(expired.select_for_update(of=("self",), skip_locked=True)[:AT_ONCE])
    Call.objects.filter(pk__in=[call.pk for call in calls]).update(lease_until=now + timing.FIRST_LOOK_UP * 2)
    return calls


def _look_up(calls: list[Call]) -> list[Finding]:
    if not calls:
        return []
    providers = telephony.find_providers({call.provider for call in calls})
    with ThreadPoolExecutor(min(LOOK_UPS, len(calls)), thread_name_prefix="sweep") as pool:
        return list(pool.map(_ask, calls, [providers[call.provider] for call in calls]))


def _ask(call: Call, provider: VoiceProvider | None) -> Finding:
    """One question to the provider; runs in a thread and touches no database."""
    if provider is None:
        return Finding(call, None, asked=False)
    try:
        if call.provider_call_id:
            return Finding(call, provider.fetch(call.provider_call_id))
        return Finding(
            call,
            provider.find_by_reference(str(call.pk), to=call.phone_number, placed_after=call.started_at),
        )
    except Rejected as error:
        return Finding(call, None, asked=error.code == "not_found")
    except ProviderError:
        return Finding(call, None, asked=False)


@transaction.atomic
def _settle(finding: Finding) -> None:
    call = Call.objects.for_update().filter(pk=finding.call.pk).exclude(dial_state=State.ENDED).first()
    if call is None or not finding.asked:
        return
    if finding.facts is None:
        _spend_if_due(call)
        return
    was_placed = call.dial_state == State.PLACED
    finish.apply_facts(call=call, facts=finding.facts)
    if was_placed and finding.facts.status is not CallStatus.ENDED:
        _wait_on(call)


def _spend_if_due(call: Call) -> None:
    """The provider knows of no such call: wait until a request still on its way must have arrived, then spend it."""
    asked_at = call.started_at or call.created_at
    if timing.database_now() - asked_at >= timing.SPENT_AFTER:
        unheard = call.dial_state == State.DIALING
        detail = finish.WORKER_LOST if unheard else "The provider knows of no such call."
        finish.end_unplaced(call=call, detail=detail)


def _wait_on(call: Call) -> None:
    """It still rings or talks beyond the time it should: look again soon, until the provider says that it ended."""
    Call.objects.filter(pk=call.pk).update(lease_until=timing.database_now() + timing.LEASE)
