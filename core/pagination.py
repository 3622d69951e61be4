"""Lists: numbered pages with a total that may be an estimate, and a cursor that walks to the end.

The cursor is the ordering key of the last row, signed, so any list is walked in constant time a page
and a made-up or foreign cursor is refused.
"""

import base64
import datetime as dt
import json
import time
import uuid
from typing import Any

from django.core import signing
from django.db import connection
from django.db.models import F, Q, QuerySet
from rest_framework.exceptions import APIException
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from core.scope import open_tenant_id

EXACT_UP_TO = 10_000
ESTIMATE_SECONDS = 30
_far_above: dict[tuple[str, str, str], tuple[float, int]] = {}
_SIGNER = signing.Signer(salt="core.pagination")


class InvalidPage(APIException):
    """A page or page size outside its range."""

    status_code = 400
    default_code = "bad_request"

    def __init__(self, detail: str, code: str = "invalid_page") -> None:
        super().__init__(detail, code)


def _number(request: Request, name: str, default: int, most: int) -> int:
    raw = request.query_params.get(name)
    if raw is None:
        return default
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 9 and 1 <= int(raw) <= most):
        raise InvalidPage(f"{name} must be a whole number from 1 to {most}.")
    return int(raw)


def estimated_rows(queryset: QuerySet[Any]) -> int:
    """PostgreSQL's own estimate of how many rows a query returns."""
    sql, params = queryset.order_by().query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0]
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return int(plan[0]["Plan"]["Plan Rows"])


def count_rows(queryset: QuerySet[Any]) -> tuple[int, bool]:
    """Return (total, exact): exact up to 10,000 rows, PostgreSQL's estimate above."""
    capped = queryset.order_by().values("pk")[: EXACT_UP_TO + 1]
    counted = capped.count()
    if counted <= EXACT_UP_TO:
        return counted, True
    return max(estimated_rows(queryset), EXACT_UP_TO + 1), False


def _count_of_full_page(queryset: QuerySet[Any]) -> tuple[int, bool]:
    """As count_rows, but an estimate far above the limit serves the same list of this process for a while.

    Only for a page that is followed by another: a list that has shrunk tells so by its end.
    """
    sql, params = queryset.order_by().values("pk").query.sql_with_params()
    key = (str(open_tenant_id()), sql, repr(params))
    until, known = _far_above.get(key, (0.0, 0))
    if time.monotonic() < until:
        return known, False
    total, exact = count_rows(queryset)
    if total > 2 * EXACT_UP_TO:
        if len(_far_above) >= 1000:
            _far_above.clear()
        _far_above[key] = (time.monotonic() + ESTIMATE_SECONDS, total)
    return total, exact


def ordering_of(queryset: QuerySet[Any]) -> list[str]:
    """The ordering as field names, always ended by the key so that it is total."""
    names = [str(n) for n in (queryset.query.order_by or queryset.model._meta.ordering or ())]
    if not any(n.lstrip("-") in ("id", "pk") for n in names):
        descending = bool(names) and names[-1].startswith("-")
        names.append("-id" if descending else "id")
    return names


def _encode(row: Any, ordering: list[str], tenant: str) -> str:
    values: list[Any] = []
    for name in ordering:
        value: Any = row
        for part in name.lstrip("-").split("__"):
            value = value.get(part) if isinstance(value, dict) else getattr(value, part)
        if isinstance(value, dt.datetime):
            value = {"t": value.isoformat()}
        elif isinstance(value, uuid.UUID):
            value = str(value)
        values.append(value)
    raw = json.dumps([tenant, ordering, values], separators=(",", ":"), default=str).encode()
    return _SIGNER.sign(base64.urlsafe_b64encode(raw).decode().rstrip("="))


def _decode(cursor: str, ordering: list[str], tenant: str) -> list[Any]:
    try:
        text = _SIGNER.unsign(cursor)
        raw = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        owner, given, values = raw
    except (signing.BadSignature, ValueError, TypeError):
        raise InvalidPage("The cursor is not one of this list.", "invalid_cursor") from None
    if owner != tenant or given != ordering:
        raise InvalidPage("The cursor belongs to another list or ordering.", "invalid_cursor")
    return [dt.datetime.fromisoformat(v["t"]) if isinstance(v, dict) else v for v in values]


