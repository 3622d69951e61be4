"""The usual way to dial, to be compared with: one Celery task for each lead, which claims, asks and writes it down.

`celery -A bench.per_lead` runs it with the product's own steps, one lead at a time.
"""

import time
import uuid
from typing import Any

from crm.celery import app

__all__ = ["app"]


@app.task(queue="dialer")
def dial_one(tenant_id: str, campaign_id: str) -> int:
    """Dial whoever is due next; how many were dialled."""
    from calls.dialer import intent, place
    from calls.dialer.claim import claim_calls
    from core.scope import tenant_context

    with tenant_context(uuid.UUID(tenant_id)):
        while True:
            claim: Any = claim_calls(campaign_id=uuid.UUID(campaign_id), most=1)
            if claim.limit != "busy":  # the other process claims at this moment
                break
            time.sleep(0.002)
        began = time.monotonic()
        requests = intent.commit_intents(campaign_id=uuid.UUID(campaign_id), call_ids=claim.call_ids)
        place.record([answer.result() for answer in place.send(requests, began=began)])
    return len(requests)
