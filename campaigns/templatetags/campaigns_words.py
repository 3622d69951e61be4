"""The words of campaigns on pages: why someone is (not) called, why a campaign stands still, and what to do."""

from datetime import datetime
from typing import Any

from django import template
from django.utils.dateparse import parse_datetime

from campaigns import reasons

register = template.Library()

register.filter("reason_title", reasons.reason_title)
register.filter("reason_advice", reasons.reason_advice)


@register.filter
def pause_title(reason: str) -> str:
    """Why the campaign paused itself."""
    return reasons.PAUSES.get(reason, ("The campaign is paused.", ""))[0]


@register.filter
def pause_advice(detail: str, reason: str) -> str:
    """What happened in detail and what to do."""
    said = "" if detail == reason else f"{detail} "
    return f"{said}{reasons.PAUSES.get(reason, ('', 'Resume when you are ready.'))[1]}"


@register.filter
def may_manage(user: Any) -> bool:
    """Whether the person may change campaigns."""
    return bool(user.has_role("manager"))


@register.filter
def total(counts: dict[str, int]) -> int:
    """The sum of numbers by name."""
    return sum(counts.values())


@register.filter
def moment(text: str | None) -> datetime | None:
    """A time of the API as a time."""
    return parse_datetime(text) if text else None


@register.filter
def person_of(call: Any) -> str:
    """Whom a call is to."""
    return str(call.lead or call.contact or call.phone_number)


@register.filter
def company_of(call: Any) -> str:
    """Where they work, or their number."""
    person = call.lead or call.contact
    return (person.company if person else "") or str(call.phone_number)


_LINES = {
    "initiated": ("Dialing", "blue"),
    "ringing": ("Ringing", "amber"),
    "in_progress": ("In conversation", "green"),
}


@register.filter
def line_word(call: Any) -> str:
    """What happens on a line just now."""
    if call.answered_by == "voicemail":
        return "Voicemail"
    return _LINES.get(call.status, ("Ending", "gray"))[0]


@register.filter
def line_tone(call: Any) -> str:
    """The colour of what happens on a line."""
    return "gray" if call.answered_by == "voicemail" else _LINES.get(call.status, ("", "gray"))[1]
