"""Step 3 and 4, place: ask the provider once, outside any transaction, and write down what it answered."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import structlog
from django.db import connection, transaction

from calls import telephony
from calls.dialer import brakes, finish, pacing, timing
from calls.dialer.release import release_calls
from calls.models import Call
from calls.providers.base import (
    Ambiguous,
    CallFacts,
    CallStatus,
    Outcome,
    PlaceCall,
    Placed,
    ProviderError,
    RateLimited,
    Rejected,
    VoiceProvider,
)
from core.scope import current_tenant_id

log = structlog.get_logger(__name__)
AT_ONCE = 32
"""Requests in hand per process; more than that are never claimed, so an intent is acted on at once."""
NOT_OUR_LEADS_FAULT = frozenset({"auth", "out_of_funds", "not_allowed", "not_supported"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one placing request."""

    call: Call
    result: Placed | ProviderError


def send(requests: Iterable[tuple[Call, PlaceCall]], *, began: float) -> list[Future[Answer]]:
    """Start the placing requests of committed intents in threads that never touch the database.

    `began` is the monotonic time before the intent: a request that could not leave while the lease surely
    holds is not sent at all, because the sweep may have given the attempt up by then.
    """
    latest = began + 0.9 * timing.LEASE.total_seconds() - timing.PLACE_TIMEOUT
    wanted = list(requests)
    providers = telephony.find_providers({call.provider for call, _ in wanted})
    return [_pool().submit(_place, call, request, latest, providers[call.provider]) for call, request in wanted]


@cache
def _pool() -> ThreadPoolExecutor:
    """Made on first use, after the worker has forked."""
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="place")


def _place(call: Call, request: PlaceCall, latest: float, provider: VoiceProvider | None) -> Answer:
    if time.monotonic() > latest:
        return Answer(call, Ambiguous("The worker stalled; the call was not sent."))
    if provider is None:
        return Answer(call, Rejected("auth", "The voice provider is not set up any more."))
    try:
        return Answer(call, provider.place_call(request))
    except ProviderError as error:
        return Answer(call, error)
    except Exception as error:  # a fault of ours after the request left would be ambiguous, too
        log.exception("place_failed", call_id=str(call.pk))
        return Answer(call, Ambiguous(type(error).__name__))


def record(answers: list[Answer]) -> None:
    """Write the answers down, each by what the provider is known to have done."""
    placed = [(a.call, a.result) for a in answers if isinstance(a.result, Placed)]
    if placed:
        _record_placed(placed)
    for answer in answers:
        if isinstance(answer.result, RateLimited):
            _record_rate_limit(answer.call, answer.result)
        elif isinstance(answer.result, Rejected):
            _record_rejection(answer.call, answer.result)
        elif not isinstance(answer.result, Placed):
            _record_unknown(answer.call, answer.result)


# A webhook may have come first: then only what it could not know is filled in.
_PLACED = """
UPDATE calls_call c SET provider_call_id = coalesce(c.provider_call_id, a.told), placed_at = coalesce(placed_at, now()),
  lease_until = CASE WHEN dial_state IN ('dialing', 'unknown') THEN now() + make_interval(secs => a.lease)
    ELSE lease_until END,
  dial_state = CASE WHEN dial_state IN ('dialing', 'unknown') THEN 'placed' ELSE dial_state END
FROM unnest(%s::uuid[], %s::text[], %s::float8[]) AS a(id, told, lease) WHERE c.tenant_id = %s AND c.id = a.id
"""


def _record_placed(placed: list[tuple[Call, Placed]]) -> None:
    ids = [call.pk for call, _ in placed]
    told = [result.provider_call_id for _, result in placed]
    leases = [timing.placed_lease(call.provider, call.minutes_held).total_seconds() for call, _ in placed]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_PLACED, [ids, told, leases, current_tenant_id()])


@transaction.atomic
def _record_rate_limit(call: Call, error: RateLimited) -> None:
    """The provider certainly did not dial: the attempt goes back, and the account slows down."""
    asked = max(0.2, min(error.retry_after, 60.0)) / timing.speed_of(call.provider)
    wait = asked * random.uniform(1.0, 1.5)  # noqa: S311 - jitter
    pacing.throttle(call.provider, wait)
    locked = Call.objects.for_update().filter(pk=call.pk, dial_state=Call.DialState.DIALING)
    if call.campaign_id:
        release_calls(calls=list(locked), wait=timedelta(seconds=wait))
        return
    for manual in locked:  # someone watches this one: it ends with words instead of vanishing
        finish.end_unplaced(call=manual, detail=error.detail)


@transaction.atomic
def _record_rejection(call: Call, error: Rejected) -> None:
    """The provider certainly will not dial: over for this number, or for the campaign if the fault is ours."""
    locked = Call.objects.for_update().filter(pk=call.pk, dial_state=Call.DialState.DIALING).first()
    if locked is None:
        return
    if error.code in NOT_OUR_LEADS_FAULT and locked.campaign_id:
        release_calls(calls=[locked], wait=timedelta(seconds=5))
        brakes.pause(campaign_id=locked.campaign_id, reason="provider_down", detail=error.detail)
        return
    outcome = Outcome.INVALID_NUMBER if error.code == "invalid_number" else Outcome.FAILED
    facts = CallFacts(provider_call_id="", status=CallStatus.ENDED, outcome=outcome, detail=error.detail)
    finish.apply_facts(call=locked, facts=facts)


@transaction.atomic
def _record_unknown(call: Call, error: ProviderError) -> None:
    """Nobody knows whether the phone rings: the attempt keeps its slot until the sweep has looked it up."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE calls_call SET dial_state = 'unknown', outcome_detail = %s, lease_until = now() +"
            " make_interval(secs => %s) WHERE tenant_id = %s AND id = %s AND dial_state = 'dialing'",
            [error.detail[:200], timing.FIRST_LOOK_UP.total_seconds(), current_tenant_id(), call.pk],
        )
