"""The do-not-call list. One opt-out closes every queued job of the number, in all campaigns, at its commit."""

import uuid
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts import audit, webhooks
from accounts.models import Tenant
from campaigns import why
from campaigns.listed import suppressed_numbers
from campaigns.models import Campaign, CampaignLead, Consent, Suppression
from campaigns.states import IN_FLIGHT, WAITING
from core.phones import InvalidPhone, parse_phone
from core.problems import InvalidInput

Scope = Suppression.Scope


@transaction.atomic
def suppress_number(
    *,
    actor: Any,
    phone_number: str,
    reason: str = "",
    source: str = "manual",
    proof: dict[str, Any] | None = None,
    campaign: Campaign | None = None,
) -> tuple[Suppression, bool]:
    """Put an E.164 number on the do-not-call list, everywhere or for one campaign; (entry, whether it is new).

    In the same transaction every waiting or queued campaign lead of the number becomes `blocked`, and the
    number's consents to calls are revoked. Calls that already ring end by themselves; their leads are blocked
    when they finish. A number that is listed keeps its first proof; an entry of the national list becomes the
    workspace's own, so that a newer national list cannot drop it.
    """
    scope = Scope.CAMPAIGN if campaign else Scope.TENANT
    entry = Suppression(
        phone_number=phone_number,
        scope=scope,
        campaign=campaign,
        reason=reason[:300],
        source=source[:60],
        proof=proof or {},
        created_by=getattr(actor, "user_or_none", None),
    )
    Suppression.objects.bulk_create([entry], ignore_conflicts=True)
    listed = Suppression.objects.filter(phone_number=phone_number, campaign=campaign)
    listed.filter(scope=Scope.NATIONAL).update(
        scope=scope, reason=entry.reason, source=entry.source, proof=entry.proof, created_by=entry.created_by
    )
    stored = listed.get()
    is_new = stored.pk == entry.pk
    close_leads_of_number(phone_number=phone_number, campaign=campaign, value=f"{source}: {reason}")
    if campaign is None:
        _revoke_consents(phone_number)
    if is_new:
        audit.record(actor=actor, action="do_not_call.added", record=stored, source=source, scope=scope)
        data = {"id": str(stored.pk), "phone_number": phone_number, "source": source}
        webhooks.publish(event="do_not_call.added", data=data)
    return stored, is_new


def close_leads_of_number(*, phone_number: str, campaign: Campaign | None, value: str) -> int:
    """Block every lead of the number that waits or is queued; return how many."""
    leads = CampaignLead.objects.filter(phone_number=phone_number, status__in=(*WAITING, CampaignLead.Status.QUEUED))
    if campaign:
        leads = leads.filter(campaign=campaign)
    closed = list(leads.for_update().order_by("id"))
    CampaignLead.objects.filter(pk__in=[lead.pk for lead in closed]).update(
        status=CampaignLead.Status.BLOCKED, status_reason="do_not_call"
    )
    why.log_many(why.entry_for(lead, rule="do_not_call", allowed=False, value=value) for lead in closed)
    return len(closed)


@transaction.atomic
def remove_suppression(*, actor: Any, suppression: Suppression) -> None:
    """Take an entry off the list. Leads it closed stay closed: calling them again is a decision of its own."""
    audit.record(
        actor=actor,
        action="do_not_call.removed",
        record=suppression,
        source=suppression.source,
        scope=suppression.scope,
        proof=suppression.proof,
    )
    suppression.delete()


def is_suppressed(*, phone_number: str, campaign_id: uuid.UUID | None = None) -> bool:
    """Whether the number must not be called (in this campaign, or at all)."""
    return bool(suppressed_numbers([phone_number], campaign_id=campaign_id))


def read_number(raw: Any, *, field: str = "phone_number") -> str:
    """A number in any usual writing as E.164, by the workspace's region; raises InvalidInput."""
    try:
        return parse_phone(raw, region=Tenant.objects.values_list("default_region", flat=True).get()).e164
    except InvalidPhone as error:
        raise InvalidInput(error.reason, field=field, field_code=error.code) from None


def live_leads_of(phone_number: str) -> list[uuid.UUID]:
    """Campaign leads of the number that are on the phone now, for whoever wants to hang up."""
    rows = CampaignLead.objects.filter(phone_number=phone_number, status__in=IN_FLIGHT)
    return list(rows.values_list("pk", flat=True))


def _revoke_consents(phone_number: str) -> None:
    by_number = Q(phone_number=phone_number) | Q(contact__phone_number=phone_number, phone_number="")
    calls = Consent.objects.filter(by_number, revoked_at__isnull=True).exclude(scope=Consent.Scope.EMAIL)
    ids = list(calls.values_list("pk", flat=True))
    Consent.objects.filter(pk__in=ids).update(revoked_at=Now())
