"""Background work of campaigns."""

import uuid

from celery import shared_task

from campaigns import batches


@shared_task
def run_batch(tenant_id: str, batch_id: str) -> None:
    """Add the people of a batch."""
    batches.run_to_end(uuid.UUID(tenant_id), uuid.UUID(batch_id))
