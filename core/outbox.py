"""The outbox: effects written down in the transaction that causes them and carried out afterwards.

A handler is registered per topic and runs at least once, in the message's tenant, outside the transaction
that leased it. A failure is retried with growing delays; after `MAX_ATTEMPTS` the message is marked failed.
"""

import datetime as dt
import random
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from core import background
from core.models import OutboxMessage
from core.scope import tenant_context

log = structlog.get_logger(__name__)
MAX_ATTEMPTS = 10
LEASE = dt.timedelta(seconds=120)
_handlers: dict[str, Callable[[dict[str, Any]], None]] = {}


class Permanent(Exception):
    """Raised by a handler when trying again cannot help."""


def handles(topic: str) -> Callable[[Callable[[dict[str, Any]], None]], Callable[[dict[str, Any]], None]]:
    """Register the function that carries out messages of a topic."""

    def register(handler: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
        _handlers[topic] = handler
        return handler

    return register


def put(
    *, topic: str, key: str, payload: dict[str, Any], run_at: dt.datetime | None = None, nudge: bool = True
) -> None:
    """Promise an effect, once per (tenant, topic, key).

    Unless it has a time, or may wait for the periodic look (`nudge=False`, seconds), a nudge follows the commit.
    """
    message = OutboxMessage(topic=topic, key=key, payload=payload)
    if run_at:
        message.run_at = run_at
    OutboxMessage.objects.bulk_create([message], ignore_conflicts=True)
    if run_at is None and nudge:
        background.nudge("core.tasks.relay_outbox")


def due_tenants() -> list[uuid.UUID]:
    """Tenants that have messages to carry out now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT outbox_due_tenants()")
        return [tenant_id for (tenant_id,) in cursor.fetchall()]


def relay(tenant_id: uuid.UUID, *, most: int = 200) -> int:
    """Carry out due messages of a tenant one by one; return how many were taken."""
    taken = 0
    with tenant_context(tenant_id):
        while taken < most and (message := _lease()):
            _carry_out(message)
            taken += 1
    return taken


def _lease() -> OutboxMessage | None:
    with transaction.atomic():
        due = OutboxMessage.objects.filter(done_at=None, failed_at=None, run_at__lte=Now()).order_by("run_at")
        message: OutboxMessage | None = due.select_for_update(skip_locked=True).first()
        if message is not None:
            OutboxMessage.objects.filter(pk=message.pk).update(
                attempts=F("attempts") + 1, run_at=Now() + LEASE, lease_until=Now() + LEASE
            )
            message.attempts += 1
        return message


def _carry_out(message: OutboxMessage) -> None:
    try:
        _handlers[message.topic](message.payload)
    except Exception as error:
        _write_down(message, error)
    else:
        with transaction.atomic():
            OutboxMessage.objects.filter(pk=message.pk).update(done_at=Now(), last_error="")


def _write_down(message: OutboxMessage, error: Exception) -> None:
    words = f"{type(error).__name__}: {error}"[:2000]
    log.warning("outbox_failed", topic=message.topic, attempts=message.attempts, error=type(error).__name__)
    final = isinstance(error, Permanent) or message.attempts >= MAX_ATTEMPTS
    delay = min(3600, 5 * 2**message.attempts) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
    with transaction.atomic():
        row = OutboxMessage.objects.filter(pk=message.pk)
        if final:
            row.update(failed_at=Now(), last_error=words)
        else:
            row.update(run_at=Now() + dt.timedelta(seconds=delay), last_error=words)
