"""Step 5, what a call did: one function applies webhooks, look-ups and the answers to placing requests alike.

States only rise. A fact that comes late may fill what is empty, and an opt-out is honoured whenever it comes.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from django.db import connection, transaction

from accounts import ledger, webhooks
from calls import conversations
from calls.dialer import timing
from calls.models import Call
from calls.providers.base import AnsweredBy, CallFacts, CallStatus, Disposition, Outcome
from campaigns import attempts, suppressions
from campaigns.call_history import retry_outcome
from campaigns.pace import rule_speed
from leads import services as leads
from leads.selectors import owner_of
from network.touches import note_touch

CONVERSATION_SECONDS = 10
"""A person who stays this long has had a conversation."""
TIE_SECONDS = 60
"""A talk longer than this counts for the tie between the two."""
MOST_SECONDS = 24 * 3600
WORKER_LOST = "The worker that was dialling ended before it had an answer."
"""What an attempt ends with that our own crash has spent; the breaker does not blame the provider for it."""


@transaction.atomic(savepoint=False)
def apply_facts(*, call: Call, facts: CallFacts) -> bool:
    """Bring a call (its row locked by the caller) in line with what its provider says; whether anything changed.

    Ending a call settles its minutes, moves its campaign lead, and stores words and recording, all in this
    transaction.
    """
    before = _picture(call)
    _fill_empty(call, facts)
    was_ended = call.dial_state == Call.DialState.ENDED
    if not was_ended:
        _rise(call, facts)
    moved = [name for name, value in _picture(call).items() if before[name] != value]
    if moved:
        _write(call, moved)
    changed = bool(moved)
    changed |= conversations.store(call=call, facts=facts)
    if not was_ended:
        _follow(call, facts)
    if _opted_out(facts) and call.test_of_id is None:
        _suppress(call, facts)
    return changed


def _write(call: Call, names: list[str]) -> None:
    """Write these of the told columns; by a statement of our own, as webhooks come by the hundred a second."""
    values = [*(getattr(call, name) for name in names), call.tenant_id, call.pk]
    columns = ", ".join(f"{name} = %s" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE calls_call SET {columns} WHERE tenant_id = %s AND id = %s", values)  # noqa: S608


def end_unplaced(*, call: Call, detail: str) -> None:
    """Spend an attempt of which the provider knows nothing: in doubt it counts, for nobody may be rung twice."""
    facts = CallFacts(provider_call_id="", status=CallStatus.ENDED, outcome=Outcome.FAILED, detail=detail)
    apply_facts(call=call, facts=facts)


def _picture(call: Call) -> dict[str, Any]:
    return {name: getattr(call, name) for name in _TOLD}


_TOLD = (
    "provider_call_id",
    "dial_state",
    "lease_until",
    "status",
    "outcome",
    "outcome_detail",
    "answered_by",
    "disposition",
    "placed_at",
    "answered_at",
    "ended_at",
    "duration_seconds",
    "summary",
    "cost",
    "callback_at",
)
"""What a provider's facts may change in a call."""


def _fill_empty(call: Call, facts: CallFacts) -> None:
    call.provider_call_id = call.provider_call_id or facts.provider_call_id or None
    call.placed_at = call.placed_at or facts.placed_at
    call.answered_at = call.answered_at or facts.answered_at
    call.answered_by = call.answered_by or facts.answered_by or ""
    call.cost = facts.cost if call.cost is None else call.cost
    call.summary = call.summary or facts.summary or ""
    if call.duration_seconds is None and facts.duration_seconds is not None:
        call.duration_seconds = min(max(0, facts.duration_seconds), MOST_SECONDS)
    call.disposition = call.disposition or facts.disposition or ""


def _rise(call: Call, facts: CallFacts) -> None:
    """Move up the two ladders; never down."""
    if call.dial_state in (Call.DialState.DIALING, Call.DialState.UNKNOWN):
        now = timing.database_now()
        call.dial_state = Call.DialState.PLACED
        call.placed_at = call.placed_at or now
        call.lease_until = now + timing.placed_lease(call.provider, call.minutes_held)
    if facts.status is None or facts.status.rank <= CallStatus(call.status).rank:
        return
    call.status = facts.status.value
    if facts.status is CallStatus.IN_PROGRESS:
        call.answered_at = call.answered_at or timing.database_now()
    if facts.status is CallStatus.ENDED:
        call.dial_state, call.lease_until = Call.DialState.ENDED, None
        call.ended_at = facts.ended_at or timing.database_now()
        call.outcome = (facts.outcome or Outcome.FAILED).value
        call.outcome_detail = facts.detail[:200]
        call.duration_seconds = call.duration_seconds or _talked(call)
        call.callback_at = _callback_at(call, facts) or call.callback_at


