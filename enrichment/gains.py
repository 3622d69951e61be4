"""What enrichment brought: conversations with people whose number it had found.

The calls lie above this app, so whoever counts conversations registers a counter here.
"""

import datetime as dt
from collections.abc import Callable

Counter = Callable[[dt.datetime], int]
_counters: list[Counter] = []


def register(counter: Counter) -> None:
    """Name the function that counts conversations since a time over numbers that enrichment found."""
    _counters[:] = [counter]


def conversations_since(moment: dt.datetime) -> int | None:
    """Conversations gained since a time; None while nobody counts them."""
    return _counters[0](moment) if _counters else None
