"""Pages over a ranking, which has no key a database could walk."""

from typing import Any

from django.core import signing
from rest_framework.request import Request

from core.pagination import InvalidPage, Pages, _number
from core.scope import current_tenant_id


class RankedPages(Pages):
    """Pages of a list that is already ranked; the cursor is a signed position bound to the query."""

    def paginate_ranking(self, ranking: list[Any], request: Request, query: str) -> list[Any]:
        """Cut the asked page out of the ranking and remember what the envelope needs."""
        self.size = _number(request, "page_size", self.default_size, self.max_size)
        self.page = _number(request, "page", 1, 10**9)
        start = (self.page - 1) * self.size
        bound = f"{current_tenant_id()}:{query}"
        if cursor := request.query_params.get("cursor"):
            start = self._position(cursor, bound)
        self.total, self.exact = len(ranking), True
        end = start + self.size
        self.next_cursor = signing.dumps([bound, end], salt="contacts.ranking") if end < self.total else None
        return ranking[start:end]

    def _position(self, cursor: str, bound: str) -> int:
        try:
            owner, position = signing.loads(cursor, salt="contacts.ranking")
        except (signing.BadSignature, ValueError, TypeError):
            raise InvalidPage("The cursor is not one of this list.", "invalid_cursor") from None
        if owner != bound:
            raise InvalidPage("The cursor belongs to another list.", "invalid_cursor")
        return int(position)
