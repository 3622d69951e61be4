"""The words of campaigns on pages: why someone is (not) called, why a campaign stands still, and what to do."""

from datetime import datetime
from typing import Any

from django import template
from django.utils.dateparse import parse_datetime

from campaigns.states import IN_FLIGHT

register = template.Library()

REASONS: dict[str, tuple[str, str]] = {
    "do_not_call": ("Do not call", "The number is on a do-not-call list."),
    "no_consent": ("No consent", "There is no record that they agreed to calls by an AI voice."),
    "invalid_number": ("Bad number", "The number is not in service."),
    "attempt_cap": ("Called often enough", "The number was called as often lately as your settings allow."),
    "contact_deleted": ("In the trash", "The contact or the lead was deleted."),
    "unsupported_region": ("Unknown time zone", "Without a time zone nobody knows whether it is night there."),
    "warm_path_hold": ("Warm path", "Someone you know can introduce you; the call waits for that."),
    "duplicate_number": ("Same number", "Another lead of the campaign has the number."),
    "calling_hours": ("Outside hours", "It is too early, too late or a day off where they live."),
    "retry": ("Next try", "They were called already and are due again later."),
    "callable": ("Callable now", "Nothing speaks against a call."),
    "waiting": ("Waiting", "They are called when their time comes."),
    "answered": ("Answered", "A person answered and the talk came to its end."),
    "not_interested": ("Not interested", "They said no."),
    "attempts_used_up": ("All tries used", "Every allowed try was made without reaching them."),
    "retry_off": ("One try only", "The campaign does not try again."),
    "no_retry_rule": ("No further try", "The rules name no further try after such a call."),
    "hung_up_twice": ("Hung up twice", "A person ended the call within seconds, twice."),
    "cancelled": ("Cancelled", "The call was ended from our side."),
    "callback": ("Callback agreed", "They asked to be called at this time."),
    "number_in_use": ("On another line", "The number is being called for another campaign."),
    "duplicate_phone": ("In already", "The number is in the campaign."),
    "no_phone_number": ("No number", "There is no phone number to call."),
    "invalid_phone": ("Not a number", "This is no phone number."),
    "phone_type_not_allowed": ("Not callable", "Premium, shared-cost and service numbers are never called."),
    "not_found": ("Not found", "There is no such record."),
}
PAUSES: dict[str, tuple[str, str]] = {
    "breaker_failures": ("Too many calls failed.", "Check the phone network's account, then resume."),
    "drop_rate": ("Too many calls were dropped.", "Lower the calls at once, then resume."),
    "minutes": ("The call minutes are used up.", "Buy minutes, then resume."),
    "budget": ("The budget is spent.", "Raise the budget in the settings, then resume."),
    "no_caller_id": ("No caller number is free.", "Add caller numbers in the settings, then resume."),
    "compliance": ("A legal condition is not met.", "See the pre-flight, mend it, then resume."),
    "provider_down": ("The phone network does not answer.", "Resume when it is back."),
}


@register.filter
def reason_title(reason: str) -> str:
    """A reason in two words."""
    if reason.startswith("retry_"):
        return f"After {reason.removeprefix('retry_').replace('_', ' ')}"
    return REASONS.get(reason, (reason.replace("_", " ").capitalize(), ""))[0]


@register.filter
def reason_advice(reason: str) -> str:
    """A reason in a sentence."""
    return REASONS.get("retry" if reason.startswith("retry_") else reason, ("", ""))[1]


@register.filter
def pause_title(reason: str) -> str:
    """Why the campaign paused itself."""
    return PAUSES.get(reason, ("The campaign is paused.", ""))[0]


@register.filter
def pause_advice(detail: str, reason: str) -> str:
    """What happened in detail and what to do."""
    said = "" if detail == reason else f"{detail} "
    return f"{said}{PAUSES.get(reason, ('', 'Resume when you are ready.'))[1]}"


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


@register.filter
def why_quiet(live: Any) -> str:
    """Why a running campaign has nobody on a line."""
    if any(live.counts[state] for state in IN_FLIGHT):
        return "The next calls are being placed."
    waiting = live.counts["pending"] + live.counts["retry_wait"] + live.counts["callback"]
    return f"{waiting:,} wait for their calling hours or their next try." if waiting else "Everybody has been called."
