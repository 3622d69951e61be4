"""Ways to narrow calls down."""

from typing import Any, Self

from django.apps import apps
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Exists, OuterRef

from core.models import TenantQuerySet

LIVE = ("reserved", "dialing", "placed", "unknown")


class CallQuerySet(TenantQuerySet):
    """Calls of the open scope."""

    def dialed(self) -> Self:
        """Without reservations: what was, or may have been, dialled."""
        return self.exclude(dial_state="reserved")

    def live(self) -> Self:
        """Those that hold a line, reservations included."""
        return self.filter(dial_state__in=LIVE)

    def said(self, words: str) -> Self:
        """Those in whose transcript all the words occur, in any form of the word."""
        conversations: Any = apps.get_model("calls", "Conversation").objects
        vector: Any = SearchVector("transcript", config="english")
        found = conversations.annotate(words=vector).filter(words=SearchQuery(words, config="english"))
        return self.filter(Exists(found.filter(call_id=OuterRef("pk"))))
