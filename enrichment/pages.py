"""Pages of enrichment: the panel's actions, providers and policy, enriching many, and what was spent."""

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.models import Role
from accounts.permissions import role_required
from core.problems import DomainError, NotFound
from enrichment import batches, budgets, choices, gains, refreshing, selectors, services
from enrichment.fields import LABELS
from enrichment.forms import PolicyForm, ProviderForm
from enrichment.models import EnrichmentBatch


def _back(request: HttpRequest, otherwise: str) -> HttpResponse:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts=None) and target.startswith("/")
    return redirect(target if safe else otherwise)


@require_POST
def enrich(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Look a contact up by hand."""
    contact = selectors.get_contact(request.user, pk)
    try:
        services.request_enrichment(actor=request.user, contact=contact)  # type: ignore[arg-type]
        messages.info(request, f"Looking up {contact.name}.")
    except DomainError as error:
        messages.error(request, error.detail)
    return _back(request, contact.get_absolute_url())


@require_POST
def undo(request: HttpRequest, pk: uuid.UUID, run_id: uuid.UUID) -> HttpResponse:
    """Take back what an enrichment wrote."""
    contact = selectors.get_contact(request.user, pk)
    run = selectors.get_run(request.user, contact, run_id)
    try:
        back, left = services.undo_enrichment(actor=request.user, run=run)  # type: ignore[arg-type]
        kept = f" {left} changed since and stay." if left else ""
        messages.success(request, f"{back} fields are as they were.{kept}")
    except DomainError as error:
        messages.error(request, error.detail)
    return _back(request, contact.get_absolute_url())


def panel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The panel alone, asked for again while a run is on its way."""
    contact = selectors.get_contact(request.user, pk)
    context = {"contact": contact, "back": request.GET.get("next", contact.get_absolute_url())}
    return render(request, "enrichment/panel_alone.html", context)


@role_required(Role.ADMIN)
def providers(request: HttpRequest) -> HttpResponse:
    """The waterfall and the policy."""
    policy = choices.get_policy()
    names = ("monthly_budget", "alarm_percent", "refresh_after_days", "buy_next_numbers")
    form = PolicyForm(request.POST or None, initial={n: getattr(policy, n) for n in names})
    if request.method == "POST" and form.is_valid():
        services.update_policy(actor=request.user, changes=form.cleaned_data)  # type: ignore[arg-type]
        messages.success(request, "The rules are saved.")
        return redirect("enrichment-providers-page")
    return render(request, "enrichment/providers.html", {"choices": choices.provider_choices(), "form": form})


def _choice(name: str) -> choices.Choice:
    found = next((c for c in choices.provider_choices() if c.provider.name == name), None)
    if found is None:
        raise NotFound("There is no such provider.")
    return found


@role_required(Role.ADMIN)
def provider(request: HttpRequest, name: str) -> HttpResponse:
    """One provider's key, price and place."""
    choice = _choice(name)
    initial = {n: getattr(choice.setting, n) for n in ("enabled", "cost_credits", "position")}
    form = ProviderForm(request.POST or None, choice=choice, initial=initial)
    if request.method == "POST" and form.is_valid():
        checked = services.update_provider(actor=request.user, choice=choice, changes=dict(form.cleaned_data))  # type: ignore[arg-type]
        if checked is None or checked.works:
            left = f" {checked.balance:,} left there." if checked and checked.balance is not None else ""
            messages.success(request, f"{choice.provider.label} is saved.{' The key works.' if checked else ''}{left}")
            return redirect("enrichment-providers-page")
        form.add_error("api_key", f"The key was not kept: {checked.words}")
    finds = [LABELS[name] for name in choice.provider.fields]
    is_https = settings.PUBLIC_BASE_URL.startswith("https://")
    context = {"choice": choice, "form": form, "finds": finds, "is_https": is_https}
    return render(request, "enrichment/provider.html", context)


@require_POST
@role_required(Role.ADMIN)
def provider_earlier(request: HttpRequest, name: str) -> HttpResponse:
    """Ask a provider before the one that stands above it."""
    services.ask_earlier(actor=request.user, choice=_choice(name))  # type: ignore[arg-type]
    return redirect("enrichment-providers-page")


def _selection(data: Any) -> dict[str, Any]:
    """The ticked contacts, or the filter of the list they stand in."""
    if data.get("scope") == "matching" or not data.getlist("ids"):
        return {"contact_ids": None, "query": data.get("query", "")[:2000]}
    try:
        return {"contact_ids": [uuid.UUID(i) for i in data.getlist("ids")[: batches.MOST_IDS]], "query": ""}
    except ValueError:
        raise NotFound from None


@role_required(Role.MANAGER)
def batch_new(request: HttpRequest) -> HttpResponse:
    """What enriching a selection may cost, before it begins."""
    selection = _selection(request.POST if request.method == "POST" else request.GET)
    if request.method == "GET" and not selection["query"]:
        selection["query"] = request.GET.urlencode()[:2000]
    priced = batches.estimate(**selection)
    context = {"priced": priced, "selection": selection, "steps": [c for c in choices.provider_choices() if c.usable]}
    return render(request, "enrichment/batch_new.html", context)


@require_POST
@role_required(Role.MANAGER)
def batch_start(request: HttpRequest) -> HttpResponse:
    """Begin."""
    try:
        batch = batches.start_batch(actor=request.user, **_selection(request.POST))  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect("/contacts")
    return redirect("enrichment-batch", batch.pk)


@role_required(Role.MANAGER)
def batch_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """How far a batch is; with htmx only the part that changes."""
    batch = batches.get_batch(request.user, pk)
    context = {
        "batch": batch,
        "progress": batches.progress_of(batch),
        "results": selectors.latest_results(batch),
        "moving": batch.status in ("preparing", "running"),
    }
    alone = request.headers.get("HX-Request") == "true"
    return render(request, "enrichment/batch_progress.html" if alone else "enrichment/batch.html", context)


@require_POST
@role_required(Role.MANAGER)
def batch_cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Stop."""
    count = batches.cancel_batch(actor=request.user, batch=batches.get_batch(request.user, pk))  # type: ignore[arg-type]
    messages.success(request, f"Stopped. {count:,} contacts were not looked up.")
    return redirect("enrichment-batch", pk)


@require_POST
@role_required(Role.MANAGER)
def batch_undo(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take back what a batch wrote."""
    begun = batches.undo_batch(actor=request.user, batch=batches.get_batch(request.user, pk))  # type: ignore[arg-type]
    messages.success(request, "The contacts are being set back." if begun else "There is nothing to take back.")
    return redirect("enrichment-batch", pk)


@role_required(Role.MANAGER)
def spend(request: HttpRequest) -> HttpResponse:
    """What enrichment cost and brought."""
    days = 90 if request.GET.get("days") == "90" else 30
    spending = selectors.spending(days=days)
    gained = gains.conversations_since(timezone.now() - dt.timedelta(days=days))
    policy = choices.get_policy()
    context = {
        "days": days,
        "spending": spending,
        "gained": gained,
        "per_conversation": f"{spending.credits / gained:.1f}" if gained else None,
        "policy": policy,
        "month": budgets.spent_this_month(),
        "alarm": refreshing.in_alarm(),
        "next_month": (budgets.month_start() + dt.timedelta(days=32)).replace(day=1),
        "batches": EnrichmentBatch.objects.select_related("created_by")[:10],
    }
    return render(request, "enrichment/spend.html", context)
