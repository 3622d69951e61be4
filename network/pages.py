"""Pages of the network: the drawn graph, introductions and the leaderboard."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_POST

from accounts.models import Role
from accounts.permissions import role_required
from contacts.models import Contact
from core.problems import DomainError, NotFound
from network import importing, introductions, presentation, referrals, selectors, touches
from network.graph import find_paths
from network.models import Introduction
from network.neighbourhood import network_of
from network.statistics import PERIODS, leaderboard, viral_stats
from network.ties import create_relationship

IN_TABLE = 100
PERIOD_WORDS = {"7d": "7 days", "30d": "30 days", "90d": "90 days", "all": "All time"}


def _depth(request: HttpRequest) -> int:
    raw = request.GET.get("depth", "2")
    return int(raw) if raw in ("1", "2", "3") else 2


def network_page(request: HttpRequest) -> HttpResponse:
    """The network around a contact, drawn and as a table, with the path to another one."""
    middle = selectors.contact_from(request.GET.get("contact", "")) or selectors.best_connected()
    known = touches.card_of(request.user.pk) is not None
    if middle is None:
        return render(request, "network/network.html", {"known": known})
    depth, target = _depth(request), selectors.contact_from(request.GET.get("to", ""))
    found = network_of(contact_id=middle.pk, depth=depth, limit=5_000)
    paths = _paths(middle, target)
    context = {
        "known": known,
        "middle": middle,
        "depth": depth,
        "depths": (1, 2, 3),
        "found": found,
        "people": Paginator(found.nodes[1:], IN_TABLE).get_page(request.GET.get("page")),
        "target": target,
        "paths": paths,
        "drawn_path": presentation.drawn(paths[0]) if paths else {"nodes": [], "links": []},
        "source": f"/api/v1/graph/network/{middle.pk}?{urlencode({'depth': depth, 'limit': 5_000})}",
    }
    return render(request, "network/network.html", context)


def _paths(middle: Contact, target: Contact | None) -> list[dict[str, Any]]:
    return presentation.paths(find_paths(from_id=middle.pk, to_id=target.pk, alternatives=3)) if target else []


@require_POST
def join_network(request: HttpRequest) -> HttpResponse:
    """Make the signed-in person a contact, so that their calls and notes tie them to others."""
    try:
        me = touches.make_card(actor=request.user)  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect("network")
    messages.success(request, "You are in the network. Your calls and notes tie you to people from now on.")
    return redirect(f"/network?{urlencode({'contact': str(me)})}")


def contact_options(request: HttpRequest) -> HttpResponse:
    """Choices of a contact chooser."""
    words = request.GET.get("q", "").replace("\x00", "")
    return render(request, "network/options.html", {"contacts": selectors.find_contacts(words)})


def _back(request: HttpRequest, default: str) -> HttpResponse:
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else default)


@require_POST
def add_tie(request: HttpRequest) -> HttpResponse:
    """Tie two contacts from the panel on a record."""
    one = selectors.contact_from(request.POST.get("from_contact_id", ""))
    other = selectors.contact_from(request.POST.get("to_contact_id", ""))
    strength = request.POST.get("strength", "0.5")
    if one is None or other is None or strength not in ("0.2", "0.5", "0.8", "1"):
        messages.error(request, "Choose a contact from the list.")
        return _back(request, "/network")
    try:
        create_relationship(from_contact_id=one.pk, to_contact_id=other.pk, strength=strength)
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, f"{one} and {other} know each other.")
    return _back(request, "/network")


def introduction_list(request: HttpRequest) -> HttpResponse:
    """Introductions by status."""
    status = request.GET.get("status", "")
    rows = selectors.introduction_rows()
    if status in Introduction.Status.values:
        rows = rows.filter(status=status)
    context = {
        "rows": [(row, introductions.STEPS[row.status]) for row in rows.order_by("-created_at", "-id")[:200]],
        "status": status,
        "statuses": Introduction.Status.choices,
    }
    return render(request, "network/introductions.html", context)


def introduction_new(request: HttpRequest) -> HttpResponse:
    """Ask someone who knows a contact for an introduction."""
    target = selectors.contact_from(request.POST.get("to", "") or request.GET.get("to", ""))
    if target is None:
        return redirect("introductions")
    via = selectors.contact_from(request.POST.get("via", ""))
    if request.method == "POST" and via is not None:
        try:
            introductions.request_introduction(
                actor=request.user,
                to_contact_id=target.pk,
                via_contact_id=via.pk,
                message=request.POST.get("message", "").replace("\x00", "")[:5_000],
            )
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, f"{via} is asked to introduce you to {target}.")
            return redirect("introductions")
    context = {"target": target, "connectors": selectors.acquaintances(target.pk, most=20), "via": via}
    return render(request, "network/introduction_form.html", context)


@require_POST
def introduction_step(request: HttpRequest, pk: uuid.UUID, status: str) -> HttpResponse:
    """Take a step by hand, when the connector answered on the phone."""
    introduction = selectors.get_introduction(request.user, pk)
    try:
        outcome = request.POST.get("outcome", "").replace("\x00", "")[:2_000]
        moved = introductions.step(introduction=introduction, status=status, outcome=outcome)
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, f"The introduction to {introduction.to_contact} is {moved.status}.")
    return _back(request, "/introductions")


@role_required(Role.MANAGER)
@require_POST
def referral_judge(request: HttpRequest, pk: uuid.UUID, verdict: str) -> HttpResponse:
    """Keep a suspicious referral, or take its credit away."""
    referral = selectors.get_referral(request.user, pk)
    if verdict == "void":
        referrals.void_referral(referral=referral)
        messages.success(request, f"The referral of {referral.referred} by {referral.referrer} no longer counts.")
    elif verdict == "keep":
        referrals.clear_referral(referral=referral)
        messages.success(request, f"The referral of {referral.referred} counts, and {referral.referrer} is thanked.")
    else:
        raise NotFound
    return _back(request, "/leaderboard")


@role_required(Role.MANAGER)
def tie_import(request: HttpRequest) -> HttpResponse:
    """Bring ties in from a file; the columns, the dry run and the report are those of every import."""
    error = ""
    if request.method == "POST":
        try:
            job = importing.keep_ties(upload=request.FILES.get("file"), actor=request.user)  # type: ignore[arg-type]
            return redirect("contacts:import-detail", pk=job.pk)
        except DomainError as refusal:
            error = refusal.detail
    return render(request, "network/tie_import.html", {"error": error}, status=422 if error else 200)


def leaderboard_page(request: HttpRequest) -> HttpResponse:
    """Who refers most, and what referrals bring by day."""
    period = request.GET.get("period", "30d")
    period = period if period in PERIODS else "30d"
    standings, total = leaderboard(period=period, limit=50)
    stats = viral_stats(period=period)
    context = {
        "period": period,
        "periods": PERIOD_WORDS.items(),
        "standings": standings,
        "total": total,
        "most": standings[0].referrals if standings else 0,
        "stats": stats,
        "charts": presentation.charts(stats["by_day"]),
        "newest": selectors.newest_referrals(),
        "suspicious": selectors.suspicious_referrals(),
        "may_judge": request.user.has_role(Role.MANAGER),  # type: ignore[union-attr]
    }
    return render(request, "network/leaderboard.html", context)
