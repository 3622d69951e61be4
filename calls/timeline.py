"""Calls in the timeline of a contact."""

import datetime as dt
from collections.abc import Iterable

from calls.models import Call
from contacts.models import Contact
from contacts.timeline import Event, register_source

_ICONS = {
    "completed": ("phone-call", "green"),
    "voicemail": ("voicemail", ""),
    "no_answer": ("phone-missed", "red"),
    "rejected": ("phone-missed", "red"),
    "busy": ("phone-missed", "amber"),
    "opt_out": ("phone-off", "red"),
}


def calls_of_contact(contact: Contact, before: dt.datetime, most: int) -> Iterable[Event]:
    """The calls with a contact; one query."""
    rows = Call.objects.filter(contact=contact, created_at__lt=before).select_related("campaign")
    for call in rows.order_by("-created_at")[:most]:
        state = (call.outcome or call.status).replace("_", " ")
        icon, tone = _ICONS.get(call.outcome or "", ("phone", ""))
        yield Event(
            at=call.created_at,
            kind="call",
            title=f"Call: {state}",
            detail=f"· {call.campaign.name}" if call.campaign else "",
            body=call.summary,
            icon=icon,
            tone=tone,
            url=call.get_absolute_url(),
            id=str(call.pk),
            data={"call_id": str(call.pk), "outcome": call.outcome, "duration_seconds": call.duration_seconds},
        )


register_source("calls", calls_of_contact)
