"""One act on many contacts: at once up to a thousand, in the background above, and taken back by its history."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from django.db.models import F, Func, QuerySet, Value
from django.db.models.functions import Now
from django.http import QueryDict

from accounts import audit
from accounts.models import User
from accounts.principals import Actor
from contacts import history
from contacts.filters import FILTER_NAMES, ContactFilters
from contacts.models import BulkAction, Contact
from contacts.tags import register_tags, resolve_tags
from core import background
from core.problems import DomainError, InvalidInput, NotFound
from core.scope import tenant_context

ACTIONS = ("tag", "untag", "set_status", "set_owner", "delete")
AT_ONCE = 1000
MAX_IDS = 10_000
_TAGS = ArrayField(models.CharField(max_length=50))


class NotUndoable(DomainError):
    """The act is still running or has been taken back already."""

    code = "not_undoable"
    title = "This cannot be undone now."


def _refuse(field: str, detail: str, code: str = "invalid") -> InvalidInput:
    return InvalidInput(detail, field=field, field_code=code)


def filtered(filters: Mapping[str, Any]) -> QuerySet[Contact]:
    """The contacts a list with these filters shows; an unknown or unreadable filter raises InvalidInput."""
    query = QueryDict(mutable=True)
    for name, value in filters.items():
        if name not in FILTER_NAMES:
            raise _refuse("filter", f"There is no filter “{str(name)[:40]}”.", "unknown_parameter")
        values = value if isinstance(value, list) else [value]
        query.setlist(name, ["" if v is None else str(v).lower() if isinstance(v, bool) else str(v) for v in values])
    if any("\x00" in v or len(v) > 500 for _, values in query.lists() for v in values):
        raise _refuse("filter", "A filter value is too long or holds a character that is not allowed.")
    form: Any = ContactFilters(query, queryset=Contact.objects.all())  # type: ignore[no-untyped-call]
    if not form.is_valid():
        raise _refuse("filter", "; ".join(str(e) for errors in form.errors.values() for e in errors))
    rows: QuerySet[Contact] = form.qs
    return rows


def _selected(ids: list[uuid.UUID] | None, filters: Mapping[str, Any] | None) -> QuerySet[Contact]:
    if (ids is None) == (filters is None):
        raise _refuse("ids", "Give either ids or a filter.", "required")
    if ids is None:
        return filtered(filters or {})
    wanted = set(ids)
    if len(wanted) > MAX_IDS:
        raise _refuse("ids", f"At most {MAX_IDS:,} ids at once; use a filter for more.", "too_many")
    rows: QuerySet[Contact] = Contact.objects.active().filter(pk__in=wanted)
    if rows.count() != len(wanted):
        raise NotFound("One of the contacts does not exist.")
    return rows


def _checked(action: str, value: Any) -> Any:
    """The value as it is stored with the act."""
    if action not in ACTIONS:
        raise _refuse("action", f"action is one of {', '.join(ACTIONS)}.", "invalid_choice")
    if action in ("tag", "untag"):
        names = value if isinstance(value, list) else [value]
        if not names or not all(isinstance(n, str) and n.strip() for n in names):
            raise _refuse("value", "Name a tag.", "required")
        return register_tags(names) if action == "tag" else resolve_tags(names)
    if action == "set_status":
        if value not in Contact.Status.values:
            raise _refuse("value", "There is no such status.", "invalid_choice")
        return value
    if action == "set_owner":
        return _owner(value)
    return None


def _owner(value: Any) -> str | None:
    if value in (None, ""):
        return None
    try:
        owner = User.objects.filter(pk=uuid.UUID(str(value)), is_active=True).first()
    except ValueError:
        owner = None
    if owner is None:
        raise _refuse("value", "There is no such person.")
    return str(owner.pk)


def bulk_change(
    *,
    actor: Actor,
    action: str,
    value: Any = None,
    ids: list[uuid.UUID] | None = None,
    filters: Mapping[str, Any] | None = None,
) -> BulkAction:
    """Change the selected contacts; above a thousand the work goes on in the background.

    Raises InvalidInput, or NotFound when one of the ids is not a contact of the workspace.
    """
    checked = _checked(action, value)
    rows = _selected(ids, filters)
    with transaction.atomic():
        act = BulkAction(action=action, value=checked, created_by=actor.user_or_none, total=rows.order_by().count())
        act.query = {"ids": [str(i) for i in ids]} if ids is not None else {"filter": dict(filters or {})}
        act.save(force_insert=True)
        if act.total <= AT_ONCE:
            _step(act, rows, most=AT_ONCE, actor=actor)
        else:
            _enqueue(act)
    act.refresh_from_db()
    return act


def _enqueue(act: BulkAction) -> None:
    background.nudge("contacts.tasks.run_bulk_action", act.pk)


def _rows_of(act: BulkAction) -> QuerySet[Contact]:
    if "ids" in act.query:
        rows: QuerySet[Contact] = Contact.objects.active().filter(pk__in=act.query["ids"])
        return rows
    return filtered(act.query["filter"])


def _step(act: BulkAction, rows: QuerySet[Contact], *, most: int, actor: Actor | None) -> bool:
    """Change the next contacts in the order of their ids; False when none are left."""
    rest = rows.order_by("pk")
    if act.last_id:
        rest = rest.filter(pk__gt=act.last_id)
    ids = list(rest.values_list("pk", flat=True)[:most])
    history.attribute_to(actor, act.source)
    if ids:
        list(Contact.objects.for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
        _apply(act, Contact.objects.filter(pk__in=ids))
    act.done += len(ids)
    act.last_id = ids[-1] if ids else act.last_id
    if len(ids) < most:
        act.status = BulkAction.Status.COMPLETED
    act.save()
    return act.status == BulkAction.Status.RUNNING


def _apply(act: BulkAction, rows: QuerySet[Contact]) -> None:
    match act.action:
        case "tag":
            for name in act.value or ():
                fresh = rows.exclude(tags__contains=[name])
                fresh.update(tags=Func(F("tags"), Value(name), function="array_append", output_field=_TAGS))
        case "untag":
            for name in act.value or ():
                had = rows.filter(tags__contains=[name])
                had.update(tags=Func(F("tags"), Value(name), function="array_remove", output_field=_TAGS))
        case "set_status":
            rows.exclude(status=act.value).update(status=act.value)
        case "set_owner":
            rows.update(owner_id=act.value)
        case "delete":
            rows.filter(deleted_at=None).update(deleted_at=Now())


def run(tenant_id: uuid.UUID, action_id: uuid.UUID) -> None:
    """Carry a large act, or its undo, to its end, a thousand a transaction; a crash is continued where it stopped."""
    with tenant_context(tenant_id):
        more = True
        while more:
            with transaction.atomic():
                act = BulkAction.objects.select_for_update(skip_locked=True).filter(pk=action_id).first()
                if act is None or act.status not in (BulkAction.Status.RUNNING, BulkAction.Status.UNDOING):
                    return
                undoing = act.status == BulkAction.Status.UNDOING
                more = _step_back(act) if undoing else _step(act, _rows_of(act), most=AT_ONCE, actor=act.created_by)


def due_actions() -> list[tuple[uuid.UUID, uuid.UUID]]:
    """(tenant, act) of every act whose worker fell silent."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id, action_id FROM bulk_actions_to_run()")
        return [(tenant, act) for tenant, act in cursor.fetchall()]


