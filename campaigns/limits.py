"""What keeps a running campaign from calling more people at this moment, in words.

The dialer, one floor above, knows; it registers its answer here, so that pages and API may ask.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from campaigns.models import Campaign
from core.parsing import utc_text


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit that binds: its code, a sentence with its figures, and when it lets go by itself if that is known."""

    code: str
    text: str
    until: datetime | None = None

    def as_json(self) -> dict[str, str | None]:
        """The form of the API."""
        return {"code": self.code, "text": self.text, "until": utc_text(self.until)}


_ask: list[Callable[[Campaign], Limit | None]] = []


def connect(ask: Callable[[Campaign], Limit | None]) -> None:
    """Register who knows the limits."""
    _ask[:] = [ask]


def limit_of(campaign: Campaign) -> Limit | None:
    """The limit that binds now; None for a campaign that does not run, or whose next calls are being placed."""
    if campaign.status != Campaign.Status.RUNNING or not _ask:
        return None
    return _ask[0](campaign)
