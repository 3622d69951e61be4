"""Reading calls: one by id with all that hangs on it, lists as they are shown."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError

from calls.models import Call, Recording
from core.problems import NotFound


def call_list() -> Any:
    """Calls that were dialled, newest first, with whom and what they show."""
    return _with_people(Call.objects.dialed()).order_by("-created_at", "-id")


def _with_people(calls: Any) -> Any:
    return calls.select_related("recording", "campaign", "lead", "contact", "test_of")


def get_call(actor: Any, pk: uuid.UUID | str) -> Call:
    """The call with that id, or NotFound.

    A campaign's reservation is not a call yet and may be given back; one made by hand is watched from its start.
    """
    rows = _with_people(Call.objects.exclude(dial_state="reserved", campaign__isnull=False))
    try:
        call: Call | None = rows.select_related("conversation", "user", "campaign_lead").filter(pk=pk).first()
    except ValidationError:
        call = None
    if call is None:
        raise NotFound("There is no such call.")
    return call


def get_recording(actor: Any, pk: uuid.UUID | str) -> Recording:
    """The recording with that id, or NotFound."""
    try:
        recording: Recording | None = Recording.objects.select_related("call").filter(pk=pk).first()
    except ValidationError:
        recording = None
    if recording is None:
        raise NotFound("There is no such recording.")
    return recording


def spoken_lines(call: Call) -> list[dict[str, Any]]:
    """The conversation as the page's transcript component takes it."""
    conversation = getattr(call, "conversation", None)
    person = (call.lead.first_name if call.lead else "") or "Person"
    agent = str(call.user) if call.user and not (call.campaign_id or call.test_of_id) else "AI agent"
    return [
        {
            "seconds": message["at"],
            "speaker": agent if message["role"] == "agent" else person,
            "content": message["content"],
        }
        for message in (conversation.messages if conversation else [])
    ]


def recording_of(call: Call) -> Recording | None:
    """The recording of a call whatever its state, or None."""
    return getattr(call, "recording", None)


def notes_of(call: Call) -> list[Any]:
    """Notes about the person of a call, newest first, those on this call among them."""
    owner: Any = call.lead or call.contact
    return list(owner.note_set.select_related("author")[:20]) if owner else []


def other_calls(call: Call) -> list[Call]:
    """The last other calls to the same number."""
    rows = Call.objects.dialed().filter(phone_number=call.phone_number).exclude(pk=call.pk)
    return list(rows.select_related("campaign").order_by("-created_at")[:8])


def calls_of(**whose: Any) -> list[Call]:
    """The last calls of a lead, contact or campaign, for panels of other pages."""
    rows = Call.objects.dialed().filter(**whose).select_related("campaign", "recording", "conversation", "lead")
    return list(rows.order_by("-created_at")[:20])


def live_calls(campaign_id: uuid.UUID) -> list[Call]:
    """Calls of a campaign that are on a line now, the longest first."""
    rows = Call.objects.dialed().live().filter(campaign_id=campaign_id)
    return list(rows.select_related("lead", "contact").order_by("created_at")[:50])