def get_bulk_action(actor: Any, pk: uuid.UUID) -> BulkAction:
    """An act of the workspace; raises NotFound."""
    act: BulkAction | None = BulkAction.objects.filter(pk=pk).first()
    if act is None:
        raise NotFound("There is no such bulk action.")
    return act


def describe(act: BulkAction) -> str:
    """What the act does, in words."""
    value = ", ".join(act.value) if isinstance(act.value, list) else act.value
    match act.action:
        case "tag":
            return f"Add the tag {value}"
        case "untag":
            return f"Take the tag {value} away"
        case "set_status":
            return f"Set the status to {dict(Contact.Status.choices).get(str(value))}"
        case "set_owner":
            owner = User.objects.filter(pk=act.value).first() if act.value else None
            return f"Hand over to {owner}" if owner else "Take the owner away"
        case _:
            return "Move to the trash"


def result_of(act: BulkAction) -> str:
    """What came of an act that has ended, in words."""
    if act.status == BulkAction.Status.UNDONE:
        kept = f" {act.kept:,} stay, because someone changed them since." if act.kept else ""
        return f"Taken back.{kept}"
    return f"Done: {act.done:,} contacts were gone through."


def undo(*, actor: Actor, act: BulkAction) -> BulkAction:
    """Take an act back except where someone changed the same field since; above a thousand in the background.

    `done` then counts the changes looked at and `kept` those that stay. Raises NotUndoable.
    """
    with transaction.atomic():
        act = BulkAction.objects.select_for_update().get(pk=act.pk)
        if act.status != BulkAction.Status.COMPLETED:
            raise NotUndoable
        act.status, act.last_id, act.done, act.undone_by = BulkAction.Status.UNDOING, None, 0, actor.user_or_none
        act.save()
        audit.record(actor=actor, action="contacts.bulk_undone", record=act)
        if act.total > AT_ONCE:
            _enqueue(act)
        else:
            while _step_back(act):
                pass
    return act


def _step_back(act: BulkAction) -> bool:
    """Set the next changes back, the newest first; False at the end."""
    done = history.revert_batch(actor=act.undone_by, source=act.source, undo_source=f"undo:{act.pk}", below=act.last_id)
    act.done += done.back + done.left
    act.kept += done.left
    act.last_id = done.last or act.last_id
    if done.last is None:
        act.status = BulkAction.Status.UNDONE
    act.save()
    return done.last is not None
