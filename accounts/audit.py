"""The accountable acts of people: written in the same transaction as the act."""

from typing import Any

from accounts.models import AuditEntry
from core.logging import current_request_id


def record(*, actor: Any, action: str, record: Any = None, **details: Any) -> None:
    """Write down who did what to which record; `details` must not hold personal data."""
    AuditEntry.objects.create(
        actor=getattr(actor, "user_or_none", None),
        actor_name=str(actor or "system")[:150],
        action=action,
        object_type=record._meta.model_name if record is not None else "",
        object_id=str(record.pk) if record is not None else "",
        details=details,
        request_id=current_request_id(),
    )
