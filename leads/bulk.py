"""The same change on many leads: at once up to a thousand, in the background above, and a way back."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from core import outbox
from core.problems import InvalidInput, NotFound
from leads import bulk_undo
from leads.filters import LeadFilter
from leads.models import BulkRun, Lead, LeadEvent
from leads.services import assign_lead, change_state, event_of, find_owner
from leads.states import is_legal

MOST = 1_000
STEP = 250
TOPIC = "leads.bulk"
FILTER_NAMES: frozenset[str] = frozenset(LeadFilter.base_filters)


@transaction.atomic
def change_many(*, actor: Any, leads: QuerySet[Lead], action: str, value: str = "") -> BulkRun:
    """Hand over, move or delete up to 1,000 leads; the run tells how many changed and how many were left as they were.

    A lead for which a step is not legal is left, not refused. All or nothing otherwise.
    """
    wanted = list(leads.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
    if len(wanted) > MOST:
        raise InvalidInput(f"At most {MOST:,} leads can be changed at once; narrow the list down.", field="ids")
    run = BulkRun(action=action, value=value, total=len(wanted), created_by=actor.user_or_none)
    _change(actor, run, _locked(wanted))
    run.save(force_insert=True)
    return run


def _locked(ids: list[uuid.UUID]) -> list[Lead]:
    return list(Lead.objects.for_update().filter(pk__in=ids).order_by("pk"))


def _change(actor: Any, run: BulkRun, rows: list[Lead]) -> None:
    """Do to the rows what the run is for; raises InvalidInput or NotFound when that cannot be done to any lead."""
    if run.action == "delete":
        changed = _delete(actor, run, rows)
    elif run.action == "set_owner":
        changed = _hand_over(actor, run, rows)
    elif run.action == "set_state" and run.value in Lead.State.values:
        changed = _move(actor, run, rows)
    else:
        raise InvalidInput("Choose what to do with the selected leads.", field="action")
    run.changed += changed
    run.left += len(rows) - changed


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
) -> BulkRun:
    """Change every lead the filters leave. Above a thousand it goes on in the background, in steps that survive a
    crash; the run says so. What comes in after the call is not touched.
    """
    leads = filtered(filters)
    total = leads.order_by().values("pk").count()
    if total <= MOST:
        return change_many(actor=actor, leads=leads, action=action, value=value)
    run = BulkRun(action=action, value=value, total=total, created_by=actor.user_or_none, status=BulkRun.Status.RUNNING)
    _change(actor, run, [])  # raises what a step would
    run.filters = {name: values for name, values in filters.items() if name in FILTER_NAMES}
    run.until = now or timezone.now()
    run.save(force_insert=True)
    _promise(run)
    return run


def _promise(run: BulkRun) -> None:
    outbox.put(topic=TOPIC, key=f"{run.pk}:{run.step}", payload={"run": str(run.pk), "step": run.step})


@outbox.handles(TOPIC)
@transaction.atomic
def go_on(payload: dict[str, Any]) -> None:
    """Do, or take back, the next leads of a run and promise the rest, in one transaction; a step is done once."""
    run: BulkRun = BulkRun.objects.select_for_update(of=("self",)).get(pk=payload["run"])
    if run.step != payload["step"]:
        return
    if run.status == BulkRun.Status.RUNNING:
        more = _next(run)
    else:
        more = run.status == BulkRun.Status.UNDOING and bulk_undo.step_back(run, most=STEP)
    run.step += 1
    run.save()
    if more:
        _promise(run)


def _next(run: BulkRun) -> bool:
    """Change the next leads in the order of their ids; False at the end."""
    actor = run.created_by
    if actor is None or not actor.is_active:
        raise outbox.Permanent("The person who asked for it is gone.")
    rest = filtered(run.filters).filter(created_at__lte=run.until)
    if run.last_id:
        rest = rest.filter(pk__gt=run.last_id)
    ids = list(rest.order_by("pk").values_list("pk", flat=True)[:STEP])
    if not ids:
        run.status, run.filters = BulkRun.Status.COMPLETED, {}
        return False
    _change(actor, run, _locked(ids))
    run.last_id = ids[-1]
    return True


def get_run(actor: Any, pk: uuid.UUID) -> BulkRun:
    """A bulk change of the workspace; raises NotFound."""
    run: BulkRun | None = BulkRun.objects.filter(pk=pk).first()
    if run is None:
        raise NotFound("There is no such bulk change.")
    return run


def describe(run: BulkRun) -> str:
    """What the run does, in words."""
    if run.action == "set_state":
        return f"Move to {Lead.State(run.value).label.lower()}"
    if run.action == "set_owner":
        owner = User.objects.filter(pk=run.value).first() if run.value else None
        return f"Hand over to {owner}" if owner else "Take the owner away"
    return "Move to the trash"


@transaction.atomic
def undo(*, actor: Any, run_id: uuid.UUID) -> BulkRun:
    """Take a run back, also one that still goes on: its leads become what they were, except where someone changed the
    same thing since. Above a thousand in the background. Raises NotFound and NotUndoable.
    """
    run: BulkRun | None = BulkRun.objects.select_for_update(of=("self",)).filter(pk=run_id).first()
    if run is None:
        raise NotFound("There is no such bulk change.")
    bulk_undo.begin(actor, run)
    if run.total > MOST:
        _promise(run)
    else:
        while bulk_undo.step_back(run, most=STEP):
            pass
        run.save()
    return run


def _delete(actor: Any, run: BulkRun, rows: list[Lead]) -> int:
    now = timezone.now()
    Lead.objects.filter(pk__in=[r.pk for r in rows]).update(deleted_at=now)
    kind, data = LeadEvent.Kind.DELETED, {"at": now.isoformat()}
    LeadEvent.objects.bulk_create(event_of(lead=r, kind=kind, actor=actor, run=run.pk, data=data) for r in rows)
    return len(rows)


def _hand_over(actor: Any, run: BulkRun, rows: list[Lead]) -> int:
    try:
        owner = find_owner(uuid.UUID(run.value) if run.value else None)
    except ValueError:
        raise NotFound("There is no such person.") from None
    others = [r for r in rows if r.owner_id != getattr(owner, "pk", None)]
    for lead in others:
        assign_lead(actor=actor, lead=lead, owner=owner, run=run.pk)
    return len(others)


def _move(actor: Any, run: BulkRun, rows: list[Lead]) -> int:
    movable = [r for r in rows if is_legal(r.state, run.value)]
    for lead in movable:
        change_state(actor=actor, lead=lead, state=run.value, run=run.pk)
    return len(movable)
