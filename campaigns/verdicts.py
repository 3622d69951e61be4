"""May these leads be called now? One verdict per lead, from few queries however many leads there are.

The claim asks this for its candidates and carries the refusals out, so each rule is applied in one place and
leaves its trace in the why-log. Just before dialling the suppression and the hours are asked once more.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from campaigns import why
from campaigns.call_history import number_history
from campaigns.caps import CALLBACK, Caps, PastCall
from campaigns.listed import suppressed_numbers
from campaigns.models import Campaign, CampaignLead, Consent
from campaigns.pace import cap_decision, caps_of_workspace, hours_of, sets_own_pace
from campaigns.schedule import INTENT_MARGIN, Hours, is_open, next_open
from campaigns.states import WAITING
from campaigns.warm_paths import Hold, ask_connectors, held_leads

_ASK_AGAIN: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`call`, `wait` (until `until`) or `block`; `rule` names the rule that decided, `value` what it saw."""

    kind: str
    rule: str = ""
    value: str = ""
    until: datetime | None = None
    connector: uuid.UUID | None = None
    """Who is to be asked for an introduction."""


CALL: Final = Verdict("call", rule="allowed")


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the rules need to know about all leads of one question."""

    suppressed: Mapping[str, str]
    consented: frozenset[Any]
    consent_needed: bool
    gone: frozenset[uuid.UUID]
    history: Mapping[str, list[PastCall]]
    caps: Caps
    hours: Hours


def judge_leads(*, campaign: Campaign, leads: Sequence[CampaignLead], now: datetime) -> dict[uuid.UUID, Verdict]:
    """The verdict on each lead; `now` is the database's time. Reads only; eight queries at most."""
    facts = _gather(campaign, leads, now)
    verdicts = {lead.pk: _judge(campaign, lead, facts, now) for lead in leads}
    callable_leads = [lead for lead in leads if verdicts[lead.pk] == CALL]
    return verdicts | {pk: _hold(hold, now) for pk, hold in held_leads(campaign, callable_leads, now).items()}


def _hold(hold: Hold, now: datetime) -> Verdict:
    if hold.made:
        return Verdict("block", "warm_path_hold", "The introduction was made; a call by us would be cold.")
    words = "An introduction is asked for." if hold.connector else "An introduction is under way."
    return Verdict("wait", "warm_path_hold", words, now + _ASK_AGAIN, hold.connector)


def apply_refusals(*, leads: Sequence[CampaignLead], verdicts: Mapping[uuid.UUID, Verdict], now: datetime) -> int:
    """Block or put off the leads that may not be called, with the reason; return how many may.

    The caller holds the leads' row locks. Leads with the verdict `call` are left as they are.
    """
    blocked: dict[str, list[uuid.UUID]] = {}
    put_off: list[CampaignLead] = []
    entries = []
    for lead in leads:
        verdict = verdicts[lead.pk]
        if verdict.kind == "call":
            continue
        entries.append(why.entry_for(lead, rule=verdict.rule, allowed=False, value=verdict.value))
        if verdict.kind == "block":
            blocked.setdefault(verdict.rule, []).append(lead.pk)
        else:
            lead.next_attempt_at = verdict.until or now + _ASK_AGAIN
            lead.status_reason = verdict.rule
            put_off.append(lead)
    for rule, ids in blocked.items():
        rows = CampaignLead.objects.filter(pk__in=ids, status__in=WAITING)
        rows.update(status=CampaignLead.Status.BLOCKED, status_reason=rule)
    wanted = [(lead, connector) for lead in put_off if (connector := verdicts[lead.pk].connector)]
    if wanted:
        ask_connectors(campaign=wanted[0][0].campaign, wanted=wanted)
    if put_off:
        CampaignLead.objects.bulk_update(put_off, ["next_attempt_at", "status_reason"], batch_size=1_000)
    why.log_many(entries)
    return len(leads) - len(entries)


def may_still_dial(*, campaign: Campaign, zones: Iterable[str], now: datetime) -> bool:
    """The hours once more just before dialling, with the margin for ringing (suppression is asked in SQL)."""
    return is_open(hours_of(campaign), tuple(zones), now, INTENT_MARGIN)


def _gather(campaign: Campaign, leads: Sequence[CampaignLead], now: datetime) -> _Facts:
    numbers = [lead.phone_number for lead in leads]
    contact_ids = [lead.contact_id for lead in leads]
    own = campaign.pk if sets_own_pace(campaign) else None
    needed = campaign.consent_policy != Campaign.ConsentPolicy.WAIVED
    return _Facts(
        suppressed=suppressed_numbers(numbers, campaign_id=campaign.pk),
        consented=_consented(numbers, contact_ids, now) if needed else frozenset(),
        consent_needed=needed,
        gone=_gone([lead.pk for lead in leads]),
        history=number_history(numbers, now=now, without_campaign=own),
        caps=caps_of_workspace(),
        hours=hours_of(campaign),
    )


def _consented(numbers: Sequence[str], contact_ids: Sequence[uuid.UUID], now: datetime) -> frozenset[Any]:
    given = Consent.objects.in_force(Consent.Scope.AI_VOICE, at=now)
    rows = given.covering(numbers=numbers, contact_ids=contact_ids).values_list("phone_number", "contact_id")
    return frozenset(number or contact_id for number, contact_id in rows)


def _gone(campaign_lead_ids: Sequence[uuid.UUID]) -> frozenset[uuid.UUID]:
    rows = CampaignLead.objects.filter(pk__in=campaign_lead_ids)
    return frozenset(rows.with_person_gone().values_list("pk", flat=True))


def _judge(campaign: Campaign, lead: CampaignLead, facts: _Facts, now: datetime) -> Verdict:
    if lead.pk in facts.gone:
        return Verdict("block", "contact_deleted", "The contact or the lead is in the trash.")
    if lead.phone_number in facts.suppressed:
        return Verdict("block", "do_not_call", facts.suppressed[lead.phone_number])
    if facts.consent_needed and not {lead.phone_number, lead.contact_id} & facts.consented:
        return Verdict("block", "no_consent", "No consent to calls by an AI voice is on record.")
    zones = tuple(lead.zones)
    kind = CALLBACK if lead.status == CampaignLead.Status.CALLBACK else ""
    history = facts.history.get(lead.phone_number, [])
    cap = cap_decision(campaign, history=history, at=now, zones=zones, caps=facts.caps, kind=kind)
    if not cap.allowed:
        limit = getattr(facts.caps, cap.reason, "")
        return Verdict("wait", "attempt_cap", f"{cap.reason} {limit}, {len(history)} calls in 30 days", cap.next_time)
    if is_open(facts.hours, zones, now, INTENT_MARGIN):
        return CALL
    opens = next_open(facts.hours, zones, now, INTENT_MARGIN)
    if opens is None:
        return Verdict(
            "block", "unsupported_region", f"No lawful calling time in {', '.join(zones) or 'an unknown zone'}."
        )
    return Verdict("wait", "calling_hours", f"Closed in {', '.join(zones)}.", opens)
