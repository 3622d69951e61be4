"""What the network shows on a contact's page: `{% load network_panels %}{% network_panel contact=contact %}`."""

from typing import Any

from django import template
from django.conf import settings

from network import selectors

register = template.Library()


@register.inclusion_tag("network/introductions_panel.html", takes_context=True)
def introductions_panel(context: Any, everyone: bool = False) -> dict[str, Any]:
    """The introductions that wait for a step, of the signed-in person or of everyone."""
    user = None if everyone else context["request"].user
    return {"rows": selectors.introductions_to_tend(user), "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("network/network_panel.html", takes_context=True)
def network_panel(context: Any, contact: Any) -> dict[str, Any]:
    """Who a contact knows, who they probably know, and the link by which they refer others."""
    return {
        "contact": contact,
        "acquaintances": selectors.acquaintances(contact.pk),
        "colleagues": selectors.colleagues_without_tie(contact),
        "referral_link": f"{settings.PUBLIC_BASE_URL.rstrip('/')}/r/{contact.referral_code}",
        "csrf_token": context.get("csrf_token"),
        "request": context.get("request"),
    }
