"""How long each step of a call may take, and how the simulator's time is scaled."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import connection

from calls.providers.base import PLACE_TIMEOUT_SECONDS

LEASE = dt.timedelta(seconds=settings.DIALER_LEASE_SECONDS)
"""How long a reservation, and then a placing request, may take before the sweep looks after the attempt."""

PLACE_TIMEOUT = min(PLACE_TIMEOUT_SECONDS, settings.DIALER_LEASE_SECONDS / 3)
"""Seconds to wait for the answer to a placing request: well below half of the lease."""

FIRST_LOOK_UP = dt.timedelta(seconds=min(5.0, PLACE_TIMEOUT))
"""How soon a call of unknown fate is looked up for the first time, and again."""

SPENT_AFTER = dt.timedelta(seconds=2 * PLACE_TIMEOUT)
"""A provider that does not know the call this long after the request will not make it any more."""

RING_TIMEOUT_SECONDS = 25
MAX_MINUTES = 5
"""Longest call in minutes; this much is held in the purse before the dial."""


def speed_of(provider: str) -> float:
    """Seconds of the provider's time per real second: 1 on every real network."""
    return float(settings.SIMULATOR_SPEED) if provider == "simulated" else 1.0


def placed_lease(provider: str, minutes: int) -> dt.timedelta:
    """How long a placed call can last at most before its end must have been told: ring, talk, and a minute."""
    seconds = RING_TIMEOUT_SECONDS + minutes * 60
    return dt.timedelta(seconds=seconds / speed_of(provider) + min(60.0, 2 * settings.DIALER_LEASE_SECONDS))


def database_now() -> dt.datetime:
    """The time of the running transaction: the only clock that decides."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        moment: dt.datetime = cursor.fetchone()[0]
    return moment
