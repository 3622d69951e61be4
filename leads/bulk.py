"""The same change on many leads at once."""

import uuid
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from core.problems import InvalidInput, NotFound
from leads.models import Lead, LeadEvent
from leads.services import assign_lead, change_state, find_owner
from leads.states import is_legal

MOST = 1_000


@transaction.atomic
def change_many(*, actor: Any, leads: QuerySet[Lead], action: str, value: str = "") -> dict[str, int]:
    """Hand over, move or delete up to 1,000 leads; answer how many changed and how many were left as they were.

    A lead for which a step is not legal is left, not refused. All or nothing otherwise.
    """
    rows = list(leads.select_for_update(of=("self",))[: MOST + 1])
    if len(rows) > MOST:
        raise InvalidInput(f"At most {MOST:,} leads can be changed at once; narrow the list down.", field="ids")
    if action == "delete":
        return _delete(actor, rows)
    if action == "set_owner":
        return _hand_over(actor, rows, value)
    if action == "set_state" and value in Lead.State.values:
        return _move(actor, rows, value)
    raise InvalidInput("Choose what to do with the selected leads.", field="action")


def _delete(actor: Any, rows: list[Lead]) -> dict[str, int]:
    Lead.objects.filter(pk__in=[r.pk for r in rows]).update(deleted_at=timezone.now())
    LeadEvent.objects.bulk_create(
        LeadEvent(lead=r, kind=LeadEvent.Kind.DELETED, actor=actor.user_or_none, actor_name=str(actor)) for r in rows
    )
    return {"changed": len(rows), "left": 0}


def _hand_over(actor: Any, rows: list[Lead], value: str) -> dict[str, int]:
    try:
        owner = find_owner(uuid.UUID(value) if value else None)
    except ValueError:
        raise NotFound("There is no such person.") from None
    changed = [assign_lead(actor=actor, lead=r, owner=owner) for r in rows if r.owner_id != getattr(owner, "pk", None)]
    return {"changed": len(changed), "left": len(rows) - len(changed)}


def _move(actor: Any, rows: list[Lead], state: str) -> dict[str, int]:
    moved = [change_state(actor=actor, lead=r, state=state) for r in rows if is_legal(r.state, state)]
    return {"changed": len(moved), "left": len(rows) - len(moved)}


@transaction.atomic
def restore_many(*, actor: Any, ids: list[uuid.UUID]) -> int:
    """Bring back leads that were deleted together."""
    rows = list(Lead.objects.deleted().filter(pk__in=ids[:MOST], contact__deleted_at__isnull=True))
    Lead.objects.filter(pk__in=[r.pk for r in rows]).update(deleted_at=None)
    LeadEvent.objects.bulk_create(
        LeadEvent(lead=r, kind=LeadEvent.Kind.RESTORED, actor=actor.user_or_none, actor_name=str(actor)) for r in rows
    )
    return len(rows)
