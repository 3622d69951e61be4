"""Reading calls: one by id with all that hangs on it, lists as they are shown."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError

from calls.models import Call, Recording
from core.problems import NotFound


def call_list() -> Any:
    """Calls that were dialled, newest first, with whom and what they show."""
    return (
        Call.objects.dialed().select_related("recording", "campaign", "lead", "contact").order_by("-created_at", "-id")
    )


def get_call(actor: Any, pk: uuid.UUID | str) -> Call:
    """The call with that id, or NotFound."""
    try:
        call: Call | None = call_list().select_related("conversation", "user", "campaign_lead").filter(pk=pk).first()
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
