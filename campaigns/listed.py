"""Which numbers are on the do-not-call list, as every claim, intent and end of a call asks it."""

import uuid
from collections.abc import Sequence

from django.db import connection

from core.scope import current_tenant_id

_LISTED = """
SELECT phone_number, scope, source FROM campaigns_suppression
WHERE tenant_id = %s AND phone_number = ANY(%s) AND (campaign_id IS NULL OR campaign_id = %s)
"""


def suppressed_numbers(numbers: Sequence[str], *, campaign_id: uuid.UUID | None = None) -> dict[str, str]:
    """Those that may not be called, everywhere or by the one campaign, and by which entry (scope and source)."""
    with connection.cursor() as cursor:
        cursor.execute(_LISTED, [current_tenant_id(), list(numbers), campaign_id])
        return {number: f"{scope} list, {source}" for number, scope, source in cursor.fetchall()}
