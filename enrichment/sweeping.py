"""Taking waiting runs off the table, a little at a time, and finding the work that nobody was told of."""

import time
import uuid

import structlog
from django.core.cache import cache
from django.db import connection, transaction

from accounts import lookups
from core.scope import tenant_context
from enrichment import batches, refreshing, services, waterfall

log = structlog.get_logger(__name__)
SLICE_SECONDS = 3.0
AT_ONCE = 10
WORKERS_PER_TENANT = 2


def drain(tenant_id: uuid.UUID) -> int:
    """Work on waiting runs for a few seconds; return how many were taken. Comes back while there are more.

    At most WORKERS_PER_TENANT do this for a workspace, so that a big batch leaves room for everyone else.
    """
    with tenant_context(tenant_id):
        slot = next((n for n in range(WORKERS_PER_TENANT) if cache.add(f"enrichment:slot:{n}", 1, 30)), None)
        if slot is None:
            return 0
        try:
            taken, more = _slice()
        finally:
            cache.delete(f"enrichment:slot:{slot}")
        if more:
            services.nudge()
        return taken


def _slice() -> tuple[int, bool]:
    until, taken = time.monotonic() + SLICE_SECONDS, 0
    filled = _fill()
    while claimed := waterfall.claim(limit=AT_ONCE):
        for run_id, attempt in claimed:
            try:
                waterfall.work(run_id, attempt)
            except Exception:  # its lease runs out and it is tried again; the others go on
                log.exception("enrichment_run_failed", run_id=str(run_id))
            taken += 1
        if time.monotonic() > until:
            return taken, True
    if filled == 0:
        with transaction.atomic():
            batches.close_batches()
    return taken, filled > 0


def _fill() -> int:
    with transaction.atomic():
        return batches.fill_batches()


def sweep() -> int:
    """Queue new contacts that were missed and wake every workspace with due runs; return how many were woken."""
    for tenant_id in lookups.tenant_ids():
        with tenant_context(tenant_id), transaction.atomic():
            services.queue_new_contacts()
            refreshing.refresh_old_finds()
            refreshing.alarm_when_low()
    with connection.cursor() as cursor:
        cursor.execute("SELECT enrichment_due_tenants()")
        due = [tenant_id for (tenant_id,) in cursor.fetchall()]
    for tenant_id in due:
        with tenant_context(tenant_id):
            services.nudge()
    return len(due)
