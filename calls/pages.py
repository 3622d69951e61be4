"""Pages of calls: the list, one call with its words and sound, what came of it."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from calls import dispositions, selectors
from calls.dialer import hanging_up
from calls.filters import CallFilter
from calls.forms import DispositionForm, NoteForm
from calls.models import Call
from campaigns.models import Campaign
from core.pagination import Pages
from core.problems import DomainError

OUTCOMES = Call.Outcome.choices
CHOICES = ("outcome", "campaign", "search", "status", "lead", "contact")
PAGE_SIZE = 50


@require_GET
def call_list(request: HttpRequest) -> HttpResponse:
    """Calls, newest first, narrowed down by the address."""
    filtered = CallFilter(request.GET, queryset=selectors.call_list())
    pages = Pages()
    pages.default_size = PAGE_SIZE
    try:
        calls = pages.paginate_queryset(filtered.qs, Request(request))
    except APIException as error:
        messages.error(request, str(error.detail))
        return redirect("calls:list")
    context = {"calls": calls, "pages": pages, "outcomes": OUTCOMES, **_chosen(request)}
    return render(request, "calls/call_list.html", context)


def _chosen(request: HttpRequest) -> dict[str, Any]:
    """What the toolbar shows as chosen."""
    chosen = {
        name: request.GET.get(name, "") for name in ("outcome", "campaign", "search", "status", "lead", "contact")
    }
    campaigns = Campaign.objects.order_by("-created_at").values_list("pk", "name")[:100]
    return {"chosen": chosen, "any_chosen": any(chosen.values()), "campaigns": list(campaigns)}


@require_GET
def call_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One call."""
    return _show(request, selectors.get_call(request.user, pk))


def _show(request: HttpRequest, call: Call, form: DispositionForm | None = None, status: int = 200) -> HttpResponse:
    context = {
        "call": call,
        "form": form or DispositionForm(call=call, initial={"disposition": call.disposition}),
        "note_form": NoteForm(),
        "lines": selectors.spoken_lines(call),
        "notes": selectors.notes_of(call),
        "others": selectors.other_calls(call),
        "recording": selectors.recording_of(call),
        "by_hand": call.user_id == request.user.pk and not (call.campaign_id or call.test_of_id),
    }
    return render(request, "calls/call_detail.html", context, status=status)


@require_POST
def set_disposition(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Write down what came of a call."""
    call = selectors.get_call(request.user, pk)
    form = DispositionForm(request.POST, call=call)
    if not form.is_valid():
        return _show(request, call, form, status=422)
    try:
        dispositions.set_disposition(actor=request.user, call=call, **form.cleaned_data)
    except DomainError as error:
        form.add_error(None, error.detail)
        return _show(request, call, form, status=422)
    messages.success(request, form.done_words(call))
    return redirect("calls:detail", pk=pk)


@require_POST
def add_note(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Write a note about a call."""
    call = selectors.get_call(request.user, pk)
    form = NoteForm(request.POST)
    if form.is_valid():
        dispositions.note_call(actor=request.user, call=call, content=form.cleaned_data["content"])
        messages.success(request, "Note saved.")
    else:
        messages.error(request, "Write something first: an empty note is not kept.")
    return redirect("calls:detail", pk=pk)


@require_POST
def hang_up(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """End a call that is on a line."""
    if not hanging_up.hang_up_call(call=selectors.get_call(request.user, pk)):
        messages.error(request, "The phone network could not end the call at this moment. Try again.")
    return redirect("calls:detail", pk=pk)
