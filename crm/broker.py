"""The way to the broker: one that was away is asked again every second or two, not after half a minute."""

from typing import Any

from celery.app.amqp import AMQP
from kombu import Connection

PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 2.0


class SoonAgain(Connection):
    """A connection whose pauses between tries do not grow to Kombu's 30 seconds: calls wait for this one."""

    def ensure_connection(self, *args: Any, **kwargs: Any) -> Any:
        """Connect, trying until it succeeds or `max_retries` is reached."""
        pauses = {"interval_start": PAUSE_SECONDS, "interval_step": 0.5, "interval_max": LONGEST_PAUSE_SECONDS}
        return super().ensure_connection(*args, **{**pauses, **kwargs})


class Broker(AMQP):
    """What Celery's workers, beat and senders connect with."""

    Connection = SoonAgain
