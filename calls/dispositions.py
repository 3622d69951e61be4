"""What came of a call, as a person says it, and what follows from it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from calls.dialer import timing
from calls.models import Call
from calls.signals import call_noted
from campaigns import next_numbers, suppressions, why
from campaigns.attempts import CALLBACK_FIRST
from campaigns.models import CampaignLead
from campaigns.states import IN_FLIGHT, WAITING, sources_of
from core.problems import DomainError, InvalidInput
from leads import services as leads
from leads import todo

DISPOSITIONS = {
    "interested": "Interested",
    "callback": "Call back",
    "not_interested": "Not interested",
    "left_message": "Left a message",
    "wrong_number": "Wrong number",
    "do_not_call": "Do not call",
}
"""In the order of the keys 1 to 6."""
SPOKEN_WITH = frozenset({"interested", "callback", "not_interested"})
FURTHEST = dt.timedelta(days=365)
_CLOSES = {
    "interested": (CampaignLead.Status.DONE, "interested"),
    "not_interested": (CampaignLead.Status.DONE, "not_interested"),
    "wrong_number": (CampaignLead.Status.BLOCKED, "invalid_number"),
}


class NotDialed(DomainError):
    """Nothing can come of a call that was never made."""

    code = "call_not_dialed"
    title = "This call has not been dialled yet."


@transaction.atomic
def set_disposition(
    *, actor: Any, call: Call, disposition: str, note: str = "", callback_at: dt.datetime | None = None
) -> Call:
    """Write down what came of a call and carry it out; saying it again replaces what was said.

    `do_not_call` puts the number on the workspace's list and closes its queued jobs in every campaign;
    `callback` books the lead for `callback_at`, and the person for whoever says so. Raises InvalidInput,
    NotDialed. Locks call, then campaign lead.
    """
    call = Call.objects.for_update().get(pk=call.pk)
    if call.dial_state == Call.DialState.RESERVED:
        raise NotDialed
    if disposition == "callback":
        _check_callback(callback_at)
    call.disposition = disposition
    call.callback_at = callback_at if disposition == "callback" else None
    call.user = call.user or getattr(actor, "user_or_none", None)
    call.save(update_fields=["disposition", "callback_at", "user"])
    _carry_out(actor, call)
    if note.strip():
        call_noted.send(Call, actor=actor, call=call, content=note)
    call.refresh_from_db()
    return call


def _check_callback(callback_at: dt.datetime | None) -> None:
    if callback_at is None:
        raise InvalidInput("Say when to call back.", field="callback_at", field_code="required")
    now = timing.database_now()
    if not now - dt.timedelta(minutes=1) <= callback_at <= now + FURTHEST:
        raise InvalidInput("Choose a time from now to a year ahead.", field="callback_at", field_code="out_of_range")


def _carry_out(actor: Any, call: Call) -> None:
    if call.campaign_lead_id and call.disposition != "left_message":
        _move_campaign_lead(actor, call)
    if call.lead_id and call.disposition in SPOKEN_WITH:
        leads.note_conversation(lead_id=call.lead_id)
    if call.disposition == "callback" and call.callback_at and (call.lead_id or call.contact_id):
        todo.plan_callback(actor=actor, lead=call.lead, contact=call.contact, due_at=call.callback_at)
    if call.is_callback and call.lead_id and call.disposition not in ("callback", "left_message"):
        todo.complete_callbacks(actor=actor, lead_id=call.lead_id)
    if call.disposition == "do_not_call":
        suppressions.suppress_number(
            actor=actor,
            phone_number=call.phone_number,
            reason="Asked not to be called again",
            source="agent",
            proof={"call_id": str(call.pk), "said_by": str(actor)},
        )


def _move_campaign_lead(actor: Any, call: Call) -> None:
    """Move a lead whose call has ended; while the call lasts, its end does so by the same words."""
    lead = CampaignLead.objects.for_update().get(pk=call.campaign_lead_id)
    if lead.status in IN_FLIGHT:
        return
    if call.disposition == "callback" and lead.status in (*sources_of(CampaignLead.Status.CALLBACK), "callback"):
        lead.status, lead.status_reason = CampaignLead.Status.CALLBACK, "callback"
        lead.next_attempt_at, lead.priority = call.callback_at, CALLBACK_FIRST
        lead.callback_owner = getattr(actor, "user_or_none", None)
    elif call.disposition in _CLOSES and lead.status in WAITING:
        lead.status, lead.status_reason = _CLOSES[call.disposition]
        if call.disposition == "wrong_number" and call.phone_number == lead.phone_number:
            next_numbers.seek_next_number(lead)
    else:
        return
    lead.save(update_fields=["status", "status_reason", "next_attempt_at", "priority", "callback_owner"])
    why.log(lead, rule=lead.status_reason, allowed=call.disposition == "callback", value=f"Said by {actor}.")


@transaction.atomic
def note_call(*, actor: Any, call: Call, content: str) -> None:
    """Write a note about a call; it is kept with the call's lead or contact. Raises InvalidInput for a blank one."""
    if not (call.lead_id or call.contact_id):
        raise InvalidInput("This call belongs to nobody a note could be kept with.", field="content")
    call_noted.send(Call, actor=actor, call=call, content=content)
