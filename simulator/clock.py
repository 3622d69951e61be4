"""A clock that runs faster than the real one, with one heap of timers for all calls."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)


class Timer:
    """One planned callback."""

    __slots__ = ("callback", "due")

    def __init__(self, due: float, callback: Callable[[], None]) -> None:
        self.due = due
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Make sure the callback never runs."""
        self.callback = None


class Clock:
    """Simulated seconds since the start; a change of speed moves everything that is already planned."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._base_real = time.monotonic()
        self._base = 0.0
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._wake = asyncio.Event()

    @property
    def speed(self) -> float:
        """Simulated seconds per real second."""
        return self._speed

    def now(self) -> float:
        """Simulated seconds since the clock was made."""
        return self._base + (time.monotonic() - self._base_real) * self._speed

    def set_speed(self, speed: float) -> None:
        """Run at another speed from now on."""
        self._base = self.now()
        self._base_real = time.monotonic()
        self._speed = speed
        self._wake.set()

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Run `callback` after so many simulated seconds."""
        timer = Timer(self.now() + seconds, callback)
        heapq.heappush(self._heap, (timer.due, next(self._order), timer))
        if self._heap[0][2] is timer:
            self._wake.set()
        return timer

    async def run(self) -> None:
        """Run what is due, for ever."""
        while True:
            self._run_due()
            self._wake.clear()
            wait = (self._heap[0][0] - self.now()) / self._speed if self._heap else None
            try:
                await asyncio.wait_for(self._wake.wait(), None if wait is None else max(wait, 0.001))
            except TimeoutError:
                continue

    def _run_due(self) -> None:
        now = self.now()
        while self._heap and self._heap[0][0] <= now:
            callback = heapq.heappop(self._heap)[2].callback
            if callback is None:
                continue
            try:
                callback()
            except Exception:
                logger.exception("A timer failed")
