"""Erasing a contact with everything that hangs on it, whichever app owns it."""

import uuid
from typing import Any

from django.db import models

from accounts.principals import Actor
from contacts.models import Contact, ImportRow
from contacts.signals import contact_purging


def _hanging(model: type[models.Model]) -> list[Any]:
    """Foreign keys of other tables that lead to `model`."""
    return [
        relation.field
        for relation in model._meta.get_fields(include_hidden=True)
        if isinstance(relation, models.ManyToOneRel) and "pgh_" not in relation.field.name
    ]


def _collect(model: type[models.Model], ids: set[uuid.UUID], found: dict[type[models.Model], set[uuid.UUID]]) -> None:
    """Add to `found` the rows that depend on the given rows, and the rows that depend on those."""
    new = ids - found.setdefault(model, set())
    if not new:
        return
    found[model] |= new
    for key in _hanging(model):
        if key.remote_field.on_delete is models.SET_NULL:
            key.model._base_manager.filter(**{f"{key.name}__in": new}).update(**{key.name: None})
            continue
        rows = key.model._base_manager.filter(**{f"{key.name}__in": new}).values_list("pk", flat=True)
        _collect(key.model, set(rows), found)


def erase(*, contact: Contact, actor: Actor) -> dict[str, int]:
    """Delete the contact and its dependants in the running transaction; return the counts by table.

    `contact_purging` lets the apps above keep a hashed do-not-call entry and drop files first. The foreign
    keys are checked at commit, so the order of deletion does not matter.
    """
    contact_purging.send(sender=Contact, contact=contact, actor=actor)
    found: dict[type[models.Model], set[uuid.UUID]] = {}
    _collect(Contact, {contact.pk}, found)
    ImportRow.objects.filter(record_id=contact.pk).update(before=None, after=None, cells=None)
    for model, ids in found.items():
        rows = model._base_manager.filter(pk__in=ids)
        rows._raw_delete(rows.db)
    return {model._meta.label_lower: len(ids) for model, ids in found.items()}
