"""Background work of enrichment. Each task finds its due work by a query; being run twice does nothing twice."""

import uuid

from celery import shared_task

from core.scope import tenant_context
from enrichment import batches, sweeping, waterfall


@shared_task(queue="enrichment")
def enrich_contact(tenant_id: str, run_id: str) -> None:
    """Run one enrichment now."""
    with tenant_context(uuid.UUID(tenant_id)):
        for claimed in waterfall.claim(run_id=uuid.UUID(run_id)):
            waterfall.work(*claimed)


@shared_task(queue="enrichment")
def drain_enrichment(tenant_id: str) -> int:
    """Work on a workspace's waiting runs for a moment, then make room for other work and come back."""
    return sweeping.drain(uuid.UUID(tenant_id))


@shared_task(queue="enrichment")
def undo_enrichment_batch(tenant_id: str, batch_id: str) -> int:
    """Take back what a batch wrote."""
    with tenant_context(uuid.UUID(tenant_id)):
        return batches.carry_out_undo(uuid.UUID(batch_id))


@shared_task(queue="enrichment")
def sweep_enrichment() -> None:
    """Wake workspaces whose nudge was lost or whose worker has gone."""
    sweeping.sweep()
