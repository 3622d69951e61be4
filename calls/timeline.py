"""Calls in the timelines of leads and contacts."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from calls.models import Call
from contacts.models import Contact
from contacts.timeline import Event, register_source
from core.templatetags.ui import clock, label
from leads.models import Lead
from leads.timeline import Entry, register

_LOOKS = {
    "completed": ("phone-call", "green"),
    "voicemail": ("voicemail", ""),
    "invalid_number": ("circle-x", "red"),
    "opt_out": ("phone-off", "red"),
}
_MOST = 50


def _shown(calls: Any, most: int) -> Iterable[tuple[Call, dt.datetime, str, str]]:
    """The newest calls that reached the network, with their time, title and the words after it."""
    rows = calls.exclude(dial_state="reserved").exclude(outcome="cancelled").select_related("campaign")
    for call in rows.order_by("-created_at")[:most]:
        ended = call.status == Call.Status.ENDED
        title = f"Call: {label(call.outcome).lower()}" if ended and call.outcome else "Call under way"
        length = clock(call.duration_seconds) if call.duration_seconds else ""
        parts = [length, str(call.campaign.name) if call.campaign else "by hand"]
        yield call, call.ended_at or call.created_at, title, " · ".join(filter(None, parts))


def _look(call: Call) -> tuple[str, str]:
    return _LOOKS.get(call.outcome, ("phone-missed" if call.outcome else "phone", ""))


def calls_of_lead(lead: Lead) -> Iterable[Entry]:
    """Calls to the lead."""
    for call, at, title, detail in _shown(Call.objects.filter(lead=lead), _MOST):
        icon, tone = _look(call)
        yield Entry(at, icon, title, detail, tone, "calls/timeline_call.html", {"call": call})


def calls_of_contact(contact: Contact, before: dt.datetime, most: int) -> Iterable[Event]:
    """Calls to the contact, through whichever lead."""
    rows = Call.objects.filter(contact=contact, created_at__lt=before)
    for call, at, title, detail in _shown(rows, most):
        icon, tone = _look(call)
        yield Event(
            at=at,
            kind="call",
            title=title,
            detail=detail,
            body=call.summary,
            icon=icon,
            tone=tone,
            url=call.get_absolute_url(),
            id=str(call.pk),
            data={"call_id": str(call.pk), "outcome": call.outcome or None, "duration_seconds": call.duration_seconds},
        )


register("calls", calls_of_lead)
register_source("calls", calls_of_contact)
