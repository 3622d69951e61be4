"""Pages of leads: list, one lead, making and editing, moving, trash."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from contacts.listing import Column, build_listing
from core.file_store import attachment
from core.problems import DomainError, NotFound
from leads import services
from leads.filters import LeadFilter
from leads.forms import LeadForm, TaskForm, people
from leads.intake_settings import get_intake_settings
from leads.listing import PageOfRows
from leads.local_time import local_time, zone_of
from leads.models import Lead
from leads.selectors import get_lead, lead_rows, lead_sources
from leads.states import legal_steps
from leads.timeline import lead_timeline

COLUMNS = (
    Column("company", "Company", "company"),
    Column("phone_number", "Phone", width="lg"),
    Column("email", "Email", width="lg"),
    Column("state", "State", hide_small=False),
    Column("waiting", "Waiting", width="sm"),
    Column("owner", "Owner"),
    Column("source", "Source", width="sm"),
    Column("next_step", "Next step"),
    Column("consent", "May be called"),
    Column("created_at", "Added", "created_at", width="xs", hide_small=False),
    Column("updated_at", "Changed", "updated_at", width="xs"),
)
USUAL = ("company", "phone_number", "state", "waiting", "owner", "source", "next_step", "created_at")
ORDERINGS = ("first_name", "last_name", "company", "email", "state", "created_at", "updated_at")
LABELS = {
    "search": "Search",
    "state": "State",
    "owner": "Owner",
    "source": "Source",
    "email": "Email",
    "campaign": "Campaign",
    "contact": "Contact",
    "created_after": "Added since",
    "created_before": "Added before",
}


def show_refusal(form: Any, error: DomainError) -> None:
    """Show a rule's refusal at the field it speaks of, else over the form."""
    for item in error.extra.get("errors") or [{"field": "", "detail": error.detail}]:
        form.add_error(item["field"] if item["field"] in form.fields else None, item["detail"])


def back_to(request: HttpRequest, default: str) -> HttpResponse:
    """To the page one came from."""
    back = request.POST.get("next") or request.headers.get("Referer", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else default)


def lead_list(request: HttpRequest) -> HttpResponse:
    """Leads, narrowed by the same filters as the API."""
    colleagues, states = people(), Lead.State.choices
    listing = build_listing(
        request,
        kind="leads",
        filterset=LeadFilter(request.GET, queryset=lead_rows()),
        columns=COLUMNS,
        usual=USUAL,
        orderings=ORDERINGS,
        labels=LABELS,
        words={"owner": dict(colleagues), "state": dict(states)},
    )
    context = {"listing": listing, "states": states, "people": colleagues, "sources": lead_sources()}
    context["answer_within"] = get_intake_settings().answer_within_minutes
    more = request.headers.get("HX-Request") and request.GET.get("cursor")
    return render(request, "leads/lead_rows.html" if more else "leads/lead_list.html", context)


def lead_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One lead: who it is, what happened, what to do next."""
    lead, now = get_lead(request.user, pk, deleted=True), timezone.now()
    context = {
        "lead": lead,
        "steps": [(s, Lead.State(s).label) for s in legal_steps(lead.state)],
        "local": local_time(lead, now),
        "tasks": lead.tasks.open().select_related("owner"),
        "task_form": TaskForm(zone=zone_of(lead, now) or timezone.get_current_timezone()),
        "consent": lead.submissions.order_by("-submitted_at").first(),
        "people": people(),
        "siblings": Lead.objects.active().filter(contact=lead.contact_id).exclude(pk=lead.pk)[:5],
        "timeline": lead_timeline(lead),
        "tabs": {request.GET.get("tab", "activity"): True},
        "answer_within": get_intake_settings().answer_within_minutes,
    }
    return render(request, "leads/lead_detail.html", context)


def lead_new(request: HttpRequest) -> HttpResponse:
    """Add a lead by hand."""
    initial = {"owner_id": request.user.pk, "source": "by hand"} | request.GET.dict()
    form = LeadForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            lead = services.create_lead(actor=request.user, **form.cleaned_data)
        except DomainError as error:
            show_refusal(form, error)
        else:
            messages.success(request, f"{lead} is added.")
            return redirect(lead)
    return render(request, "leads/lead_form.html", {"form": form})


def lead_edit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Change a lead."""
    lead = get_lead(request.user, pk)
    form = LeadForm(request.POST or None, initial=LeadForm.values_of(lead))
    if request.method == "POST" and form.is_valid():
        try:
            services.update_lead(actor=request.user, lead=lead, changes=form.cleaned_data)
        except DomainError as error:
            show_refusal(form, error)
        else:
            messages.success(request, f"{lead} is saved.")
            return redirect(lead)
    return render(request, "leads/lead_form.html", {"form": form, "lead": lead})


@require_POST
def lead_state(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Move a lead one step; the board asks in the background and wants no page."""
    lead = get_lead(request.user, pk)
    lead = services.change_state(actor=request.user, lead=lead, state=request.POST.get("state", ""))
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    messages.success(request, f"{lead} is now {lead.get_state_display().lower()}.")
    return back_to(request, lead.get_absolute_url())


@require_POST
def lead_owner(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Hand a lead over."""
    lead = get_lead(request.user, pk)
    try:
        owner = services.find_owner(uuid.UUID(raw) if (raw := request.POST.get("owner_id")) else None)
    except ValueError:
        raise NotFound("There is no such person.") from None
    services.assign_lead(actor=request.user, lead=lead, owner=owner)
    messages.success(request, f"{lead} belongs to {owner}." if owner else f"{lead} has no owner now.")
    return back_to(request, lead.get_absolute_url())


@require_POST
def lead_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Move a lead to the trash, with a way back."""
    lead = get_lead(request.user, pk)
    services.delete_lead(actor=request.user, lead=lead)
    messages.success(request, f"{lead} is in the trash.", extra_tags=f"undo=/leads/{lead.pk}/restore")
    return redirect("leads-page")


@require_POST
def lead_restore(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Bring a lead back."""
    lead = services.restore_lead(actor=request.user, lead=get_lead(request.user, pk, deleted=True))
    messages.success(request, f"{lead} is back.")
    return redirect(lead)


@require_POST
def lead_purge(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Erase a lead for good."""
    lead = get_lead(request.user, pk, deleted=True)
    services.purge_lead(actor=request.user, lead=lead)
    messages.success(request, "The lead is erased for good, with its notes and file.")
    return redirect("lead-trash")


def lead_trash(request: HttpRequest) -> HttpResponse:
    """Deleted leads."""
    page = PageOfRows(request, Lead.objects.deleted().for_display().order_by("-deleted_at", "-id"), LeadFilter)
    return render(request, "leads/lead_trash.html", {"page": page})


def lead_resume(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The file that came with a lead, as a download."""
    lead = get_lead(request.user, pk)
    if not lead.has_resume:
        raise NotFound("No file came with this lead.")
    return attachment(name=lead.resume, download_name=lead.resume_name)  # type: ignore[return-value]
