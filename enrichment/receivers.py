"""What enrichment does when contacts are made."""

import uuid
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from contacts.signals import contact_created
from core.scope import tenant_context
from enrichment.services import queue_new_contacts


@receiver(contact_created)
def enrich_new_contacts(sender: Any, tenant_id: str, contact_ids: list[str], **_: Any) -> None:
    """Queue runs for new contacts when the workspace wants that."""
    with tenant_context(uuid.UUID(tenant_id)), transaction.atomic():
        queue_new_contacts(contact_ids)
