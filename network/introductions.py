"""Asking a connector to introduce us, and what becomes of it: every legal step in one table."""

import datetime as dt
import uuid
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import Tenant
from core.clock import database_now
from core.email import queue_email
from core.problems import DomainError, InvalidInput
from network import invitations
from network.interactions import record_interaction
from network.models import Interaction, Introduction
from network.ties import get_person

Status = Introduction.Status
EXPIRES_AFTER = dt.timedelta(days=5)
REMIND_AFTER = dt.timedelta(days=2)

STEPS: dict[str, tuple[str, ...]] = {
    Status.REQUESTED: (Status.ACCEPTED, Status.DECLINED, Status.EXPIRED),
    Status.ACCEPTED: (Status.COMPLETED,),
    Status.DECLINED: (),
    Status.COMPLETED: (),
    Status.EXPIRED: (),
}


class IllegalStep(DomainError):
    """The introduction cannot step from its status to the wanted one; `allowed` names the legal ones."""

    code = "illegal_transition"
    title = "The introduction cannot take that step."

    def __init__(self, status: str, target: str) -> None:
        allowed = [str(step) for step in STEPS[status]]
        super().__init__(
            f"An introduction that is {status} cannot become {target}.", status_now=status, allowed=allowed
        )


@transaction.atomic
def request_introduction(
    *,
    actor: Any,
    to_contact_id: uuid.UUID,
    via_contact_id: uuid.UUID,
    message: str = "",
    now: dt.datetime | None = None,
) -> Introduction:
    """Ask `via` to introduce us to `to`: the connector gets a mail with links to answer by, if they have an address.

    Raises NotFound for an unknown contact and InvalidInput when the two are the same.
    """
    if to_contact_id == via_contact_id:
        raise InvalidInput(
            "Nobody can introduce us to themselves.", field="via_contact_id", field_code="self_introduction"
        )
    target, connector = get_person(to_contact_id), get_person(via_contact_id)
    introduction = Introduction.objects.create(
        to_contact=target,
        via_contact=connector,
        message=message.strip(),
        requested_by=getattr(actor, "user_or_none", None),
        expires_at=(now or database_now()) + EXPIRES_AFTER,
    )
    queue_request(introduction, kind="introduction_request")
    introduction.refresh_from_db()
    return introduction  # type: ignore[no-any-return]


def queue_request(introduction: Introduction, *, kind: str) -> None:
    """Owe the connector the request, or its reminder, with signed links."""
    connector = introduction.via_contact
    if not connector.email:
        return
    asker = introduction.requested_by
    queue_email(
        kind=kind,
        key=str(introduction.pk),
        to=[connector.email],
        about=introduction,
        reply_to=asker.email if asker else "",
        context={
            "introduction": introduction,
            "business": Tenant.objects.values_list("name", flat=True).get(),
            "link": invitations.link(introduction),
        },
    )


@transaction.atomic
def step(*, introduction: Introduction, status: str, outcome: str = "") -> Introduction:
    """Move an introduction one legal step; raises IllegalStep. Locks the row.

    A completed one counts as something that happened between the connector and the person met.
    """
    locked = Introduction.objects.for_update().get(pk=introduction.pk)
    if status not in STEPS[locked.status]:
        raise IllegalStep(locked.status, status)
    locked.status = status
    if status in (Status.ACCEPTED, Status.DECLINED):
        locked.answered_at = Now()
    if status == Status.COMPLETED:
        locked.completed_at = Now()
    locked.outcome = outcome.strip() or locked.outcome
    locked.save(update_fields=["status", "answered_at", "completed_at", "outcome"])
    if status == Status.COMPLETED:
        record_interaction(
            contact_id=locked.via_contact_id,
            other_contact_id=locked.to_contact_id,
            kind=Interaction.Kind.INTRODUCTION,
            make_tie=True,
        )
    locked.refresh_from_db()
    return locked  # type: ignore[no-any-return]


def accept_introduction(*, introduction: Introduction) -> Introduction:
    """The connector is willing."""
    return step(introduction=introduction, status=Status.ACCEPTED)


def decline_introduction(*, introduction: Introduction) -> Introduction:
    """The connector would rather not."""
    return step(introduction=introduction, status=Status.DECLINED)


def complete_introduction(*, introduction: Introduction, outcome: str = "") -> Introduction:
    """The introduction was made."""
    return step(introduction=introduction, status=Status.COMPLETED, outcome=outcome)


@transaction.atomic
def expire_introductions(*, now: dt.datetime) -> int:
    """End the requests nobody answered in five days; answers how many. Rows someone is answering are left alone."""
    overdue = Introduction.objects.filter(status=Status.REQUESTED, expires_at__lte=now)
    ids = list(overdue.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:500])
    return int(Introduction.objects.filter(pk__in=ids, status=Status.REQUESTED).update(status=Status.EXPIRED))


@transaction.atomic
def remind_connectors(*, now: dt.datetime) -> int:
    """Remind, once, of requests that have waited two days; answers how many."""
    waiting = Introduction.objects.filter(
        status=Status.REQUESTED, reminded_at=None, created_at__lte=now - REMIND_AFTER, expires_at__gt=now
    )
    rows = waiting.select_related("via_contact", "to_contact", "requested_by")
    due = list(rows.select_for_update(skip_locked=True, of=("self",))[:500])
    for introduction in due:
        queue_request(introduction, kind="introduction_reminder")
    Introduction.objects.filter(pk__in=[i.pk for i in due]).update(reminded_at=now)
    return len(due)
