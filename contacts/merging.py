"""Making two contacts one, and splitting them again.

Everything that points at the other contact is moved, whichever app owns it: the foreign keys are found in
the app registry. Rules that need more than moving (adding attempts up, dropping a doubled queued call) are
registered by the app they belong to with `register_rule`.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts import audit
from accounts.principals import Actor
from contacts.history import attribute_to
from contacts.models import Contact, ContactChange, DuplicatePair, Merge
from contacts.purging import hanging_keys
from core.problems import DomainError, InvalidInput, NotFound

PLAIN = ("first_name", "last_name", "email", "phone_number", "company", "title", "status", "timezone", "owner_id")
FIELDS = (*PLAIN, "tags", "notes", "custom_fields", "enrichment_data")
_STAY = (ContactChange, Merge, DuplicatePair)


class AlreadyUndone(DomainError):
    """The merge was split again before."""

    code = "merge_undone"
    title = "This merge has already been undone."


@dataclass(frozen=True, slots=True)
class Rule:
    """What an app does beyond moving its rows. `merged` answers plain data that `split` gets back."""

    merged: Callable[[Contact, Contact], dict[str, Any]]
    split: Callable[[Contact, Contact, dict[str, Any]], None]


_rules: dict[str, Rule] = {}


def register_rule(name: str, rule: Rule) -> None:
    """Add an app's rule; it runs inside the merge's transaction after the rows have been moved."""
    _rules[name] = rule


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, uuid.UUID) else value


def merged_values(kept: Contact, other: Contact, prefer: Mapping[str, str]) -> dict[str, Any]:
    """The fields after a merge: the kept contact's, the other's where preferred or where the kept one's are empty."""
    values: dict[str, Any] = {}
    for field in PLAIN:
        mine, theirs = getattr(kept, field), getattr(other, field)
        values[field] = theirs if prefer.get(field) == "other" or not mine else mine
    values["tags"] = list(dict.fromkeys([*kept.tags, *other.tags]))
    theirs_first = prefer.get("custom_fields") == "other"
    pair = (kept.custom_fields, other.custom_fields) if theirs_first else (other.custom_fields, kept.custom_fields)
    values["custom_fields"] = {**pair[0], **pair[1]}
    values["enrichment_data"] = {**other.enrichment_data, **kept.enrichment_data}
    values["notes"] = _notes(kept.notes, other.notes, prefer.get("notes", ""))
    return values


def _notes(mine: str, theirs: str, prefer: str) -> str:
    if prefer == "this":
        return mine
    if prefer == "other":
        return theirs
    parts = [text for text in dict.fromkeys((mine, theirs)) if text]
    return "\n\n".join(parts)[:20_000]


def _check_prefer(prefer: Mapping[str, str]) -> dict[str, str]:
    clean = {("owner_id" if name == "owner" else name): side for name, side in prefer.items()}
    for name, side in clean.items():
        if name not in FIELDS:
            raise InvalidInput(f"There is no field “{name[:40]}”.", field="prefer", field_code="unknown_field")
        if side not in ("this", "other"):
            raise InvalidInput("Prefer this or other.", field="prefer", field_code="invalid_choice")
    return clean


def _lock_pair(kept_id: uuid.UUID, other_id: uuid.UUID, *, active: bool = True) -> tuple[Contact, Contact]:
    """Both rows, locked in one order so that two merges at once never wait for each other in a circle."""
    rows = Contact.objects.active() if active else Contact.objects.all()
    found = {c.pk: c for c in rows.for_update().filter(pk__in=(kept_id, other_id)).order_by("pk")}
    if len(found) != 2:
        raise NotFound("There is no such contact.")
    return found[kept_id], found[other_id]


