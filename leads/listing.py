"""Lists on pages: the filters and pages of the API, as templates need them."""

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.exceptions import APIException

from core.pagination import Pages
from core.problems import InvalidInput

NOT_FILTERS = {"page", "cursor", "page_size", "ordering", "columns", "view"}


class PageOfRows:
    """One page of a filtered list: rows, total, and the address of the next page."""

    def __init__(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        filterset_class: Any,
        *,
        ordering_fields: tuple[str, ...] = (),
        size: int = 50,
    ) -> None:
        self.filterset = filterset_class(request.GET, queryset=queryset)
        rows = self.filterset.qs if self.filterset.is_valid() else queryset.none()
        self.ordering = request.GET.get("ordering", "")
        if self.ordering.removeprefix("-") in ordering_fields and self.ordering:
            rows = rows.order_by(self.ordering)
        pages = Pages()
        pages.default_size = size
        try:
            self.rows = pages.paginate_queryset(rows, SimpleNamespace(query_params=request.GET))  # type: ignore[arg-type]
        except APIException as error:
            raise InvalidInput(str(error.detail)) from None
        self.total, self.exact, self.page = pages.total, pages.exact, pages.page
        self.next = self._with(request, cursor=pages.next_cursor) if pages.next_cursor else ""
        self.filtered = any(v for k, v in request.GET.items() if k not in NOT_FILTERS)

    @staticmethod
    def _with(request: HttpRequest, **changes: Any) -> str:
        query = {k: request.GET.getlist(k) for k in request.GET if k not in ("page", "cursor")} | changes
        return f"?{urlencode(query, doseq=True)}"
