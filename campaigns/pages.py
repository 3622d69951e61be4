"""Pages of campaigns: list, live page, making and editing, the course of dialling, the pre-flight."""

import uuid
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from accounts.models import Role, Tenant
from accounts.permissions import role_required
from campaigns import running, services
from campaigns.compliance import faults_of
from campaigns.copies import copy_campaign
from campaigns.filters import CampaignFilters
from campaigns.forms import WAITS, CampaignForm, show_refusal
from campaigns.limits import limit_of
from campaigns.live import look_at
from campaigns.models import Campaign, CampaignLead
from campaigns.preflight import preflight
from campaigns.prompts import preview, usable_names
from campaigns.scheduling import schedule_campaign
from campaigns.selectors import attach_counters, get_campaign, get_campaign_lead
from core.clock import database_now
from core.problems import DomainError
from leads.listing import PageOfRows

STEPS: dict[str, tuple[Callable[..., Any], str]] = {
    "start": (running.start_campaign, "{} is calling."),
    "pause": (running.pause_campaign, "{} is paused. Calls in flight end by themselves."),
    "resume": (running.resume_campaign, "{} is calling again."),
    "stop": (running.stop_campaign, "{} is stopped for good."),
}


def campaign_list(request: HttpRequest) -> HttpResponse:
    """Campaigns with how far they have come."""
    rows = Campaign.objects.present().newest_first()
    page = PageOfRows(request, rows, CampaignFilters, ordering_fields=("name", "status", "created_at"))
    attach_counters(page.rows)
    context = {"page": page, "statuses": Campaign.Status.choices, "status": request.GET.get("status", "")}
    return render(request, "campaigns/campaign_list.html", context)


def campaign_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The live page of a campaign."""
    return render(request, "campaigns/campaign_detail.html", live_context(get_campaign(pk)))


def campaign_live(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The moving part of the live page."""
    return render(request, "campaigns/live.html", live_context(get_campaign(pk)))


def live_context(campaign: Campaign) -> dict[str, Any]:
    """What the live page shows."""
    lines = min(campaign.max_concurrent_calls, Tenant.objects.get().max_concurrent_calls)
    live = look_at(campaign, database_now())
    return {"campaign": campaign, "live": live, "lines": lines, "limit": limit_of(campaign)}


@role_required(Role.MANAGER)
def campaign_new(request: HttpRequest) -> HttpResponse:
    """Make a campaign."""
    form = CampaignForm(request.POST or None, initial=CampaignForm.values_of(None))
    if request.method == "POST" and form.is_valid():
        try:
            campaign = services.create_campaign(actor=request.user, **form.changes())
        except DomainError as error:
            show_refusal(form, error.extra.get("errors"), error.detail)
        else:
            messages.success(request, f"{campaign} is a draft. Add the people it should call.")
            return redirect(f"/campaigns/{campaign.pk}/add")
    return render(request, "campaigns/campaign_form.html", {"form": form, "waits": [form[name] for name in WAITS]})


@role_required(Role.MANAGER)
def campaign_edit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Change a campaign."""
    campaign = get_campaign(pk)
    form = CampaignForm(request.POST or None, initial=CampaignForm.values_of(campaign))
    if request.method == "POST" and form.is_valid():
        try:
            services.update_campaign(actor=request.user, campaign=campaign, **form.changes(campaign))
        except DomainError as error:
            show_refusal(form, error.extra.get("errors"), error.detail)
        else:
            messages.success(request, f"{campaign} is saved.")
            return redirect(campaign)
    context = {"form": form, "campaign": campaign, "waits": [form[name] for name in WAITS]}
    return render(request, "campaigns/campaign_form.html", context)


@role_required(Role.MANAGER)
@require_POST
def campaign_step(request: HttpRequest, pk: uuid.UUID, step: str) -> HttpResponse:
    """Start, pause, resume or stop."""
    campaign, (act, words) = get_campaign(pk), STEPS[step]
    try:
        act(actor=request.user, campaign=campaign)
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, words.format(campaign))
    return redirect(campaign)


@role_required(Role.MANAGER)
@require_POST
def campaign_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a campaign off the list."""
    campaign = get_campaign(pk)
    try:
        services.delete_campaign(actor=request.user, campaign=campaign)
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect(campaign)
    messages.success(request, f"{campaign} is deleted. Its calls stay on record.")
    return redirect("/campaigns")


@role_required(Role.MANAGER)
@require_POST
def campaign_copy(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A draft with the same settings and nobody in it."""
    copy = copy_campaign(actor=request.user, campaign=get_campaign(pk))
    messages.success(request, f"{copy} is a draft with the same settings.")
    return redirect(copy)


def campaign_preflight(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What a start would meet."""
    campaign = get_campaign(pk)
    context = {"campaign": campaign, "check": preflight(campaign, database_now()), "faults": faults_of(campaign)}
    return render(request, "campaigns/preflight.html", context)


@role_required(Role.MANAGER)
@require_POST
def campaign_schedule(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Set the time at which the campaign starts by itself, in the workspace's zone; empty takes the plan back."""
    campaign, text = get_campaign(pk), request.POST.get("at", "").strip()
    try:
        at = parse_datetime(text) if text else None
        zone = ZoneInfo(Tenant.objects.get().timezone)
        campaign = schedule_campaign(actor=request.user, campaign=campaign, at=at.replace(tzinfo=zone) if at else None)
    except ValueError:
        messages.error(request, "This is not a date and time.")
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        words = f"{campaign} starts by itself at {text.replace('T', ' ')}." if text else f"{campaign} is a draft again."
        messages.success(request, words)
    return redirect(f"/campaigns/{pk}/preflight")


def campaign_prompt(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What the voice is told: filled in for a lead, and its versions."""
    campaign = get_campaign(pk)
    people = (
        CampaignLead.objects.filter(campaign=campaign)
        .present()
        .select_related("lead", "contact")
        .order_by("created_at")
    )
    wanted = request.GET.get("lead", "")
    lead = get_campaign_lead(campaign, wanted) if wanted else people.first()
    context = {
        "campaign": campaign,
        "said": preview(campaign, lead),
        "names": usable_names(lead),
        "lead": lead,
        "people": [(str(row.pk), str(row)) for row in people[:50]],
        "versions": campaign.prompt_versions.select_related("created_by")[:50],
    }
    return render(request, "campaigns/prompt.html", context)
