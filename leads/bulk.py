"""The same change on many leads: at once up to a thousand, in the background above."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.models import User
from core import outbox
from core.ids import uuid7
from core.problems import InvalidInput, NotFound
from leads.filters import LeadFilter
from leads.models import Lead, LeadEvent
from leads.services import assign_lead, change_state, find_owner
from leads.states import is_legal

MOST = 1_000
STEP = 250
TOPIC = "leads.bulk"
FILTER_NAMES: frozenset[str] = frozenset(LeadFilter.base_filters)


@transaction.atomic
def change_many(*, actor: Any, leads: QuerySet[Lead], action: str, value: str = "") -> dict[str, int]:
    """Hand over, move or delete up to 1,000 leads; answer how many changed and how many were left as they were.

    A lead for which a step is not legal is left, not refused. All or nothing otherwise.
    """
    wanted = list(leads.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
    if len(wanted) > MOST:
        raise InvalidInput(f"At most {MOST:,} leads can be changed at once; narrow the list down.", field="ids")
    rows = list(Lead.objects.filter(pk__in=wanted).order_by("pk").select_for_update(of=("self",)))
    if action == "delete":
        return _delete(actor, rows)
    if action == "set_owner":
        return _hand_over(actor, rows, value)
    if action == "set_state" and value in Lead.State.values:
        return _move(actor, rows, value)
    raise InvalidInput("Choose what to do with the selected leads.", field="action")


def filtered(filters: Mapping[str, list[str]]) -> QuerySet[Lead]:
    """The leads a list with these filters shows; an unreadable filter raises InvalidInput, other names are left out."""
    query = QueryDict(mutable=True)
    for name in FILTER_NAMES & set(filters):
        query.setlist(name, filters[name])
    form: Any = LeadFilter(query, queryset=Lead.objects.active())
    if not form.is_valid():
        raise InvalidInput("The filters cannot be read.", field="filter")
    rows: QuerySet[Lead] = form.qs
    return rows


@transaction.atomic
def change_matching(
    *, actor: User, filters: Mapping[str, list[str]], action: str, value: str = "", now: dt.datetime | None = None
) -> dict[str, int]:
    """Change every lead the filters leave. Above a thousand it goes on in the background, in steps that survive a
    crash; `waiting` tells how many are still to be changed. What comes in after the call is not touched.
    """
    leads = filtered(filters)
    total = leads.order_by().values("pk").count()
    if total <= MOST:
        return {**change_many(actor=actor, leads=leads, action=action, value=value), "waiting": 0}
    change_many(actor=actor, leads=Lead.objects.none(), action=action, value=value)  # raises what a step would
    chosen = {name: values for name, values in filters.items() if name in FILTER_NAMES}
    payload = {"filters": chosen, "action": action, "value": value, "actor": str(actor.pk), "run": str(uuid7())}
    _promise(payload | {"until": (now or timezone.now()).isoformat(), "after": ""}, step=0)
    return {"changed": 0, "left": 0, "waiting": total}


def _promise(payload: dict[str, Any], *, step: int) -> None:
    outbox.put(topic=TOPIC, key=f"{payload['run']}:{step}", payload=payload | {"step": step})


@outbox.handles(TOPIC)
@transaction.atomic
def change_next(payload: dict[str, Any]) -> None:
    """Change the next leads in the order of their ids and promise the rest, in one transaction."""
    actor = User.objects.filter(pk=payload["actor"], is_active=True).first()
    if actor is None:
        raise outbox.Permanent("The person who asked for it is gone.")
    rest = filtered(payload["filters"]).filter(created_at__lte=parse_datetime(payload["until"]))
    if payload["after"]:
        rest = rest.filter(pk__gt=payload["after"])
    ids = list(rest.order_by("pk").values_list("pk", flat=True)[:STEP])
    if not ids:
        return
    leads = Lead.objects.active().filter(pk__in=ids)
    change_many(actor=actor, leads=leads, action=payload["action"], value=payload["value"])
    _promise(payload | {"after": str(ids[-1])}, step=payload["step"] + 1)


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
