"""What merging two contacts means for campaigns, beyond moving their rows.

One person is called by one row of a campaign: a doubled one that waits or is queued is closed, tries add up,
an opt-out said under either number holds for both, and so does a consent taken back. All of it is written
down as before and after, so that splitting sets back whatever nobody has changed since.
"""

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from django.db.models import F, Max, Q
from django.db.models.functions import Greatest

from campaigns import suppressions, why
from campaigns.consents import reopen_leads
from campaigns.models import CampaignLead, Consent, Suppression
from campaigns.states import WAITING
from contacts.merging import Rule, register_rule
from contacts.models import Contact

SOURCE: Final = "merge"
_Status = CampaignLead.Status
_CLOSABLE = (*WAITING, _Status.QUEUED)
_SPOKEN_FOR = frozenset({_Status.DIALING, _Status.IN_CALL, _Status.DONE, _Status.EXHAUSTED})
"""A person of whom a row stands so is being called, or is not to be called again by this campaign."""
_STATE = ("status", "status_reason")


def _merged(kept: Contact, other: Contact) -> dict[str, Any]:
    numbers = sorted({number for number in (kept.phone_number, other.phone_number) if number})
    before = _states(kept.pk, numbers)
    consents = _active_consents(kept.pk, numbers)
    listed = _unite_suppressions(numbers)
    _revoke_as_either_did(kept.pk, numbers)
    for consent in Consent.objects.in_force(Consent.Scope.AI_VOICE).filter(contact_id=kept.pk):
        reopen_leads(consent)
    added = [entry for rows in _doubled(kept.pk) for entry in _unite(rows)]
    after = _states(kept.pk, numbers)
    changed = {pk: [before[pk], state] for pk, state in after.items() if pk in before and before[pk] != state}
    revoked = sorted(consents - _active_consents(kept.pk, numbers))
    return {"states": changed, "added": added, "listed": listed, "revoked": revoked}


def _split(kept: Contact, other: Contact, data: dict[str, Any]) -> None:
    Suppression.objects.filter(pk__in=data["listed"], source=SOURCE).delete()
    Consent.objects.filter(pk__in=data["revoked"]).update(revoked_at=None)
    still_listed = set(
        Suppression.objects.values_list("phone_number", flat=True)
        .filter(campaign=None)
        .filter(phone_number__in=CampaignLead.objects.filter(pk__in=data["states"]).values("phone_number"))
    )
    for pk, (was, became) in data["states"].items():
        row = CampaignLead.objects.for_update().filter(pk=pk, status=became[0], status_reason=became[1]).first()
        if row is None or (row.phone_number in still_listed and was[0] in _CLOSABLE):
            continue
        row.status, row.status_reason = (_Status.PENDING if was[0] == _Status.QUEUED else was[0]), was[1]
        row.save(update_fields=_STATE)
    for pk, attempts, counted in data["added"]:
        made = CampaignLead.objects.filter(pk=pk).aggregate(n=Max("calls__attempt"))["n"] or 0
        CampaignLead.objects.filter(pk=pk).update(
            attempts=Greatest(F("attempts") - attempts, made),
            counted_attempts=Greatest(F("counted_attempts") - counted, 0),
        )


def _states(contact_id: uuid.UUID, numbers: Iterable[str]) -> dict[str, list[str]]:
    rows = CampaignLead.objects.filter(Q(contact_id=contact_id) | Q(phone_number__in=numbers)).present()
    return {str(pk): [status, reason] for pk, status, reason in rows.values_list("pk", *_STATE)}


def _active_consents(contact_id: uuid.UUID, numbers: Iterable[str]) -> set[str]:
    rows = Consent.objects.filter(Q(contact_id=contact_id) | Q(phone_number__in=numbers), revoked_at=None)
    return {str(pk) for pk in rows.values_list("pk", flat=True)}


def _unite_suppressions(numbers: list[str]) -> list[str]:
    """List every number of the person where one of them is listed, public registers aside: those name lines."""
    entries = Suppression.objects.filter(phone_number__in=numbers).exclude(scope=Suppression.Scope.NATIONAL)
    made = []
    for entry in entries.select_related("campaign").order_by("created_at"):
        for number in set(numbers) - {entry.phone_number}:
            stored, is_new = suppressions.suppress_number(
                actor=None,
                phone_number=number,
                reason=entry.reason or "Asked not to be called again",
                source=SOURCE,
                proof={"same_person_as": entry.phone_number},
                campaign=entry.campaign,
            )
            made += [str(stored.pk)] if is_new else []
    return made


def _revoke_as_either_did(contact_id: uuid.UUID, numbers: list[str]) -> None:
    """A consent that one of the two took back ends those that either had given before."""
    own = Consent.objects.filter(Q(contact_id=contact_id) | Q(phone_number__in=numbers))
    taken_back = own.filter(revoked_at__isnull=False).order_by("revoked_at").values_list("scope", "revoked_at")
    last: dict[str, datetime] = dict(taken_back)
    for scope, at in last.items():
        own.filter(scope=scope, revoked_at=None, given_at__lt=at).update(revoked_at=at)


def _doubled(contact_id: uuid.UUID) -> list[list[CampaignLead]]:
    """The rows of each campaign in which the contact now stands more than once, locked."""
    rows = CampaignLead.objects.for_update().filter(contact_id=contact_id).present().order_by("id")
    by_campaign: dict[uuid.UUID, list[CampaignLead]] = {}
    for row in rows.select_related("campaign"):
        by_campaign.setdefault(row.campaign_id, []).append(row)
    return [group for group in by_campaign.values() if len(group) > 1]


def _unite(rows: list[CampaignLead]) -> list[tuple[str, int, int]]:
    """Leave one row of a person in the queue at most, with the tries of all; (row, tries added, counted added)."""
    waiting = [row for row in rows if row.status in _CLOSABLE]
    if not waiting:
        return []
    if any(row.status in _SPOKEN_FOR for row in rows):
        for row in waiting:
            _close(row, _Status.BLOCKED, "duplicate_number")
        return []
    first, *doubles = sorted(waiting, key=_RANK)
    for row in doubles:
        _close(row, _Status.BLOCKED, "duplicate_number")
    attempts = sum(row.attempts for row in rows if row is not first)
    counted = sum(row.counted_attempts for row in rows if row is not first)
    CampaignLead.objects.filter(pk=first.pk).update(
        attempts=F("attempts") + attempts, counted_attempts=F("counted_attempts") + counted
    )
    if first.attempts + attempts > first.campaign.max_retries and first.status != _Status.CALLBACK:
        _close(first, _Status.EXHAUSTED, "attempts_used_up")
    return [(str(first.pk), attempts, counted)] if attempts or counted else []


_RANK: Callable[[CampaignLead], Any] = lambda row: (  # noqa: E731
    row.status != _Status.QUEUED,
    row.status != _Status.CALLBACK,
    -row.attempts,
    row.created_at,
)


def _close(row: CampaignLead, status: str, reason: str) -> None:
    CampaignLead.objects.filter(pk=row.pk).update(status=status, status_reason=reason)
    why.log(row, rule=reason, allowed=False, value="Two contacts were merged into one person.")


register_rule("campaigns", Rule(_merged, _split))
