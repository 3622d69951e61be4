"""The shell's search: people, leads, campaigns and calls by a few look-ups, for the palette and its page."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime
from django.views.decorators.http import require_GET

from calls.models import Call
from campaigns.models import Campaign
from contacts import search as contact_search
from core.phones import pretty
from leads.models import Lead

MOST = 6
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the palette."""

    title: str
    detail: str
    url: str
    icon: str


def _contacts(hits: list[contact_search.Hit]) -> list[Found]:
    return [
        Found(
            hit.contact.name,
            " · ".join(filter(None, (hit.contact.company, pretty(hit.contact.phone_number or "")))),
            hit.contact.get_absolute_url(),
            "user-round",
        )
        for hit in hits
    ]


def _leads(query: str, contact_ids: list[Any]) -> list[Found]:
    rows = Lead.objects.active().filter(contact_id__in=contact_ids).order_by("-created_at")[:MOST]
    return [Found(lead.name, f"Lead · {lead.get_state_display()}", lead.get_absolute_url(), "target") for lead in rows]


def _campaigns(query: str) -> list[Found]:
    rows = Campaign.objects.filter(name__icontains=query).order_by("-created_at")[:MOST]
    return [Found(c.name, f"Campaign · {c.get_status_display()}", f"/campaigns/{c.pk}", "megaphone") for c in rows]


def _calls(contact_ids: list[Any], digits: str) -> list[Found]:
    whose = Q(contact_id__in=contact_ids)
    if len(digits) >= 10:
        whose |= Q(phone_number=f"+{digits}")
    rows = Call.objects.filter(whose).select_related("contact").order_by("-created_at")[:MOST]
    return [
        Found(
            str(call.contact or pretty(call.phone_number)),
            f"Call · {(call.outcome or call.status).replace('_', ' ')} · {localtime(call.created_at):%d %b %H:%M}",
            call.get_absolute_url(),
            "phone",
        )
        for call in rows
    ]


def search_everything(query: str) -> list[tuple[str, list[Found]]]:
    """What a query finds, by kind of record; kinds without a find are left out."""
    hits = contact_search.find(query, size=50).hits
    ids = [hit.contact.pk for hit in hits]
    groups = [
        ("Contacts", _contacts(hits[:MOST])),
        ("Leads", _leads(query, ids)),
        ("Campaigns", _campaigns(query)),
        ("Calls", _calls(ids, contact_search.query_digits(query))),
    ]
    return [(name, found) for name, found in groups if found]


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """The palette's answer, or a page for those without JavaScript."""
    query = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    context = {"query": query, "groups": search_everything(query) if query else []}
    bare = request.headers.get("HX-Request") or request.headers.get("X-Requested-With")
    return render(request, "search/results.html" if bare else "search/page.html", context)
