"""What calls show on the pages of lower floors: `{% load calls_panels %}{% calls_panel lead=lead %}`."""

from typing import Any

from django import template

from calls import selectors

register = template.Library()


@register.inclusion_tag("calls/calls_panel.html")
def calls_panel(lead: Any = None, contact: Any = None, campaign: Any = None) -> dict[str, Any]:
    """The last calls of a lead, a contact or a campaign, with summary, sound and words."""
    whose = {name: value for name, value in (("lead", lead), ("contact", contact), ("campaign", campaign)) if value}
    return {"calls": selectors.calls_of(**whose)}


@register.inclusion_tag("calls/live_calls.html")
def live_calls(campaign: Any) -> dict[str, Any]:
    """Who is on a line now for a campaign."""
    return {"calls": selectors.live_calls(campaign.pk)}


@register.simple_tag
def live_count(campaign: Any) -> int:
    """How many lines a campaign holds now."""
    return len(selectors.live_calls(campaign.pk))


ICONS = {
    "completed": ("phone-call", "green"),
    "voicemail": ("voicemail", ""),
    "no_answer": ("phone-missed", "red"),
    "rejected": ("phone-missed", "red"),
    "busy": ("phone-missed", "amber"),
    "invalid_number": ("circle-x", "red"),
    "opt_out": ("phone-off", "red"),
}


@register.filter
def call_icon(call: Any) -> str:
    """The icon of how a call went."""
    return ICONS.get(call.outcome, ("phone", ""))[0]


@register.filter
def call_tone(call: Any) -> str:
    """The colour of how a call went."""
    return ICONS.get(call.outcome, ("phone", ""))[1]


@register.filter
def call_state(call: Any) -> str:
    """The word for where a call stands: its outcome, or its status while it lasts."""
    return str(call.outcome or call.status)


@register.filter
def call_name(call: Any) -> str:
    """Whom the call was to: the name, or nothing when only the number is known."""
    person = call.lead or call.contact
    return str(person) if person is not None and str(person) != call.phone_number else ""
