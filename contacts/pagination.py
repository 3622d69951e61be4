"""Pages over a ranking, which has no key a database could walk."""

from typing import Any

from django.core import signing
from rest_framework.request import Request

from core.pagination import InvalidPage, Pages, _number
from core.scope import current_tenant_id


class RankedPages(Pages):
    """Pages of a list that is already ranked; the cursor is a signed position bound to the query."""

    def start_of(self, request: Request, query: str) -> int:
        """Where the asked page begins."""
        self.size = _number(request, "page_size", self.default_size, self.max_size)
        self.page = _number(request, "page", 1, 10**7)
        self.bound = f"{current_tenant_id()}:{query}"
        cursor = request.query_params.get("cursor")
        self.start = self._position(cursor, self.bound) if cursor else (self.page - 1) * self.size
        return self.start

    def place(self, total: int, *, exact: bool = True) -> None:
        """Remember what the envelope needs."""
        self.total, self.exact = total, exact
        end = self.start + self.size
        self.next_cursor = signing.dumps([self.bound, end], salt="contacts.ranking") if end < total else None

    def paginate_ranking(self, ranking: list[Any], request: Request, query: str) -> list[Any]:
        """Cut the asked page out of a whole ranking and remember what the envelope needs."""
        start = self.start_of(request, query)
        self.place(len(ranking))
        return ranking[start : start + self.size]

    def _position(self, cursor: str, bound: str) -> int:
        try:
            owner, position = signing.loads(cursor, salt="contacts.ranking")
        except (signing.BadSignature, ValueError, TypeError):
            raise InvalidPage("The cursor is not one of this list.", "invalid_cursor") from None
        if owner != bound:
            raise InvalidPage("The cursor belongs to another list.", "invalid_cursor")
        return int(position)
