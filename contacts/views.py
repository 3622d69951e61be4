"""Saved views: filters, columns and order of a list under a name."""

import uuid
from typing import Any
from urllib.parse import parse_qsl, urlencode

from accounts.permissions import require_role
from accounts.principals import Actor
from contacts.models import SavedView
from core.problems import InvalidInput, NotFound

_NOT_KEPT = {"cursor", "view", "page", "csrfmiddlewaretoken"}


def save_view(
    *,
    actor: Actor,
    name: str,
    query: str = "",
    kind: str = "contacts",
    columns: list[str] | None = None,
    is_shared: bool = False,
) -> SavedView:
    """Save a list's address under a name; the same person's view of that name is replaced."""
    clean = " ".join(name.split())
    if not clean or len(clean) > 80:
        raise InvalidInput("A name has 1 to 80 characters.", field="name", field_code="required")
    pairs = [(k, v) for k, v in parse_qsl(query, max_num_fields=100) if k not in _NOT_KEPT and v]
    values = {"query": urlencode(pairs), "columns": columns or [], "is_shared": is_shared}
    if len(str(values["query"])) > 2000:
        raise InvalidInput("The filters of the view are too long.", field="query", field_code="max_length")
    view: SavedView
    view, _ = SavedView.objects.update_or_create(
        kind=kind,
        owner=actor.user_or_none,
        name__iexact=clean,
        defaults=values,
        create_defaults={**values, "name": clean},
    )
    view.refresh_from_db()
    return view


def get_view(actor: Any, pk: uuid.UUID) -> SavedView:
    """A view the person sees; raises NotFound."""
    view: SavedView | None = SavedView.objects.filter(pk=pk).first()
    if view is None or not (view.is_shared or view.owner_id == getattr(actor.user_or_none, "pk", None)):
        raise NotFound("There is no such view.")
    return view


def delete_view(*, actor: Actor, view: SavedView) -> None:
    """Remove one's own view; someone else's shared one takes a manager."""
    if view.owner_id != getattr(actor.user_or_none, "pk", None):
        require_role(actor, "manager")
    SavedView.objects.filter(pk=view.pk).delete()
