"""What the shell around every page shows: brand, navigation by role, counts, saved views."""

from functools import cache
from typing import Any

from django.conf import settings
from django.core.cache import cache as shared_cache
from django.http import HttpRequest
from django.urls import Resolver404, resolve

from accounts.models import Role
from contacts.models import Contact
from contacts.selectors import views_of
from core.pagination import count_rows
from leads.models import Lead

# label, address, icon, letter after G, in the phone's bar, least role
_TOP = [
    ("Today", "/today", "house", "t", True, Role.AGENT),
    ("Call queue", "/queue", "list-checks", "q", True, Role.AGENT),
]
_RECORDS = [
    ("Leads", "/leads", "user-round", "l", True, Role.AGENT),
    ("Contacts", "/contacts", "users-round", "c", True, Role.AGENT),
    ("Pipeline", "/leads/board", "square-kanban", "p", False, Role.AGENT),
    ("Campaigns", "/campaigns", "megaphone", "m", True, Role.AGENT),
    ("Calls", "/calls", "phone", "a", False, Role.AGENT),
    ("Notes", "/notes", "notebook-text", "o", False, Role.AGENT),
    ("Network", "/network", "waypoints", "n", False, Role.AGENT),
    ("Do not call", "/do-not-call", "phone-off", "d", False, Role.AGENT),
]
_BOTTOM = [
    ("Leaderboard", "/leaderboard", "trophy", "", False, Role.AGENT),
    ("Enrichment", "/enrichment", "sparkles", "", False, Role.MANAGER),
    ("Reports", "/reports", "chart-column", "", False, Role.MANAGER),
    ("Admin", "/admin/", "database", "", False, Role.MANAGER),
    ("Settings", "/settings", "settings", "", False, Role.AGENT),
]


@cache
def _exists(address: str) -> bool:
    """A link that would lead nowhere is not shown."""
    try:
        resolve(address)
    except Resolver404:
        return False
    return True


def _counts() -> dict[str, int]:
    """Sizes of the big lists, half a minute old at the most."""
    counts = shared_cache.get("shell:counts")
    if counts is None:
        counts = {
            "/leads": count_rows(Lead.objects.active())[0],
            "/contacts": count_rows(Contact.objects.active())[0],
        }
        shared_cache.set("shell:counts", counts, 30)
    return dict(counts)


def _section(
    request: HttpRequest, label: str, place: str, entries: list[Any], counts: dict[str, int]
) -> dict[str, Any]:
    addresses = [entry[1] for entry in _TOP + _RECORDS + _BOTTOM]
    inside = [a for a in addresses if request.path == a or request.path.startswith(a.rstrip("/") + "/")]
    current = max(inside, key=len, default="")
    items = [
        {
            "label": name,
            "url": url,
            "icon": icon,
            "count": counts.get(url),
            "current": url == current,
            "go": go,
            "bar": bar,
        }
        for name, url, icon, go, bar, role in entries
        if _exists(url) and request.user.has_role(role)  # type: ignore[union-attr]
    ]
    return {"label": label, "place": place, "items": items}


def _favourites(request: HttpRequest) -> list[dict[str, Any]]:
    """Saved views the person sees, as links; the newest dozen."""
    views = [view for kind in ("contacts", "leads") for view in views_of(request.user, kind)][:12]
    chosen = request.GET.get("view", "")
    return [{"label": v.name, "url": f"/{v.kind}?{v.query}&view={v.pk}", "current": chosen == str(v.pk)} for v in views]


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of base.html; see core.templatetags.ui for its shape."""
    if not getattr(request, "user", None) or not request.user.is_authenticated or request.path.startswith("/admin"):
        return {"brand": settings.BRAND, "nav": [], "favourites": []}
    counts = _counts()
    user = request.user
    return {
        "brand": settings.BRAND,
        "nav": [
            _section(request, "", "top", _TOP, counts),
            _section(request, "Records", "top", _RECORDS, counts),
            _section(request, "", "bottom", _BOTTOM, counts),
        ],
        "favourites": _favourites(request),
        "workspace": {
            "name": user.tenant.name,
            "user_name": str(user),
            "user_email": user.email,
            "role": Role(user.role).label,
        },
    }
