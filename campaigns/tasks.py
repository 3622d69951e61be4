"""Background work of campaigns."""

import uuid

from celery import shared_task

from campaigns import batches, consents, next_numbers, scheduling, tallies
from core.scope import tenant_scope


@shared_task
def run_batch(tenant_id: str, batch_id: str) -> None:
    """Add the people of a batch."""
    batches.run_to_end(uuid.UUID(tenant_id), uuid.UUID(batch_id))


@shared_task
def record_lead_consent(tenant_id: str, lead_id: str) -> None:
    """Write a lead's consent into the ledger."""
    with tenant_scope(uuid.UUID(tenant_id)):
        consents.record_consents_of_leads([uuid.UUID(lead_id)])


@shared_task
def start_scheduled() -> None:
    """Start the campaigns whose time has come, and take up batches that a crash left behind."""
    scheduling.start_due_campaigns()
    batches.resume_stale()


@shared_task
def fold_tallies() -> None:
    """Keep the counters short."""
    tallies.fold()


@shared_task(queue="dialer")
def conclude_number_search(tenant_id: str, run_id: str) -> None:
    """Try the number that was found in place of a dead one."""
    with tenant_scope(uuid.UUID(tenant_id)):
        next_numbers.conclude_run(uuid.UUID(run_id))
