"""Tasks and callbacks: making, doing, putting off."""

import datetime as dt
import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from contacts.models import Contact
from core.problems import InvalidInput, NotFound
from leads.local_time import zone_of
from leads.models import Lead, Task
from leads.services import find_owner

LONGEST_AHEAD = dt.timedelta(days=3 * 366)


def get_task(actor: Any, pk: uuid.UUID) -> Task:
    """The task with that id, or NotFound."""
    task: Task | None = Task.objects.select_related("lead", "contact", "owner").filter(pk=pk).first()
    if task is None:
        raise NotFound("There is no such task.")
    return task


@transaction.atomic
def create_task(
    *,
    actor: Any,
    due_at: dt.datetime,
    kind: str = Task.Kind.FOLLOW_UP,
    title: str = "",
    lead: Lead | None = None,
    contact: Contact | None = None,
    owner_id: uuid.UUID | None = None,
    zone: str = "",
    now: dt.datetime | None = None,
) -> Task:
    """Plan something by a time; without an owner it is the actor's. `zone` is where the due time was meant."""
    if due_at > (now or timezone.now()) + LONGEST_AHEAD:
        raise InvalidInput("That is more than three years ahead.", field="due_at")
    about = contact or (lead.contact if lead else None)
    person = str(lead or about or "").strip()
    task = Task(
        kind=kind,
        title=" ".join(title.split())[:200] or f"{Task.Kind(kind).label} {person}".strip(),
        lead=lead,
        contact=about,
        owner=find_owner(owner_id) if owner_id else getattr(actor, "user_or_none", None),
        due_at=due_at,
        timezone=zone,
        created_by=getattr(actor, "user_or_none", None),
    )
    task.save(force_insert=True)
    task.refresh_from_db()
    return task


@transaction.atomic
def plan_callback(*, actor: Any, lead: Lead | None, contact: Contact | None, due_at: dt.datetime) -> Task:
    """Plan a callback that was agreed in a call; a new time moves the one the actor has open for the same person."""
    owner = getattr(actor, "user_or_none", None)
    about = {"lead": lead} if lead else {"contact": contact}
    open_one: Task | None = Task.objects.open().for_update().filter(kind="callback", owner=owner, **about).first()
    if open_one is not None:
        return put_off_task(actor=actor, task=open_one, until=due_at)
    zone = zone_of(lead or contact, due_at) if lead or contact else None
    zone_key = zone.key if zone else ""
    return create_task(actor=actor, kind="callback", lead=lead, contact=contact, due_at=due_at, zone=zone_key)


@transaction.atomic
def complete_callbacks(*, actor: Any, lead_id: uuid.UUID, now: dt.datetime | None = None) -> int:
    """Mark the callbacks of a lead that have come due as done, because the person was called; how many there were."""
    moment = now or timezone.now()
    due = Task.objects.open().filter(kind="callback", lead_id=lead_id, due_at__lte=moment)
    return int(due.update(done_at=moment, done_by=getattr(actor, "user_or_none", None)))


@transaction.atomic
def complete_task(*, actor: Any, task: Task, now: dt.datetime | None = None) -> Task:
    """Mark a task done; once done it stays as it was."""
    Task.objects.filter(pk=task.pk, done_at=None).update(
        done_at=now or timezone.now(), done_by=getattr(actor, "user_or_none", None)
    )
    task.refresh_from_db()
    return task


@transaction.atomic
def reopen_task(*, actor: Any, task: Task) -> Task:
    """Take back that a task was done."""
    Task.objects.filter(pk=task.pk).update(done_at=None, done_by=None)
    task.refresh_from_db()
    return task


@transaction.atomic
def put_off_task(*, actor: Any, task: Task, until: dt.datetime) -> Task:
    """Move a task's due time."""
    Task.objects.filter(pk=task.pk).update(due_at=until)
    task.refresh_from_db()
    return task
