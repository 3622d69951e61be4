"""Telling contacts that people have worked with from those an undo may erase."""

from typing import Any

from django.db import transaction

from accounts.principals import Actor
from contacts.models import Contact, ContactChange, DuplicatePair
from contacts.purging import erase, hanging_keys

_collateral: set[str] = {ContactChange._meta.label, DuplicatePair._meta.label}


def register_collateral(*labels: str) -> None:
    """Name models (`app.Model`) whose rows come by themselves and go with the contact, such as enrichment runs."""
    _collateral.update(labels)


def worked_with(ids: list[Any]) -> set[Any]:
    """Those of the contacts that someone edited, or that anything of weight hangs on."""
    found = set(
        ContactChange.objects.filter(contact__in=ids)
        .exclude(actor=None, actor_name="")
        .exclude(source__startswith="import:")
        .values_list("contact_id", flat=True)
    )
    for key in hanging_keys(Contact):
        if key.model._meta.label not in _collateral:
            found |= set(key.model._base_manager.filter(**{f"{key.name}__in": ids}).values_list(key.attname, flat=True))
    return found


def erase_untouched(ids: list[Any], *, actor: Actor | None) -> list[Any]:
    """Erase the contacts nobody has worked with, with what came by itself; return the ids of those erased."""
    with transaction.atomic():
        present = set(Contact.objects.for_update().filter(pk__in=ids).values_list("pk", flat=True))
        free = present - worked_with(list(present))
        if free:
            erase(contacts=list(Contact.objects.filter(pk__in=free)), actor=actor)
        return list(free)
