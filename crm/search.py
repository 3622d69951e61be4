"""The shell's search: people, leads, campaigns and calls by a few look-ups, for the palette and its page."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.views.decorators.http import require_GET

from calls.models import Call
from campaigns.models import Campaign
from contacts import search as contact_search
from contacts.highlights import Highlighter
from core.templatetags.ui import phone
from leads.models import Lead

MOST = 6
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the palette; title and detail may hold marks, and are escaped where they do."""

    title: str
    detail: str
    url: str
    icon: str


def _contacts(hits: list[contact_search.Hit]) -> list[Found]:
    return [
        Found(
            hit.marks.mark(hit.contact.name),
            format_html_join(" · ", "{}", ((part,) for part in _about(hit) if part)),
            hit.contact.get_absolute_url(),
            "user-round",
        )
        for hit in hits
    ]


def _about(hit: contact_search.Hit) -> list[SafeString]:
    """Company and number; and where else something was found, when it was not in the name or these."""
    contact = hit.contact
    shown = [hit.marks.mark(contact.company), hit.marks.mark(phone(contact.phone_number or ""))]
    if any("<mark>" in text for text in (hit.marks.mark(contact.name), *shown)):
        return shown
    return [*shown, *(SafeString(hit.highlight.get(field, "")) for field in ("title", "email", "tags"))]


def _leads(contact_ids: list[Any], marks: Highlighter) -> list[Found]:
    rows = Lead.objects.active().filter(contact_id__in=contact_ids).order_by("-created_at")[:MOST]
    return [
        Found(marks.mark(lead.name), f"Lead · {lead.get_state_display()}", lead.get_absolute_url(), "target")
        for lead in rows
    ]


def _campaigns(query: str, marks: Highlighter) -> list[Found]:
    rows = Campaign.objects.filter(name__icontains=query).order_by("-created_at")[:MOST]
    return [
        Found(marks.mark(c.name), f"Campaign · {c.get_status_display()}", f"/campaigns/{c.pk}", "megaphone")
        for c in rows
    ]


def _calls(contact_ids: list[Any], marks: Highlighter) -> list[Found]:
    whose = Q(contact_id__in=contact_ids)
    if len(marks.digits) >= 10:
        whose |= Q(phone_number=f"+{marks.digits}")
    rows = Call.objects.filter(whose).select_related("contact").order_by("-created_at")[:MOST]
    return [
        Found(
            marks.mark(call.contact or phone(call.phone_number)),
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
    marks = hits[0].marks if hits else Highlighter.of(query, contact_search.query_digits(query))
    groups = [
        ("Contacts", _contacts(hits[:MOST])),
        ("Leads", _leads(ids, marks)),
        ("Campaigns", _campaigns(query, marks)),
        ("Calls", _calls(ids, marks)),
    ]
    return [(name, found) for name, found in groups if found]


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """The palette's answer, or a page for those without JavaScript."""
    query = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    context = {"query": query, "groups": search_everything(query) if query else []}
    bare = request.headers.get("HX-Request") or request.headers.get("X-Requested-With")
    return render(request, "search/results.html" if bare else "search/page.html", context)
