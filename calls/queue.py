"""Whom a person calls next by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery

from calls.models import Call
from campaigns.models import Suppression
from leads.local_time import local_time
from leads.models import Lead, Task

LENGTH = 50
REST = dt.timedelta(hours=2)
"""Nobody is offered again so soon after a call; the number caps may want more."""
CALLBACK_REST = dt.timedelta(minutes=15)
"""A person who asked for a call and was missed is tried again after this."""


def call_queue(*, actor: Any, now: dt.datetime) -> list[Lead]:
    """Whom this person calls next: due callbacks, then own and unowned leads, longest unheard first.

    Leaves out numbers on the do-not-call list or on a line, and leads just called. Where it is an unusual hour
    people come last. Each lead carries `callback_due`, `last_call_at` and `local` (see `leads.local_time`).
    """
    order = (F("callback_due").asc(nulls_last=True), F("last_call_at").asc(nulls_first=True), "created_at")
    leads = list(_callable(actor, now).select_related("contact", "owner").order_by(*order)[: LENGTH * 4])
    for lead in leads:
        lead.local = local_time(lead, now)
    leads.sort(key=lambda lead: lead.callback_due is None and not (lead.local and lead.local["usual"]))
    return leads[:LENGTH]


def _callable(actor: Any, now: dt.datetime) -> Any:
    number = OuterRef("phone_number")
    recent = Call.objects.dialed().filter(lead=OuterRef("pk")).order_by("-created_at")
    due = Task.objects.open().filter(lead=OuterRef("pk"), kind="callback", due_at__lte=now).order_by("due_at")
    rested = Q(last_call_at=None) | Q(last_call_at__lt=now - REST)
    awaited = Q(callback_due__isnull=False) & Q(last_call_at__lt=now - CALLBACK_REST)
    return (
        Lead.objects.active()
        .filter(Q(owner=actor.user_or_none) | Q(owner=None), state__in=("pending", "reached_out"))
        .exclude(phone_number="")
        .exclude(Exists(Suppression.objects.filter(phone_number=number, campaign=None)))
        .exclude(Exists(Call.objects.live().filter(phone_number=number)))
        .annotate(callback_due=Subquery(due.values("due_at")[:1]))
        .annotate(last_call_at=Subquery(recent.values("created_at")[:1]))
        .filter(rested | awaited)
    )
