"""A campaign lead through one attempt: claimed, dialling, talking, and what follows from how it ended.

Every step is a conditional update along `states.LEAD_STEPS`, so a step that comes twice, late or after an
opt-out changes nothing.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Greatest

from campaigns import news, next_numbers, why
from campaigns.call_history import call_table, number_history, retry_outcome
from campaigns.listed import suppressed_numbers
from campaigns.models import CampaignLead
from campaigns.pace import cap_decision, caps_of_workspace, hours_of, next_attempt_of, sets_own_pace
from campaigns.retries import Attempt, RetryDecision
from campaigns.schedule import next_open
from campaigns.states import IN_FLIGHT, sources_of
from core.scope import current_tenant_id

CALLBACK_FIRST, FRESH, RETRY, REST = 10, 20, 30, 50
"""Priorities, lowest first: agreed callbacks, fresh web leads, due retries, everybody else."""

_Status = CampaignLead.Status
_FINAL_STATUS = {
    "answered": _Status.DONE,
    "not_interested": _Status.DONE,
    "do_not_call": _Status.BLOCKED,
    "invalid_number": _Status.BLOCKED,
}


def mark_dialing(campaign_lead_ids: Iterable[uuid.UUID]) -> int:
    """Queued leads whose attempts were committed to be dialled."""
    return _step(campaign_lead_ids, _Status.DIALING)


def mark_in_call(campaign_lead_ids: Iterable[uuid.UUID]) -> int:
    """Leads that have answered."""
    return _step(campaign_lead_ids, _Status.IN_CALL)


def release_attempts(campaign_lead_ids: Iterable[uuid.UUID], *, next_attempt_at: datetime | None = None) -> int:
    """Give attempts back that certainly never reached the network: the lead waits again, nothing is counted.

    An agreed callback waits as such again, at its own time. Leads that were blocked in the meantime stay blocked.
    """
    waits_as = Case(
        When(priority=CALLBACK_FIRST, then=Value(_Status.CALLBACK)),
        When(attempts__gt=1, then=Value(_Status.RETRY_WAIT)),
        default=Value(_Status.PENDING),
    )
    changes: dict[str, Any] = {"status": waits_as, "attempts": Greatest(F("attempts") - 1, 0)}
    if next_attempt_at is not None:
        changes["next_attempt_at"] = next_attempt_at
    rows = CampaignLead.objects.filter(pk__in=list(campaign_lead_ids), status__in=(_Status.QUEUED, _Status.DIALING))
    return int(rows.update(**changes))


def _step(campaign_lead_ids: Iterable[uuid.UUID], wanted: str) -> int:
    sources = [status for status in sources_of(wanted) if status in IN_FLIGHT]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_campaignlead SET status = %s WHERE tenant_id = %s AND id = ANY(%s)"
            " AND status = ANY(%s) RETURNING campaign_id",
            [wanted, current_tenant_id(), list(campaign_lead_ids), sources],
        )
        stepped = [campaign_id for (campaign_id,) in cursor.fetchall()]
    for campaign_id in set(stepped):
        news.tell(campaign_id)
    return len(stepped)


@transaction.atomic(savepoint=False)
def finish_attempt(
    *,
    campaign_lead_id: uuid.UUID,
    attempt: int,
    outcome: str,
    now: datetime,
    callback_at: datetime | None = None,
    callback_owner: Any = None,
) -> CampaignLead:
    """Decide what becomes of a lead whose attempt number `attempt` has ended.

    `outcome` is a word of the retry rules (`call_history.retry_outcome` derives it from a call), `now` the
    database's time. Call it in the transaction that ends the call; it locks the campaign lead after the call.
    A lead that is not in flight any more (blocked, removed, finished before) keeps its state.
    """
    lead = CampaignLead.objects.for_update().select_related("campaign").get(pk=campaign_lead_id)
    lead.last_called_at, lead.last_outcome = now, outcome[:20]
    lead.provider_errors += outcome == "failed"
    if lead.status in IN_FLIGHT:
        decision = _decide(lead, attempt, outcome, now, callback_at)
        lead.counted_attempts += decision.counts
        _follow(lead, decision, callback_owner)
        if lead.status_reason == next_numbers.DEAD:
            next_numbers.seek_next_number(lead)
        why.log(lead, rule=lead.status_reason, allowed=lead.status in sources_of(_Status.QUEUED), value=outcome)
    lead.save(update_fields=_TOUCHED)
    news.tell(lead.campaign_id)
    return lead  # type: ignore[no-any-return]


_TOUCHED = [
    "status",
    "status_reason",
    "next_attempt_at",
    "priority",
    "counted_attempts",
    "provider_errors",
    "last_called_at",
    "last_outcome",
    "callback_owner",
]


def _decide(
    lead: CampaignLead, attempt: int, outcome: str, now: datetime, callback_at: datetime | None
) -> RetryDecision:
    """The retry rules' answer, moved to when the number caps and the calling hours allow it."""
    if _is_suppressed(lead):
        return RetryDecision(None, True, "do_not_call")
    campaign, zones = lead.campaign, tuple(lead.zones)
    history = [*_earlier_attempts(lead, attempt), Attempt(at=now, outcome=outcome)]
    decision = next_attempt_of(
        campaign, outcome=outcome, history=history, now=now, zones=zones, callback_at=callback_at
    )
    if decision.at is None or decision.reason == "callback":
        return decision
    own = campaign.pk if sets_own_pace(campaign) else None
    past = number_history([lead.phone_number], now=now, without_campaign=own).get(lead.phone_number, [])
    if not past:
        return decision
    cap = cap_decision(campaign, history=past, at=decision.at, zones=zones, caps=caps_of_workspace())
    if cap.allowed or cap.next_time is None:
        return decision
    opens = next_open(hours_of(campaign), zones, cap.next_time)
    return RetryDecision(opens or cap.next_time, decision.counts, decision.reason)


