"""Words and chips of leads: how long one waits, how fast it was answered."""

import datetime as dt
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from contacts.listing import Column
from core.templatetags import ui
from core.templatetags.ui import chip
from leads.models import Lead

register = template.Library()


@register.filter
def duration(seconds: Any) -> str:
    """A span in the two largest units: "45 s", "3 min", "2 h 10 min", "4 d 3 h"; a dash when there is none."""
    if seconds is None:
        return "—"
    if isinstance(seconds, dt.timedelta):
        seconds = seconds.total_seconds()
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if minutes < 60:
        return f"{minutes} min"
    if hours < 24:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{days} d {hours % 24} h" if hours % 24 and days < 7 else f"{days} d"


def _cell(lead: Any, key: str, answer_within: int) -> Any:
    match key:
        case "company":
            return (
                format_html('{}<span class="cut">{}</span>', ui.avatar(lead.company, "sm", square=True), lead.company)
                if lead.company
                else ""
            )
        case "phone_number":
            return ui.phone(lead.phone_number) if lead.phone_number else ""
        case "state":
            return ui.status(lead.state)
        case "waiting":
            pending = lead.state == Lead.State.PENDING
            return speed_chip(lead, answer_within, short=True) if pending else ui.ago(lead.reached_out_at)
        case "owner":
            return format_html("{}{}", ui.avatar(lead.owner, "sm"), lead.owner) if lead.owner else ""
        case "next_step":
            return (
                format_html('<span title="{}">{}</span>', lead.next_step, ui.when(lead.next_step_at))
                if lead.next_step
                else ""
            )
        case "consent":
            return ui.chip("Agreed", "green", icon_name="check") if lead.consent else ""
        case "created_at" | "updated_at":
            return ui.ago(getattr(lead, key))
    if key.startswith("custom:"):
        return lead.custom_fields.get(key.removeprefix("custom:"), "")
    return getattr(lead, key, "")


@register.simple_tag
def lead_cell(lead: Any, column: Column, answer_within: int = 5) -> SafeString:
    """One cell of the lead list."""
    content = conditional_escape(_cell(lead, column.key, answer_within)) or mark_safe('<span class="muted">—</span>')
    numeric = " num" if column.key in ("phone_number", "next_step", "created_at", "updated_at") else ""
    classes = f"cell {column.width}{' hide-sm' if column.hide_small else ''}{numeric}"
    return format_html('<div class="{}" role="cell"><span class="line tight cut">{}</span></div>', classes, content)


@register.simple_tag
def speed_chip(lead: Lead, answer_within: int = 5, *, short: bool = False) -> SafeString:
    """The clock of a lead nobody has reached yet, or how fast it was; red once the promised time is over.

    `short` names the largest unit only, for a column headed "Waiting".
    """
    if lead.reached_out_at:
        return chip(f"Reached in {duration(lead.reached_out_at - lead.created_at)}", "green", icon_name="zap")
    if lead.state != Lead.State.PENDING:
        return SafeString("")
    waited = timezone.now() - lead.created_at
    late = waited > dt.timedelta(minutes=answer_within)
    words = " ".join(duration(waited).split()[:2]) if short else f"Waiting {duration(waited)}"
    return chip(words, "red" if late else "amber", icon_name="timer")
