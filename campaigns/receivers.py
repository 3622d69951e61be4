"""Campaigns listen to the floors below; each receiver only enqueues."""

from typing import Any

from django.dispatch import receiver

from campaigns.tasks import record_lead_consent
from leads.signals import lead_created


@receiver(lead_created, dispatch_uid="campaigns.record_consent")
def record_consent_of_new_lead(tenant_id: Any, lead_id: Any, **_: Any) -> None:
    """A lead from the public form brings its consent."""
    record_lead_consent.delay(str(tenant_id), str(lead_id))
