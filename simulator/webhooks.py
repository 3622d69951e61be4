"""Signed webhooks: what a call did, posted to the address given with it, with the faults asked for."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from simulator.clock import Clock
from simulator.config import Faults
from simulator.delivery import DeliveryError, Poster

logger = logging.getLogger(__name__)

SIGNATURE_HEADER = "X-Simulator-Signature"
DELIVERY_TIMEOUT = 5.0
RETRIED = frozenset({408, 409, 425, 429})


def sign(secret: str, body: bytes, timestamp: int) -> str:
    """Make the value of the signature header: HMAC-SHA256 over `timestamp.body`."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


@dataclass(slots=True)
class Lane:
    """The events of one call on their way: each waits for the first delivery of the one before it."""

    last: asyncio.Task[None] | None = None
    held: dict[str, Any] | None = None


class Webhooks:
    """Delivers events; retries what was not taken."""

    def __init__(
        self,
        *,
        clock: Clock,
        secret: str,
        seed: str,
        retry_delays: tuple[float, ...],
        faults: Callable[[], Faults],
    ) -> None:
        self._clock = clock
        self._secret = secret
        self._seed = seed
        self._retry_delays = retry_delays
        self._faults = faults
        self._tasks: set[asyncio.Task[None]] = set()
        self._poster = Poster(timeout=DELIVERY_TIMEOUT)
        self.delivered = 0
        self.abandoned = 0

    def emit(self, lane: Lane, url: str, event: dict[str, Any]) -> None:
        """Send an event, unless the faults have other plans for it."""
        rates = self._faults()
        rng = random.Random(f"hook|{self._seed}|{event['reference']}|{event['sequence']}")  # noqa: S311
        lost, reordered, late, doubled = (rng.random() for _ in range(4))
        held, lane.held = lane.held, None
        if lost < rates.webhook_lost:
            logger.debug("Event %s is lost", event["id"])
        elif reordered < rates.webhook_reorder and held is None:
            lane.held = event
            self._clock.call_later(40.0, lambda: self._release(lane, url, event))
        elif late < rates.webhook_late:
            self._clock.call_later(rng.uniform(30, 120), lambda: self._send(None, url, event))
        else:
            self._send(lane, url, event)
            if doubled < rates.webhook_double:
                self._clock.call_later(rng.uniform(0, 20), lambda: self._send(None, url, event))
        if held is not None:
            self._send(lane, url, held)

    async def close(self) -> None:
        """Drop what is still on its way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._poster.close()

    def _release(self, lane: Lane, url: str, event: dict[str, Any]) -> None:
        if lane.held is event:
            lane.held = None
            self._send(lane, url, event)

    def _send(self, lane: Lane | None, url: str, event: dict[str, Any]) -> None:
        earlier = lane.last if lane is not None else None
        task = asyncio.get_running_loop().create_task(self._deliver(earlier, url, event))
        if lane is not None:
            lane.last = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, earlier: asyncio.Task[None] | None, url: str, event: dict[str, Any]) -> None:
        if earlier is not None:
            await asyncio.wait([earlier])
        if not await self._post(url, event):
            task = asyncio.get_running_loop().create_task(self._redeliver(url, event))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _redeliver(self, url: str, event: dict[str, Any]) -> None:
        for delay in self._retry_delays:
            await asyncio.sleep(delay)
            if await self._post(url, event):
                return
        self.abandoned += 1
        logger.warning("Event %s of call %s was never taken", event["type"], event["call_id"])

    async def _post(self, url: str, event: dict[str, Any]) -> bool:
        """Deliver once; true means that no retry is wanted."""
        body = orjson.dumps(event)
        headers = {
            "Content-Type": "application/json",
            SIGNATURE_HEADER: sign(self._secret, body, int(time.time())),
        }
        try:
            status = await self._poster.post(url, body, headers)
        except DeliveryError as error:
            logger.debug("Delivery failed: %s", error)
            return False
        if 200 <= status < 300:
            self.delivered += 1
            return True
        return status < 500 and status not in RETRIED
