"""Earlier calls as campaigns need them, read through the reverse relation: calls stand one floor above."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from campaigns.caps import CALLBACK, PastCall
from campaigns.models import Campaign
from core.scope import current_tenant_id

HUNG_UP_WITHIN_SECONDS = 10


def calls() -> Any:
    """Every call of the workspace to somebody (a `CallQuerySet`); tests of a prompt on one's own phone are none."""
    related: Any = Campaign._meta.get_field("calls").related_model
    return related.objects.filter(test_of=None)


def call_table() -> str:
    """The table of calls, for the queries that every attempt asks."""
    related: Any = Campaign._meta.get_field("calls").related_model
    return str(related._meta.db_table)


def retry_outcome(
    *, outcome: str, answered_by: str = "", duration_seconds: int | None = None, disposition: str = ""
) -> str:
    """The word under which the retry rules know how a call ended (see `campaigns.retries`).

    `outcome` is the call's own; what an agent wrote down (`disposition`) weighs more.
    """
    if disposition in ("do_not_call", "opt_out") or outcome == "opt_out":
        return "opt_out"
    if disposition == "wrong_number":
        return "invalid_number"
    if disposition in ("callback", "not_interested"):
        return disposition
    if outcome != "completed" or disposition:
        return outcome
    if answered_by in ("voicemail", "screening", "ivr", "fax"):
        return "voicemail"
    return "hung_up" if (duration_seconds or 0) < HUNG_UP_WITHIN_SECONDS else "completed"


_HISTORY = """
SELECT phone_number, least(coalesce(started_at, placed_at, created_at), %(now)s), outcome, is_callback FROM {calls}
WHERE tenant_id = %(tenant)s AND phone_number = ANY(%(numbers)s) AND created_at > %(since)s AND test_of_id IS NULL
  AND dial_state <> 'reserved' AND outcome <> 'cancelled'
  AND (%(without)s::uuid IS NULL OR campaign_id IS DISTINCT FROM %(without)s)
"""


def number_history(
    numbers: Iterable[str], *, now: datetime, without_campaign: uuid.UUID | None = None
) -> dict[str, list[PastCall]]:
    """Calls of the last 30 days to each number, over all campaigns and manual calls, running ones included.

    One query for all numbers. `without_campaign` leaves out the calls of one campaign.
    """
    values: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "numbers": list(numbers),
        "now": now,
        "since": now - timedelta(days=30),
        "without": without_campaign,
    }
    found: dict[str, list[PastCall]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY.format(calls=call_table()), values)
        for number, at, outcome, agreed in cursor.fetchall():
            past = PastCall(at=at, outcome=outcome, kind=CALLBACK if agreed else "")
            found.setdefault(number, []).append(past)
    return found
