"""Background work of calls: the drive and the sweep. Each finds its due work by a query."""

import uuid

import structlog
from celery import shared_task

from accounts.lookups import tenant_ids
from calls import manual
from calls.dialer import drive, hanging_up, sweep
from calls.invariants import check_invariants
from core.scope import tenant_scope

log = structlog.get_logger(__name__)
SWEEP_SECONDS = 20.0
"""How long one sweep may go on while it finds more, after an outage for instance."""


@shared_task(queue="dialer")
def drive_dialer(tenant_id: str = "") -> int:
    """Dial for every running campaign for a few seconds; the tenant only says who asked for the nudge."""
    return drive.Drive().run()


@shared_task(queue="default")
def sweep_calls(tenant_id: str = "") -> int:
    """Look after attempts whose lease has expired, also while no campaign runs."""
    return sweep.sweep_all(seconds=SWEEP_SECONDS)


@shared_task(queue="dialer")
def hang_up_campaign(tenant_id: str, campaign_id: str) -> int:
    """End every call in flight of a campaign that was stopped hard."""
    return hanging_up.hang_up_campaign(tenant_id=uuid.UUID(tenant_id), campaign_id=uuid.UUID(campaign_id))


@shared_task(queue="dialer")
def dial_call(tenant_id: str, call_id: str) -> bool:
    """Dial a call that a person has started by hand."""
    return manual.dial_call(tenant_id=uuid.UUID(tenant_id), call_id=uuid.UUID(call_id))


@shared_task(queue="default")
def watch_invariants() -> int:
    """Report, as errors in the log, what does not add up in any workspace; return how many workspaces are broken."""
    broken = 0
    for tenant_id in tenant_ids():
        with tenant_scope(tenant_id):
            if found := check_invariants():
                broken += 1
                log.error("invariants_broken", tenant_id=str(tenant_id), found=found)
    return broken
