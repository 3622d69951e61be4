"""Filters and orderings of lists: unknown parameters and values out of range are refused, never ignored."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework.backends import DjangoFilterBackend
from rest_framework.exceptions import APIException
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

ALWAYS_ALLOWED = {"page", "page_size", "cursor", "ordering", "fields"}
MAX_TEXT = 500


class BadParameter(APIException):
    """A query parameter that is unknown, too long or not readable."""

    status_code = 400
    default_code = "bad_request"


def check_parameters(request: Request, allowed: Iterable[str]) -> None:
    """Refuse query parameters outside `allowed`, NUL characters and overlong values."""
    allowed = {*allowed, *ALWAYS_ALLOWED}
    for name, values in request.query_params.lists():
        if name not in allowed:
            raise BadParameter(f"There is no parameter “{name[:40]}” here.", "unknown_parameter")
        for value in values:
            if "\x00" in value:
                raise BadParameter(f"{name} holds a character that cannot be stored.", "invalid_character")
            if len(value) > MAX_TEXT:
                raise BadParameter(f"{name} is longer than {MAX_TEXT} characters.", "too_long")


class StrictFilterBackend(DjangoFilterBackend):
    """django-filter, but an unknown parameter answers 400; a view adds its own in `extra_parameters`.

    A list nobody narrowed needs no form, which costs a fifth of the request: where a filter set says in
    `unfiltered` what such a list holds, that is answered.
    """

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        if getattr(view, "action", "list") != "list" and not getattr(view, "filter_always", False):
            check_parameters(request, getattr(view, "extra_parameters", ()))
            return queryset
        filterset_class = self.get_filterset_class(view, queryset)  # type: ignore[no-untyped-call]
        names = set(filterset_class.base_filters) if filterset_class else set()
        check_parameters(request, {*names, *getattr(view, "extra_parameters", ())})
        if filterset_class and names.isdisjoint(request.query_params) and hasattr(filterset_class, "unfiltered"):
            return filterset_class.unfiltered(queryset)  # type: ignore[no-any-return]
        return super().filter_queryset(request, queryset, view)  # type: ignore[no-untyped-call,no-any-return]


class StrictOrderingFilter(BaseFilterBackend):
    """`?ordering=-created_at` over the view's `ordering_fields`; anything else answers 400."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        raw = request.query_params.get("ordering")
        if not raw:
            return queryset
        names = [n.strip() for n in raw.split(",")]
        allowed = set(getattr(view, "ordering_fields", ("created_at", "updated_at")))
        if any(n.removeprefix("-") not in allowed for n in names) or len(names) > 3:
            raise BadParameter(f"ordering takes {', '.join(sorted(allowed))}.", "invalid_ordering")
        return queryset.order_by(*names)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        names = sorted(getattr(view, "ordering_fields", ("created_at", "updated_at")))
        text = f"One of {', '.join(names)}; a leading minus turns it round."
        return [{"name": "ordering", "in": "query", "schema": {"type": "string"}, "description": text}]
