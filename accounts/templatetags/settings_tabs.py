"""`{% settings_tabs %}`: the row of tabs over every settings page."""

from typing import Any

from django import template

from accounts.settings_tabs import tabs_for

register = template.Library()


@register.inclusion_tag("settings/tabs.html", takes_context=True)
def settings_tabs(context: dict[str, Any]) -> dict[str, Any]:
    """The tabs the signed-in person may open; the present one is marked."""
    request = context["request"]
    path = request.path.rstrip("/")
    tabs = [{"label": t.label, "url": t.url, "current": t.url == path} for t in tabs_for(request.user)]
    return {"tabs": tabs}
