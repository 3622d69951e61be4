"""Campaigns listen to the floors below; each receiver only enqueues."""

from typing import Any

from django.dispatch import receiver

from campaigns.tasks import conclude_number_search, record_lead_consent
from enrichment.signals import run_finished
from leads.signals import lead_created


@receiver(lead_created, dispatch_uid="campaigns.record_consent")
def record_consent_of_new_lead(tenant_id: Any, lead_id: Any, **_: Any) -> None:
    """A lead from the public form brings its consent."""
    record_lead_consent.delay(str(tenant_id), str(lead_id))


@receiver(run_finished, dispatch_uid="campaigns.next_number")
def try_next_number(tenant_id: Any, run_id: Any, dead_number: str = "", **_: Any) -> None:
    """A search for another number has ended."""
    if dead_number:
        conclude_number_search.delay(str(tenant_id), str(run_id))
