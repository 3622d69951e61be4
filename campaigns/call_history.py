"""Earlier calls as campaigns need them, read through the reverse relation: calls stand one floor above."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from campaigns.caps import CALLBACK, PastCall
from campaigns.models import Campaign

HUNG_UP_WITHIN_SECONDS = 10


def calls() -> QuerySet[Any]:
    """Every call of the workspace to somebody; tests of a prompt on one's own phone are none."""
    related: Any = Campaign._meta.get_field("calls").related_model
    return related.objects.filter(test_of=None)  # type: ignore[no-any-return]


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


def number_history(
    numbers: Iterable[str], *, now: datetime, without_campaign: uuid.UUID | None = None
) -> dict[str, list[PastCall]]:
    """Calls of the last 30 days to each number, over all campaigns and manual calls, running ones included.

    One query for all numbers. `without_campaign` leaves out the calls of one campaign.
    """
    rows = calls().filter(phone_number__in=list(numbers), created_at__gt=now - timedelta(days=30))
    rows = rows.exclude(dial_state="reserved").exclude(outcome="cancelled")
    if without_campaign:
        rows = rows.exclude(campaign_id=without_campaign)
    found: dict[str, list[PastCall]] = {}
    rang_at = Coalesce(F("started_at"), F("placed_at"), F("created_at"))
    for number, at, outcome, agreed in rows.values_list("phone_number", rang_at, "outcome", "is_callback"):
        past = PastCall(at=min(at, now), outcome=outcome, kind=CALLBACK if agreed else "")
        found.setdefault(number, []).append(past)
    return found
