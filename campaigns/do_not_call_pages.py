"""Pages of the do-not-call list."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.models import Role
from accounts.permissions import role_required
from campaigns import suppressions
from campaigns.compliance import registers
from campaigns.filters import SuppressionFilters
from campaigns.forms import SuppressionFileForm, SuppressionForm, show_refusal
from campaigns.models import Suppression
from campaigns.selectors import get_suppression
from campaigns.suppression_files import start_list
from core.problems import DomainError
from leads.listing import PageOfRows


def suppression_list(request: HttpRequest) -> HttpResponse:
    """Who must not be called, and since when."""
    rows = Suppression.objects.select_related("campaign", "created_by").order_by("-created_at", "-id")
    context = {
        "page": PageOfRows(request, rows, SuppressionFilters, ordering_fields=("phone_number", "created_at")),
        "scopes": Suppression.Scope.choices,
        "scope": request.GET.get("scope", ""),
        "registers": registers(),
    }
    return render(request, "campaigns/suppression_list.html", context)


@role_required(Role.MANAGER)
def suppression_new(request: HttpRequest) -> HttpResponse:
    """List a number."""
    form = SuppressionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            number = suppressions.read_number(form.cleaned_data["phone_number"])
        except DomainError as error:
            show_refusal(form, error.extra.get("errors"), error.detail)
        else:
            reason = form.cleaned_data["reason"]
            _, is_new = suppressions.suppress_number(actor=request.user, phone_number=number, reason=reason)
            messages.success(request, f"{number} {'will not be called any more' if is_new else 'was listed already'}.")
            return redirect("/do-not-call")
    return render(request, "campaigns/suppression_form.html", {"form": form, "file_form": SuppressionFileForm()})


@role_required(Role.MANAGER)
@require_POST
def suppression_import(request: HttpRequest) -> HttpResponse:
    """List every number of a file."""
    form = SuppressionFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "campaigns/suppression_form.html", {"form": SuppressionForm(), "file_form": form})
    try:
        job = start_list(actor=request.user, **form.cleaned_data)  # type: ignore[arg-type]
    except DomainError as error:
        show_refusal(form, error.extra.get("errors"), error.detail)
        return render(request, "campaigns/suppression_form.html", {"form": SuppressionForm(), "file_form": form})
    return redirect("contacts:import-detail", pk=job.pk)


@role_required(Role.MANAGER)
@require_POST
def suppression_remove(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a number off the list."""
    entry = get_suppression(pk)
    suppressions.remove_suppression(actor=request.user, suppression=entry)
    messages.success(request, f"{entry} may be called again. Leads it had closed stay closed.")
    return redirect("/do-not-call")