def _follow(lead: CampaignLead, decision: RetryDecision, callback_owner: Any) -> None:
    lead.status_reason = decision.reason
    if decision.at is None:
        lead.status = _FINAL_STATUS.get(decision.reason, _Status.EXHAUSTED)
        return
    lead.next_attempt_at = decision.at
    if decision.reason == "callback":
        lead.status, lead.priority, lead.callback_owner = _Status.CALLBACK, CALLBACK_FIRST, callback_owner
    else:
        lead.status, lead.priority = _Status.RETRY_WAIT, RETRY


_EARLIER = """
SELECT coalesce(c.ended_at, c.created_at), c.outcome, c.answered_by, c.duration_seconds, c.disposition
FROM campaigns_campaignlead l JOIN {calls} c ON c.tenant_id = l.tenant_id AND c.campaign_lead_id = l.id
WHERE l.tenant_id = %s AND l.campaign_id = %s AND l.contact_id = %s AND c.dial_state = 'ended' AND c.test_of_id IS NULL
  AND NOT (c.campaign_lead_id = %s AND c.attempt >= %s)
ORDER BY c.ended_at, c.attempt
"""


def _earlier_attempts(lead: CampaignLead, attempt: int) -> list[Attempt]:
    """What the campaign tried before with this person, also under another number before two contacts were merged."""
    with connection.cursor() as cursor:
        cursor.execute(
            _EARLIER.format(calls=call_table()),
            [current_tenant_id(), lead.campaign_id, lead.contact_id, lead.pk, attempt],
        )
        ended = cursor.fetchall()
    return [
        Attempt(
            at=at,
            outcome=retry_outcome(
                outcome=outcome, answered_by=answered_by, duration_seconds=duration, disposition=disposition
            ),
        )
        for at, outcome, answered_by, duration, disposition in ended
    ]


def _is_suppressed(lead: CampaignLead) -> bool:
    return bool(suppressed_numbers([lead.phone_number], campaign_id=lead.campaign_id))
