"""Periodic work of the network: reminders, expiry, and ties that fade."""

import uuid

from celery import shared_task

from accounts.lookups import tenant_ids
from core.clock import database_now
from core.scope import tenant_context
from network import interactions, introductions


@shared_task
def tend_introductions(tenant_id: str | None = None) -> int:
    """Remind connectors after two days and end requests after five."""
    done = 0
    for tenant in [uuid.UUID(tenant_id)] if tenant_id else tenant_ids():
        with tenant_context(tenant):
            now = database_now()
            done += introductions.remind_connectors(now=now) + introductions.expire_introductions(now=now)
    return done


@shared_task
def fade_ties(tenant_id: str | None = None) -> int:
    """Let computed strengths follow the age of what they come from."""
    changed = 0
    for tenant in [uuid.UUID(tenant_id)] if tenant_id else tenant_ids():
        with tenant_context(tenant):
            changed += interactions.recompute_strengths()
    return changed