def after(queryset: QuerySet[Any], ordering: list[str], values: list[Any]) -> QuerySet[Any]:
    """Keep the rows that come after the given ordering values (nulls sort last ascending, first descending)."""
    condition = Q()
    equal = Q()
    for name, value in zip(ordering, values, strict=True):
        field, descending = name.lstrip("-"), name.startswith("-")
        if value is None:
            step = Q(**{f"{field}__isnull": False}) if descending else Q(pk__in=[])
            same = Q(**{f"{field}__isnull": True})
        else:
            step = Q(**{f"{field}__{'lt' if descending else 'gt'}": value})
            if not descending and queryset.model._meta.get_field(field.split("__")[0]).null:
                step |= Q(**{f"{field}__isnull": True})
            same = Q(**{field: value})
        condition |= equal & step
        equal &= same
    return queryset.filter(_from_here_on(queryset, ordering[0], values[0]), condition)


def _from_here_on(queryset: QuerySet[Any], name: str, value: Any) -> Q:
    """A bound on the first field alone: an index can begin there, which it cannot by the alternatives of `after`."""
    field, descending = name.lstrip("-"), name.startswith("-")
    if value is None:
        return Q()
    bound = Q(**{f"{field}__{'lte' if descending else 'gte'}": value})
    nulls_follow = not descending and queryset.model._meta.get_field(field.split("__")[0]).null
    return bound | Q(**{f"{field}__isnull": True}) if nulls_follow else bound


class Pages(BasePagination):
    """`?page=&page_size=` or `?cursor=`; the envelope is the same."""

    default_size = 20
    max_size = 100

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.size = _number(request, "page_size", self.default_size, self.max_size)
        self.page = _number(request, "page", 1, 10**9)
        tenant = str(open_tenant_id() or "")
        ordering = ordering_of(queryset)
        queryset = queryset.order_by(*[_nulls(n) for n in ordering])
        cursor, start = request.query_params.get("cursor"), (self.page - 1) * self.size
        if cursor:
            rows = list(after(queryset, ordering, _decode(cursor, ordering, tenant))[: self.size + 1])
        else:
            rows = [] if start > 10**7 else list(queryset[start : start + self.size + 1])
        more = len(rows) > self.size
        if not more and not cursor and (rows or not start):
            self.total, self.exact = start + len(rows), True  # the end of the list tells how long it is
        else:
            self.total, self.exact = (_count_of_full_page if more else count_rows)(queryset)
        self.next_cursor = _encode(rows[self.size - 1], ordering, tenant) if more else None
        return rows[: self.size]

    def envelope(self, items: list[Any]) -> dict[str, Any]:
        """The list envelope of the API."""
        return {
            "items": items,
            "page": self.page,
            "page_size": self.size,
            "total": self.total,
            "total_is_exact": self.exact,
            "next_cursor": self.next_cursor,
        }

    def get_paginated_response(self, data: Any) -> Response:
        return Response(self.envelope(data))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["items", "page", "page_size", "total", "total_is_exact", "next_cursor"],
            "properties": {
                "items": schema if schema.get("type") == "array" else {"type": "array", "items": schema},
                "page": {"type": "integer", "minimum": 1},
                "page_size": {"type": "integer", "minimum": 1, "maximum": 100},
                "total": {"type": "integer"},
                "total_is_exact": {"type": "boolean"},
                "next_cursor": {"type": ["string", "null"]},
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        whole = {"type": "integer", "minimum": 1}
        return [
            {"name": "page", "in": "query", "schema": whole},
            {"name": "page_size", "in": "query", "schema": {**whole, "maximum": 100, "default": 20}},
            {
                "name": "cursor",
                "in": "query",
                "schema": {"type": "string"},
                "description": "`next_cursor` of a page.",
            },
        ]


def _nulls(name: str) -> Any:
    return F(name[1:]).desc() if name.startswith("-") else F(name).asc()
