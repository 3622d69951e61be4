"""Erasing contacts with everything that hangs on them, whichever app owns it."""

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast

from accounts.principals import Actor
from contacts.importing.files import forget_samples
from contacts.models import Contact, Import, ImportRow, Merge
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
    contact_purging.send(sender=Contact, contacts=contacts, actor=actor)
    ids = {contact.pk for contact in contacts}
    found: dict[type[models.Model], set[uuid.UUID]] = {}
    _collect(Contact, ids, found)
    ImportRow.objects.filter(record_id__in=ids).update(before=None, after=None, cells=None)
    for model, keys in found.items():
        rows = model._base_manager.filter(pk__in=keys)
        rows._raw_delete(rows.db)
    return {model._meta.label_lower: len(keys) for model, keys in found.items() if keys}


def with_merged(contact: Contact) -> list[Contact]:
    """The contact and those merged into it, which are the same person."""
    found, new = [contact], [contact.pk]
    while new:
        others = Merge.objects.filter(kept__in=new, undone_at=None).exclude(other__in=[c.pk for c in found])
        more = list(Contact.objects.filter(pk__in=others.values("other_id")))
        new = [other.pk for other in more]
        found += more
    return found


def forget_in_imports(contact: Contact) -> None:
    """Take a person out of what imports remember beside their own rows: refused rows with their address, samples."""
    refused = ImportRow.objects.filter(result=ImportRow.Result.FAILED, cells__isnull=False)
    for address in filter(None, (contact.email, (contact.phone_number or "")[-10:])):
        refused.annotate(text=Cast("cells", models.TextField())).filter(text__icontains=address).update(cells=None)
    for job in Import.objects.filter(Q(status=Import.Status.DRAFT) | Q(dry_run=True)):
        forget_samples(job)
