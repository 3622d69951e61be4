"""Background work of notes."""

import uuid

from celery import shared_task

from core.scope import tenant_scope
from notes.emails import tell_mentioned


@shared_task(queue="mail")
def send_mentions(tenant_id: str, note_id: str, user_ids: list[str]) -> int:
    """Tell the colleagues a note names."""
    with tenant_scope(uuid.UUID(tenant_id)):
        return tell_mentioned(note_id=uuid.UUID(note_id), user_ids=[uuid.UUID(i) for i in user_ids])
