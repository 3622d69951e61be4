"""Pages about the people of a campaign: who is in it and why they are (not) called, and adding more."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.models import Role
from accounts.permissions import role_required
from campaigns import batches, importing, membership
from campaigns.filters import CampaignLeadFilters, WhyFilters
from campaigns.forms import PersonForm, show_refusal
from campaigns.live import qualified_leads
from campaigns.models import CampaignLead, WhyEntry
from campaigns.preflight import leads_in_group
from campaigns.selectors import get_batch, get_campaign, get_campaign_lead
from campaigns.stats import lead_counts
from campaigns.tallies import reasons_of
from contacts.models import Contact, Tag
from core.clock import database_now
from core.problems import DomainError
from leads.listing import PageOfRows

WHY_OF = {"campaign_lead": "Person", "contact": "Contact", "campaign": "Campaign"}
STATES = [(value, label) for value, label in CampaignLead.Status.choices if value != "removed"]


def people_list(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Who is in the campaign, by state and reason."""
    campaign = get_campaign(pk)
    group = request.GET.get("list", "")
    now = database_now()
    rows = CampaignLead.objects.filter(campaign=campaign).present()
    if group:
        rows = qualified_leads(campaign) if group == "qualified" else leads_in_group(campaign, group, now)
    rows = rows.select_related("contact", "lead").order_by("created_at", "id")
    page = PageOfRows(
        request,
        rows,
        CampaignLeadFilters,
        ordering_fields=("next_attempt_at", "last_called_at", "first_name", "status"),
    )
    counts = lead_counts(campaign)
    context = {
        "campaign": campaign,
        "page": page,
        "states": [(value, label, counts[value]) for value, label in STATES],
        "status": request.GET.get("status", ""),
        "reasons": reasons_of(campaign.pk),
        "list_name": group,
        "reason": request.GET.get("reason", ""),
    }
    return render(request, "campaigns/people_list.html", context)


def why_log(request: HttpRequest) -> HttpResponse:
    """Every decision about a number, a contact or a place in a campaign: rule, value and time."""
    rows = WhyEntry.objects.select_related("campaign").order_by("-at", "-id")
    page = PageOfRows(request, rows, WhyFilters, ordering_fields=("at",))
    chosen = [(n, (words, request.GET[n])) for n, words in WHY_OF.items() if request.GET.get(n)]
    at = page.rows[0].campaign if page.rows and "campaign_lead" in request.GET else None
    back = (f"{at.get_absolute_url()}/people", str(at)) if at else ("/campaigns", "Campaigns")
    context = {"page": page, "chosen": chosen, "back": back[0], "back_text": back[1]}
    return render(request, "campaigns/why_log.html", context)


@role_required(Role.MANAGER)
def people_add(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ways to add people, and adding one by number."""
    campaign = get_campaign(pk)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = membership.add_person(actor=request.user, campaign=campaign, **form.cleaned_data)
        except DomainError as error:
            show_refusal(form, error.extra.get("errors"), error.detail)
        else:
            words = "but is on a do-not-call list and will not be called" if row.status == "blocked" else "and waits"
            messages.success(request, f"{row} is in, {words}.")
            return redirect(f"/campaigns/{pk}/add")
    context = {
        "campaign": campaign,
        "form": form,
        "tags": [(tag, tag) for tag in Tag.objects.values_list("name", flat=True)],
        "statuses": Contact.Status.choices,
        "batches": campaign.batches.order_by("-created_at")[:5],
        "lists": importing.lists_of(campaign)[:5],
    }
    return render(request, "campaigns/people_add.html", context)


@role_required(Role.MANAGER)
@require_POST
def people_add_many(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Add everyone a filter finds."""
    campaign = get_campaign(pk)
    names = ("tag", "status", "company", "search")
    chosen = {name: value for name in names if (value := request.POST.get(name, "").strip())}
    try:
        batch = batches.add_many(actor=request.user, campaign=campaign, filter=chosen)
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect(f"/campaigns/{pk}/add")
    return redirect(f"/campaigns/{pk}/batches/{batch.pk}")


@role_required(Role.MANAGER)
@require_POST
def people_import(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a file in; its columns, the dry run and the report are those of every import."""
    try:
        upload = request.FILES.get("file")
        job = importing.keep_list(actor=request.user, campaign=get_campaign(pk), upload=upload)  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect("campaign-add", pk=pk)
    return redirect("contacts:import-detail", pk=job.pk)


def batch_detail(request: HttpRequest, pk: uuid.UUID, batch_id: uuid.UUID) -> HttpResponse:
    """How far a batch of people has come, and who was refused."""
    campaign = get_campaign(pk)
    batch = get_batch(campaign, batch_id)
    name = "batch_progress" if request.headers.get("HX-Request") else "batch_detail"
    return render(request, f"campaigns/{name}.html", {"campaign": campaign, "batch": batch})


@role_required(Role.MANAGER)
@require_POST
def person_remove(request: HttpRequest, pk: uuid.UUID, campaign_lead_id: uuid.UUID) -> HttpResponse:
    """Take someone out of the campaign."""
    row = get_campaign_lead(get_campaign(pk), campaign_lead_id)
    try:
        membership.remove_lead(actor=request.user, campaign_lead=row)
    except DomainError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, f"{row} is out of the campaign.")
    return redirect(f"/campaigns/{pk}/people")
