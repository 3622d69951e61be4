"""The consent ledger: who agreed to be called, by which words, where and when; revoked, never rewritten."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Now

from accounts import audit
from campaigns.attempts import REST
from campaigns.models import CampaignLead, Consent
from core.problems import InvalidInput
from leads.models import Lead, Submission


@transaction.atomic
def record_consent(
    *,
    actor: Any,
    source: str,
    scope: str = Consent.Scope.AI_VOICE,
    phone_number: str = "",
    contact: Any = None,
    email: str = "",
    wording: str = "",
    proof: dict[str, Any] | None = None,
    given_at: datetime | None = None,
) -> Consent:
    """Write down a consent; leads that were blocked for want of it may be called again.

    Give the E.164 number it was given for, or the contact (then it holds for whatever number they have).
    """
    if not (phone_number or contact or email):
        raise InvalidInput("A consent names a number, a contact or an email address.", field="phone_number")
    consent = Consent(
        contact=contact,
        phone_number=phone_number,
        email=email,
        scope=scope,
        wording=wording,
        source=source,
        proof=proof or {},
    )
    if given_at is not None:
        consent.given_at = given_at
    consent.save(force_insert=True)
    consent.refresh_from_db()
    if scope == Consent.Scope.AI_VOICE:
        reopen_leads(consent)
    audit.record(actor=actor, action="consent.recorded", record=consent, scope=scope, source=source)
    return consent


@transaction.atomic
def revoke_consent(*, actor: Any, consent: Consent) -> None:
    """End a consent now; the entry stays as the proof of what held before."""
    Consent.objects.filter(pk=consent.pk, revoked_at__isnull=True).update(revoked_at=Now())
    audit.record(actor=actor, action="consent.revoked", record=consent, scope=consent.scope)


@transaction.atomic
def record_consents_of_leads(lead_ids: Iterable[uuid.UUID]) -> int:
    """Write down the consents that leads gave on the public form and that are not in the ledger yet.

    The form's wording, version, time and address become the proof. Three statements; safe to repeat.
    """
    wanted = Lead.objects.filter(pk__any_of=list(lead_ids), consent=True).exclude(phone_number="")
    known = Consent.objects.annotate(of=KT("proof__lead_id")).filter(of=Cast(OuterRef("pk"), TextField()))
    leads = {lead.pk: lead for lead in wanted.exclude(Exists(known))}
    given = Submission.objects.filter(lead__in=leads, consent=True).order_by("submitted_at")
    submissions = {row.lead_id: row for row in given}
    for lead in leads.values():
        row = submissions.get(lead.pk)
        record_consent(
            actor=None,
            source="public form" if row else lead.source or "lead",
            contact=lead.contact,
            phone_number=lead.phone_number,
            wording=row.consent_wording if row else "",
            proof={
                "lead_id": str(lead.pk),
                "wording_version": row.consent_version if row else None,
                "address": row.address if row else None,
            },
            given_at=row.submitted_at if row else lead.created_at,
        )
    return len(leads)


def reopen_leads(consent: Consent) -> None:
    """Let leads wait again that were blocked for want of this consent."""
    whose = Q(pk__in=[])
    if consent.phone_number:
        whose |= Q(phone_number=consent.phone_number)
    elif consent.contact_id:
        whose |= Q(contact_id=consent.contact_id)
    blocked = CampaignLead.objects.filter(
        whose, status=CampaignLead.Status.BLOCKED, status_reason="no_consent", campaign__completed_at__isnull=True
    )
    ids = list(blocked.values_list("pk", flat=True))
    CampaignLead.objects.filter(pk__in=ids).update(
        status=CampaignLead.Status.PENDING, status_reason="", next_attempt_at=Now(), priority=REST
    )
