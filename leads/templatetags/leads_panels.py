"""What pages of other apps show of leads: the leads and tasks of a contact."""

from typing import Any

from django import template
from django.utils import timezone

from leads.forms import TaskForm, people
from leads.intake_settings import get_intake_settings
from leads.local_time import local_time, zone_of
from leads.models import Lead, Task

register = template.Library()
MOST = 10


@register.inclusion_tag("leads/leads_panel.html", takes_context=True)
def leads_panel(context: dict[str, Any], contact: Any) -> dict[str, Any]:
    """Leads of a contact, what is planned, and a form to plan more."""
    now = timezone.now()
    return {
        "request": context.get("request"),
        "csrf_token": context.get("csrf_token"),
        "contact": contact,
        "leads": Lead.objects.active().filter(contact=contact).select_related("owner")[:MOST],
        "tasks": Task.objects.open().filter(contact=contact).select_related("owner")[:MOST],
        "task_form": TaskForm(zone=zone_of(contact, now) or timezone.get_current_timezone()),
        "people": people(),
        "local": local_time(contact, now),
        "answer_within": get_intake_settings().answer_within_minutes,
        "now": now,
    }
