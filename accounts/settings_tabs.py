"""The tabs of the settings pages: each app adds its own in `AppConfig.ready`."""

from dataclasses import dataclass
from typing import Any

from accounts.models import Role


@dataclass(frozen=True)
class Tab:
    """One tab: its words, its address, the least role that sees it, its place among the others."""

    label: str
    url: str
    role: Role = Role.AGENT
    position: int = 50


_tabs: dict[str, Tab] = {}


def register(tab: Tab) -> None:
    """Add a tab (again is fine)."""
    _tabs[tab.url] = tab


def tabs_for(actor: Any) -> list[Tab]:
    """The tabs a person sees, in order."""
    return sorted((t for t in _tabs.values() if actor.has_role(t.role)), key=lambda t: (t.position, t.label))


for _tab in (
    Tab("Your account", "/settings", Role.AGENT, 0),
    Tab("Workspace", "/settings/workspace", Role.ADMIN, 10),
    Tab("People", "/settings/people", Role.ADMIN, 20),
    Tab("API keys", "/settings/api-keys", Role.ADMIN, 80),
    Tab("Webhooks", "/settings/webhooks", Role.ADMIN, 81),
    Tab("Credits", "/settings/credits", Role.MANAGER, 70),
    Tab("Audit", "/settings/audit", Role.ADMIN, 99),
):
    register(_tab)