def _talked(call: Call) -> int:
    if not (call.answered_at and call.ended_at):
        return 0
    real = (call.ended_at - call.answered_at).total_seconds()
    return min(max(0, round(real * timing.speed_of(call.provider))), MOST_SECONDS)


def _callback_at(call: Call, facts: CallFacts) -> dt.datetime | None:
    if call.disposition != Disposition.CALLBACK or facts.callback_in_minutes is None or call.ended_at is None:
        return None
    minutes = min(max(0, facts.callback_in_minutes), 365 * 24 * 60)
    return call.ended_at + dt.timedelta(minutes=minutes / rule_speed(call.provider))


def _follow(call: Call, facts: CallFacts) -> None:
    """Carry the new state on to what hangs on the call: lead, campaign lead, purse (in this order of locks)."""
    if call.status == CallStatus.IN_PROGRESS and call.campaign_lead_id:
        attempts.mark_in_call([call.campaign_lead_id])
    if call.dial_state != Call.DialState.ENDED:
        return
    if call.campaign_lead_id:
        attempts.finish_attempt(
            campaign_lead_id=call.campaign_lead_id,
            attempt=call.attempt,
            outcome=_retry_word(call),
            now=call.ended_at or timing.database_now(),
            callback_at=call.callback_at,
        )
    if call.lead_id and is_conversation(call):
        leads.note_conversation(lead_id=call.lead_id, now=call.ended_at)
    _feed_graph(call)
    webhooks.publish(event="call.ended", data=_announcement(call))
    if call.minutes_held:
        ledger.settle(kind="minutes", key=f"call:{call.pk}", amount=minutes_of(call))


def _feed_graph(call: Call) -> None:
    """A talk of more than a minute speaks for the tie between the contact and the colleague it was led for."""
    if call.contact_id and is_conversation(call) and (call.duration_seconds or 0) > TIE_SECONDS:
        colleague = call.user_id or owner_of(call.lead_id)
        note_touch(user_id=colleague, contact_id=call.contact_id, kind="call", key=call.pk, at=call.ended_at)


def _announcement(call: Call) -> dict[str, Any]:
    """What integrations are told of a call that ended."""
    ids = {
        name: str(value) for name in ("id", "campaign_id", "lead_id", "contact_id") if (value := getattr(call, name))
    }
    return {**ids, "outcome": call.outcome, "disposition": call.disposition, "duration_seconds": call.duration_seconds}


def _retry_word(call: Call) -> str:
    if call.disposition == Disposition.CALLBACK and call.callback_at is None:
        return "completed"
    return retry_outcome(
        outcome=call.outcome,
        answered_by=call.answered_by,
        duration_seconds=call.duration_seconds,
        disposition=call.disposition,
    )


def minutes_of(call: Call) -> int:
    """Begun minutes of talk: what the call costs the purse; calls nobody answered cost nothing."""
    answered = bool(call.answered_at or call.answered_by)
    return math.ceil((call.duration_seconds or 0) / 60) if answered else 0


def is_conversation(call: Call) -> bool:
    """Whether a person was spoken with, and not for a moment only."""
    person = call.answered_by in (AnsweredBy.HUMAN, AnsweredBy.UNKNOWN)
    return person and (call.duration_seconds or 0) >= CONVERSATION_SECONDS


def _opted_out(facts: CallFacts) -> bool:
    return facts.outcome is Outcome.OPT_OUT or facts.disposition is Disposition.DO_NOT_CALL


def _suppress(call: Call, facts: CallFacts) -> None:
    """Close every queued job of the number, with the words that were said as proof."""
    said = [message.content for message in facts.transcript or () if message.role == "person"]
    suppressions.suppress_number(
        actor=None,
        phone_number=call.phone_number,
        reason="Asked not to be called again",
        source="call",
        proof={"call_id": str(call.pk), "said": said[-5:], "at": timing.database_now().isoformat()},
    )
