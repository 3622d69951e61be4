"""The Today page, and doing or putting off tasks from wherever they show."""

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import Role
from contacts.models import Contact
from core.problems import InvalidInput, NotFound
from leads import todo
from leads.forms import TaskForm
from leads.intake_settings import get_intake_settings
from leads.local_time import local_time, zone_of
from leads.pages import back_to
from leads.selectors import get_lead
from leads.today import today_of

PUT_OFF = {"hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1), "week": dt.timedelta(days=7)}


def today(request: HttpRequest) -> HttpResponse:
    """What to do next, for oneself; managers may look at everyone."""
    user: Any = request.user
    everyone = request.GET.get("who") == "everyone" and user.has_role(Role.MANAGER)
    now = timezone.now()
    day = today_of(person=None if everyone else user, now=now)
    local = (
        local_time(day.next_task.lead or day.next_task.contact, now)
        if day.next_task and day.next_task.contact
        else None
    )
    context = {
        "day": day,
        "everyone": everyone,
        "may_see_everyone": user.has_role(Role.MANAGER),
        "next_local": local,
        "answer_within": get_intake_settings().answer_within_minutes,
        "now": now,
    }
    return render(request, "leads/today.html", context)


def _about(request: HttpRequest) -> dict[str, Any]:
    """The lead or contact a new task is for."""
    if raw := request.POST.get("lead"):
        return {"lead": get_lead(request.user, raw)}
    try:
        contact = Contact.objects.active().filter(pk=uuid.UUID(request.POST.get("contact", ""))).first()
    except ValueError:
        contact = None
    if contact is None:
        raise NotFound("There is no such person.")
    return {"contact": contact}


@require_POST
def task_new(request: HttpRequest) -> HttpResponse:
    """Plan a task about a lead or contact; its time is meant where they live."""
    about = _about(request)
    record = about.get("lead") or about["contact"]
    zone = zone_of(record, timezone.now())
    form = TaskForm(request.POST, zone=zone or timezone.get_current_timezone())
    if not form.is_valid():
        raise InvalidInput(str(next(iter(form.errors.values()))[0]))
    values = {**form.cleaned_data, "owner_id": form.cleaned_data["owner_id"] or None}
    task = todo.create_task(actor=request.user, zone=zone.key if zone else "", **about, **values)
    messages.success(request, f"“{task.title}” is planned.")
    return back_to(request, record.get_absolute_url())


@require_POST
def task_done(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Mark a task done, with a way back."""
    task = todo.complete_task(actor=request.user, task=todo.get_task(request.user, pk))
    messages.success(request, f"“{task.title}” is done.", extra_tags=f"undo=/tasks/{task.pk}/reopen")
    return back_to(request, "/today")


@require_POST
def task_reopen(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take back that a task was done."""
    todo.reopen_task(actor=request.user, task=todo.get_task(request.user, pk))
    return back_to(request, "/today")


@require_POST
def task_put_off(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Do a task an hour, a day or a week later."""
    task = todo.get_task(request.user, pk)
    step = PUT_OFF.get(request.POST.get("by", ""))
    if step is None:
        raise InvalidInput("Put it off by an hour, a day or a week.")
    todo.put_off_task(actor=request.user, task=task, until=max(task.due_at, timezone.now()) + step)
    messages.success(request, f"“{task.title}” comes back later.")
    return back_to(request, "/today")
