"""The call queue: whom to call next, and the loop call → outcome → next."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from calls import dispositions, manual, selectors
from calls.queue import call_queue
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


def _call(request: HttpRequest, whom: Lead | Contact, **options: Any) -> HttpResponse:
    try:
        call = manual.start_call(actor=request.user, **options)
    except DomainError as error:
        messages.warning(request, f"{whom}: {error.detail}")
        return redirect(whom)
    return redirect("calls:detail", pk=call.pk)
