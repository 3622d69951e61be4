"""What an agent does next: callbacks and tasks that are due, leads that wait for a first answer."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, F, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from core.pagination import count_rows
from leads.models import Lead, LeadEvent, Task

MOST = 50


@dataclass(frozen=True)
class Today:
    """The day of one person, or of everyone."""

    overdue: list[Task]
    later_today: list[Task]
    waiting: list[Lead]
    waiting_total: int
    waiting_total_is_exact: bool
    figures: dict[str, Any]
    next_task: Task | None
    next_lead: Lead | None


def today_of(*, person: User | None, now: dt.datetime) -> Today:
    """Collect the day of a person; of everyone when None. The day ends at midnight of the current time zone."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    tasks = Task.objects.open().filter(Q(lead__isnull=True) | Q(lead__deleted_at__isnull=True))
    tasks = tasks.select_related("lead", "contact", "owner")
    leads: QuerySet[Lead] = Lead.objects.active().filter(state=Lead.State.PENDING).for_display()
    if person is not None:
        tasks = tasks.of_owner(person)
        leads = leads.filter(Q(owner=person) | Q(owner__isnull=True))
    overdue = list(tasks.filter(due_at__lte=now)[:MOST])
    waiting = list(leads.order_by("-created_at", "-id")[:MOST])
    waiting_total, exact = count_rows(leads)
    return Today(
        overdue=overdue,
        later_today=list(tasks.filter(due_at__gt=now, due_at__lt=midnight + dt.timedelta(days=1))[:MOST]),
        waiting=waiting,
        waiting_total=waiting_total,
        waiting_total_is_exact=exact,
        figures=_figures(person, midnight),
        next_task=next((t for t in overdue if t.kind == Task.Kind.CALLBACK), overdue[0] if overdue else None),
        next_lead=waiting[0] if waiting else None,
    )


def _figures(person: User | None, midnight: dt.datetime) -> dict[str, Any]:
    done = Task.objects.filter(done_at__gte=midnight)
    moved = LeadEvent.objects.filter(created_at__gte=midnight, kind=LeadEvent.Kind.STATE)
    answered = Lead.objects.active().filter(reached_out_at__gte=midnight)
    if person is not None:
        done, moved, answered = done.filter(done_by=person), moved.filter(actor=person), answered.filter(owner=person)
    speed = answered.aggregate(mean=Avg(F("reached_out_at") - F("created_at")))["mean"]
    return {
        "done": done.count(),
        "answered": answered.count(),
        "qualified": moved.filter(data__after=Lead.State.QUALIFIED).count(),
        "won": moved.filter(data__after=Lead.State.CONVERTED).count(),
        "speed_seconds": speed.total_seconds() if speed is not None else None,
    }
