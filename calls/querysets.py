"""Ways to narrow calls down."""

from typing import Self

from django.db.models.expressions import RawSQL

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
        return self.filter(pk__in=RawSQL("SELECT calls_in_which_was_said(%s)", [words]))
