"""The call queue: whom to call next, and the loop call → outcome → next."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Role
from accounts.permissions import role_required
from calls import dispositions, manual, selectors
from calls.queue import call_queue
from campaigns.selectors import get_campaign, get_campaign_lead
from contacts.models import Contact
from contacts.selectors import get_contact
from core.problems import DomainError
from leads.models import Lead
from leads.selectors import get_lead


@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """Whom this person calls next."""
    return render(request, "calls/queue.html", {"leads": call_queue(actor=request.user, now=timezone.now())})


@require_POST
def call_next(request: HttpRequest) -> HttpResponse:
    """Call the first of the queue that may be called."""
    for lead in call_queue(actor=request.user, now=timezone.now()):
        try:
            call = manual.start_call(actor=request.user, lead=lead, is_callback=lead.callback_due is not None)  # type: ignore[attr-defined]
        except manual.NotCallable:
            continue
        return redirect("calls:detail", pk=call.pk)
    messages.info(request, "Nobody is left to call at this moment.")
    return redirect("calls:queue")


@require_POST
def note_and_next(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Keep the note about a call, if there is one, and call the next person."""
    call, content = selectors.get_call(request.user, pk), request.POST.get("content", "").strip()
    if content:
        dispositions.note_call(actor=request.user, call=call, content=content)
    return call_next(request)


@require_POST
def call_lead(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Call one lead."""
    lead = get_lead(request.user, pk)
    return _call(request, lead, lead=lead)


@require_POST
def call_contact(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Call one contact."""
    contact = get_contact(request.user, pk)
    return _call(request, contact, contact=contact)


@role_required(Role.MANAGER)
@require_POST
def try_prompt(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Call the manager's own phone with a campaign's words."""
    campaign, number = get_campaign(pk), request.POST.get("phone_number", "")
    lead = get_campaign_lead(campaign, request.POST["lead"]) if request.POST.get("lead") else None
    try:
        call = manual.start_test_call(actor=request.user, campaign=campaign, phone_number=number, lead=lead)
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect("campaign-prompt", pk=pk)
    request.session["own_number"] = call.phone_number
    return redirect("calls:detail", pk=call.pk)


def _call(request: HttpRequest, whom: Lead | Contact, **options: Any) -> HttpResponse:
    try:
        call = manual.start_call(actor=request.user, **options)
    except DomainError as error:
        messages.warning(request, f"{whom}: {error.detail}")
        return redirect(whom)
    return redirect("calls:detail", pk=call.pk)