def merge_contacts(
    *, actor: Actor, contact: Contact, other_id: uuid.UUID, prefer: Mapping[str, str] | None = None
) -> Merge:
    """Merge another contact into this one; the other goes to the trash. Raises InvalidInput or NotFound."""
    if contact.pk == other_id:
        raise InvalidInput("A contact cannot be merged with itself.", field="other_id")
    choices = _check_prefer(prefer or {})
    with transaction.atomic():
        kept, other = _lock_pair(contact.pk, other_id)
        before = {f: _plain(getattr(kept, f)) for f in FIELDS}
        values = merged_values(kept, other, choices)
        merge = Merge(kept=kept, other=other, before=before, actor=actor.user_or_none)
        attribute_to(actor, f"merge:{merge.pk}")
        Contact.objects.filter(pk=other.pk).update(deleted_at=Now())
        Contact.objects.filter(pk=kept.pk).update(**values)
        merge.after = {f: _plain(v) for f, v in values.items()}
        merge.moved = _move(other.pk, kept.pk)
        merge.undo_data = {name: rule.merged(kept, other) for name, rule in _rules.items()}
        merge.save(force_insert=True)
        audit.record(actor=actor, action="contact.merged", record=kept, other=str(other.pk))
    return merge


def _move(source: uuid.UUID, target: uuid.UUID) -> dict[str, list[str]]:
    """Point every row at the target; rows that a constraint holds back (a tie to oneself, a double) stay."""
    moved: dict[str, list[str]] = {}
    for key in hanging_keys(Contact):
        if key.model in _STAY:
            continue
        rows = key.model._base_manager.filter(**{key.attname: source})
        ids = list(rows.values_list("pk", flat=True))
        done = _repoint(key, ids, target) if ids else []
        if done:
            moved[f"{key.model._meta.label}.{key.attname}"] = [str(i) for i in done]
    return moved


def _repoint(key: Any, ids: list[Any], target: uuid.UUID) -> list[Any]:
    manager = key.model._base_manager
    try:
        with transaction.atomic():
            manager.filter(pk__in=ids).update(**{key.attname: target})
    except IntegrityError:
        if len(ids) == 1:
            return []
        return [pk for one in ids for pk in _repoint(key, [one], target)]
    return ids


def get_merge(pk: uuid.UUID) -> Merge:
    """A merge of the workspace; raises NotFound."""
    merge: Merge | None = Merge.objects.filter(pk=pk).first()
    if merge is None:
        raise NotFound("There is no such merge.")
    return merge


def undo_merge(*, actor: Actor, merge: Merge) -> Merge:
    """Split two contacts again: rows go back, fields too unless someone changed them since. Raises AlreadyUndone."""
    with transaction.atomic():
        merge = Merge.objects.select_for_update().get(pk=merge.pk)
        if merge.undone_at is not None:
            raise AlreadyUndone
        kept, other = _lock_pair(merge.kept_id, merge.other_id, active=False)
        attribute_to(actor, f"undo:{merge.pk}")
        for name, data in merge.undo_data.items():
            if name in _rules:
                _rules[name].split(kept, other, data)
        _move_back(merge)
        changed = {f: v for f, v in merge.after.items() if v != merge.before[f]}
        back = {f: merge.before[f] for f, v in changed.items() if _plain(getattr(kept, f)) == v}
        if back:
            Contact.objects.filter(pk=kept.pk).update(**back)
        _revive(other)
        Merge.objects.filter(pk=merge.pk).update(undone_at=Now())
        audit.record(actor=actor, action="contact.split", record=kept, other=str(other.pk))
    merge.refresh_from_db()
    return merge


def _move_back(merge: Merge) -> None:
    for key in hanging_keys(Contact):
        ids = merge.moved.get(f"{key.model._meta.label}.{key.attname}")
        if ids:
            still = key.model._base_manager.filter(pk__in=ids, **{key.attname: merge.kept_id})
            _repoint(key, list(still.values_list("pk", flat=True)), merge.other_id)


def _revive(other: Contact) -> None:
    from contacts.services import DuplicateContact

    try:
        with transaction.atomic():
            Contact.objects.filter(pk=other.pk).update(deleted_at=None)
    except IntegrityError:
        raise DuplicateContact("The other contact's email was taken meanwhile.") from None
