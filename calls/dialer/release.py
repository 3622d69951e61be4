"""Giving attempts back that certainly never reached the network: they leave no trace and are not counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction

from accounts import ledger
from calls.dialer import timing
from calls.models import Call
from campaigns import attempts


@transaction.atomic(savepoint=False)
def release_calls(*, calls: Sequence[Call], wait: timedelta | None = None) -> int:
    """Delete attempts (locked by the caller) and let their leads wait again, at once or for `wait`.

    Minutes held for them are free again. Only for attempts that are reserved, or that the provider refused as
    too many: after anything else the attempt is spent.
    """
    if not calls:
        return 0
    leads = [call.campaign_lead_id for call in calls if call.campaign_lead_id]
    again = timing.database_now() + wait if wait else None
    rows = Call.objects.filter(pk__in=[call.pk for call in calls])
    rows._raw_delete(rows.db)  # such an attempt has no events yet, so nothing hangs on it
    attempts.release_attempts(leads, next_attempt_at=again)
    for call in calls:
        if call.minutes_held:
            ledger.settle(kind="minutes", key=f"call:{call.pk}", amount=0)
    return len(calls)
