"""One page of a list of records: filters from the address, a cursor, columns to choose, saved views.

Serves contacts here and other records above: each names its filters, columns and labels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from contacts.custom_fields import field_kinds
from contacts.models import SavedView
from contacts.selectors import views_of
from core.pagination import Pages

PAGE_SIZE = 50
NOT_FILTERS = ("cursor", "columns", "ordering", "view", "page", "page_size", "csrfmiddlewaretoken")


@dataclass(frozen=True, slots=True)
class Column:
    """One column a list can show; `sort` is the ordering it stands for."""

    key: str
    label: str
    sort: str = ""
    width: str = ""
    hide_small: bool = True


@dataclass(slots=True)
class Listing:
    """What a list page draws."""

    rows: list[Any]
    pages: Pages
    columns: list[Column]
    chosen: dict[str, Any]
    pills: list[dict[str, str]]
    views: list[SavedView]
    view: SavedView | None
    error: str = ""
    all_columns: list[tuple[Column, bool]] = field(default_factory=list)
    query: str = ""

    @property
    def next_url(self) -> str:
        """The address of the next rows, or nothing at the end."""
        return f"?{self.query}&cursor={self.pages.next_cursor}".replace("?&", "?") if self.pages.next_cursor else ""


def custom_columns() -> list[Column]:
    """The workspace's custom fields as columns."""
    return [Column(f"custom:{key}", kind.label) for key, kind in field_kinds().items()]


def _chosen_columns(request: HttpRequest, known: Sequence[Column], usual: Sequence[str]) -> list[Column]:
    asked = [name for part in request.GET.getlist("columns") for name in part.split(",") if name]
    by_key = {column.key: column for column in known}
    return [by_key[name] for name in dict.fromkeys(asked or usual) if name in by_key]


def _pills(
    request: HttpRequest, labels: Mapping[str, str], words: Mapping[str, Mapping[str, str]]
) -> list[dict[str, str]]:
    pills = []
    for name, values in request.GET.lists():
        shown = [value for value in values if value.strip()]
        if name in NOT_FILTERS or name not in labels or not shown:
            continue
        rest = request.GET.copy()
        for gone in (name, "cursor", "view"):
            rest.pop(gone, None)
        texts = [words.get(name, {}).get(value, value) for value in shown]
        op = "is any of" if len(texts) > 1 else "is"
        pills.append({"label": labels[name], "op": op, "value": ", ".join(texts), "remove": f"?{rest.urlencode()}"})
    return pills


def build_listing(
    request: HttpRequest,
    *,
    kind: str,
    filterset: Any,
    columns: Sequence[Column],
    usual: Sequence[str],
    orderings: Sequence[str],
    labels: Mapping[str, str],
    words: Mapping[str, Mapping[str, str]] | None = None,
) -> Listing:
    """Work out one page of a list; an unreadable filter or cursor is told in `error` and answers no rows."""
    pages = Pages()
    pages.default_size = PAGE_SIZE
    rows, error = [], ""
    queryset = filterset.qs if filterset.is_valid() else filterset.queryset.none()
    if not filterset.is_valid():
        error = "; ".join(str(e) for errors in filterset.errors.values() for e in errors)
    ordering = request.GET.get("ordering", "")
    if ordering.lstrip("-") in orderings:
        queryset = queryset.order_by(ordering)
    try:
        rows = pages.paginate_queryset(queryset, Request(request))
    except APIException as refusal:
        error = str(refusal.detail)
        pages.total, pages.exact, pages.next_cursor = 0, True, None
    known = [*columns, *custom_columns()]
    shown = _chosen_columns(request, known, usual)
    views = views_of(request.user, kind)
    query = request.GET.copy()
    query.pop("cursor", None)
    return Listing(
        rows=rows,
        pages=pages,
        columns=shown,
        chosen={name: request.GET.get(name, "") for name in labels},
        pills=_pills(request, labels, words or {}),
        views=views,
        view=next((v for v in views if str(v.pk) == request.GET.get("view")), None),
        error=error,
        all_columns=[(column, column in shown) for column in known],
        query=SafeString(query.urlencode()),
    )
