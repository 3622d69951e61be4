"""Periodic work of the ground floor."""

import uuid

from celery import shared_task
from django.db import connection

from core import email, outbox


@shared_task
def relay_outbox(tenant_id: str | None = None) -> int:
    """Carry out due outbox messages, of one tenant or of all."""
    tenants = [uuid.UUID(tenant_id)] if tenant_id else outbox.due_tenants()
    return sum(outbox.relay(t) for t in tenants)


@shared_task
def forget_old_idempotency_keys() -> None:
    """Delete idempotency keys older than a day."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT forget_old_idempotency_keys()")


@shared_task
def beat_heart(name: str) -> None:
    """Prove that the worker of a queue takes work."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_heartbeat (name, beat_at) VALUES (%s, now())"
            " ON CONFLICT (name) DO UPDATE SET beat_at = now()",
            [name],
        )


@shared_task(queue="mail")
def send_emails(tenant_id: str | None = None) -> int:
    """Send the mails that are due, of one tenant or of all."""
    tenants = [uuid.UUID(tenant_id)] if tenant_id else email.due_tenants()
    return sum(email.send_due(t) for t in tenants)
