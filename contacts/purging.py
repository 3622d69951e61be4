"""Erasing contacts with everything that hangs on them, whichever app owns it."""

import uuid
from typing import Any

from django.db import models

from accounts.principals import Actor
from contacts.models import Contact, ImportRow
from contacts.signals import contact_purging


def hanging_keys(model: type[models.Model]) -> list[Any]:
    """Foreign keys of other tables that lead to `model`."""
    return [
        relation.field
        for relation in model._meta.get_fields(include_hidden=True)
        if isinstance(relation, models.ManyToOneRel)
    ]


def _collect(model: type[models.Model], ids: set[uuid.UUID], found: dict[type[models.Model], set[uuid.UUID]]) -> None:
    """Add to `found` the rows that depend on the given rows, and the rows that depend on those."""
    new = ids - found.setdefault(model, set())
    if not new:
        return
    found[model] |= new
    for key in hanging_keys(model):
        rows = key.model._base_manager.filter(**{f"{key.name}__in": new})
        if key.remote_field.on_delete is models.SET_NULL:
            rows.update(**{key.name: None})
        else:
            _collect(key.model, set(rows.values_list("pk", flat=True)), found)


def erase(*, contacts: list[Contact], actor: Actor | None) -> dict[str, int]:
    """Delete contacts and their dependants in the running transaction; return the counts by table.

    `contact_purging` lets the apps above keep a hashed do-not-call entry and drop files first. The foreign
    keys are checked at commit, so the order of deletion does not matter.
    """
    for contact in contacts:
        contact_purging.send(sender=Contact, contact=contact, actor=actor)
    ids = {contact.pk for contact in contacts}
    found: dict[type[models.Model], set[uuid.UUID]] = {}
    _collect(Contact, ids, found)
    ImportRow.objects.filter(record_id__in=ids).update(before=None, after=None, cells=None)
    for model, keys in found.items():
        rows = model._base_manager.filter(pk__in=keys)
        rows._raw_delete(rows.db)
    return {model._meta.label_lower: len(keys) for model, keys in found.items() if keys}
