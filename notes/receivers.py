"""What follows a note: colleagues it names are told."""

import uuid
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from notes.signals import colleagues_mentioned
from notes.tasks import send_mentions


@receiver(colleagues_mentioned)
def enqueue_mentions(sender: Any, tenant_id: uuid.UUID, note_id: uuid.UUID, user_ids: list[str], **_: Any) -> None:
    """Only enqueues; the mails are written by a worker."""
    transaction.on_commit(lambda: send_mentions.delay(str(tenant_id), str(note_id), user_ids), robust=True)
