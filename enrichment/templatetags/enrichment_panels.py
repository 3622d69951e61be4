"""What other pages show of enrichment."""

from typing import Any

from django import template

from enrichment import selectors
from enrichment.models import EnrichmentRun

register = template.Library()


@register.inclusion_tag("enrichment/panel.html", takes_context=True)
def enrichment_panel(context: dict[str, Any], contact: Any = None, lead: Any = None, back: str = "") -> dict[str, Any]:
    """What is known about a contact (or a lead's contact) from outside, from where, and a button to look again."""
    contact = contact or getattr(lead, "contact", None)
    request = context.get("request")
    runs = selectors.runs_of(contact) if contact else []
    open_run = next((run for run in runs if run.status in EnrichmentRun.OPEN), None)
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "contact": contact,
        "facts": selectors.facts_of(contact) if contact else [],
        "runs": [run for run in runs if run is not open_run],
        "open_run": open_run,
        "back": back or (request.path if request else ""),
    }


@register.filter
def provider_label(name: str) -> str:
    """A provider's name as people read it."""
    return selectors.provider_label(name)
