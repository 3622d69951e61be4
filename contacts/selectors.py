"""Reading contacts and what belongs to them."""

import datetime as dt
import uuid
import zoneinfo
from typing import Any

from django.utils import timezone

from accounts.models import User
from contacts.models import Contact, Import, Merge, SavedView
from core.phones import time_zones
from core.problems import NotFound


def get_contact(actor: Any, pk: uuid.UUID, *, deleted: bool = False) -> Contact:
    """A contact of the workspace; one in the trash only with `deleted`. Raises NotFound."""
    rows = Contact.objects.select_related("owner")
    found: Contact | None = (rows if deleted else rows.active()).filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such contact.")
    return found


def merged_into(pk: uuid.UUID) -> Contact | None:
    """The contact that another one was merged into, so that old addresses still lead somewhere."""
    merge = Merge.objects.filter(other_id=pk, undone_at=None).select_related("kept").first()
    return merge.kept if merge else None


def get_import(actor: Any, pk: uuid.UUID) -> Import:
    """An import of the workspace; raises NotFound."""
    found: Import | None = Import.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such import.")
    return found


def people() -> list[tuple[str, str]]:
    """Active people of the workspace as (id, name), for owner choices."""
    return [(str(u.pk), str(u)) for u in User.objects.filter(is_active=True).order_by("name", "email")]


def views_of(actor: Any, kind: str = "contacts") -> list[SavedView]:
    """The saved views a person sees: their own and the shared ones."""
    from django.db.models import Q

    mine = Q(is_shared=True) | Q(owner=getattr(actor, "user_or_none", None))
    return list(SavedView.objects.filter(mine, kind=kind))


def local_time(contact: Contact, *, now: dt.datetime | None = None) -> dict[str, Any] | None:
    """What time it is where the contact is, and whether that is within 8 to 21; None when the place is unknown."""
    names = [contact.timezone] if contact.timezone else list(time_zones(contact.phone_number or ""))
    moments = [
        (now or timezone.now()).astimezone(zoneinfo.ZoneInfo(name))
        for name in names
        if name in zoneinfo.available_timezones()
    ]
    if not moments:
        return None
    place = names[0].rsplit("/", 1)[-1].replace("_", " ")
    return {"time": f"{moments[0]:%H:%M}", "place": place, "ok": all(8 <= m.hour < 21 for m in moments)}
