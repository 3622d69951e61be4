"""What campaigns add to the streams of leads and contacts: why it was not called, consents, and opt-outs."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q

from campaigns.models import Consent, Suppression, WhyEntry
from campaigns.reasons import reason_title
from contacts.models import Contact
from contacts.timeline import Event
from core.templatetags.ui import label
from leads.models import Lead
from leads.timeline import Entry

_MOST = 30


def _refusal(entry: WhyEntry) -> str:
    """Whether somebody was never called, or is not called any more."""
    return "Not called again" if entry.campaign_lead and entry.campaign_lead.attempts else "Not called"


def lead_entries(lead: Lead) -> Iterator[Entry]:
    """Decisions against a call of the lead, and what its number and contact agreed to or forbade."""
    numbers = {n for n in (lead.phone_number, lead.contact.phone_number or "") if n}
    refusals = WhyEntry.objects.filter(campaign_lead__lead=lead, allowed=False).select_related(
        "campaign", "campaign_lead"
    )
    for entry in refusals.order_by("-at")[:_MOST]:
        where = f" · {entry.campaign}" if entry.campaign else ""
        detail = f"{reason_title(entry.rule)}{where}"
        yield Entry(at=entry.at, icon="phone-off", title=_refusal(entry), detail=detail, tone="amber")
    consents = Consent.objects.filter(Q(phone_number__in=numbers) | Q(contact=lead.contact))
    for consent in consents[:_MOST]:
        what = f"{consent.get_scope_display().lower()} · {consent.source}"
        yield Entry(at=consent.given_at, icon="shield-check", title="Consent given", detail=what, tone="green")
        if consent.revoked_at:
            yield Entry(at=consent.revoked_at, icon="shield-off", title="Consent ended", detail=what, tone="red")
    for entry in Suppression.objects.filter(phone_number__in=numbers)[:_MOST]:
        detail = entry.reason or entry.source
        yield Entry(at=entry.created_at, icon="phone-off", title="Do not call", detail=detail, tone="red")


def contact_events(contact: Contact, until: datetime, most: int) -> Iterator[Event]:
    """Every decision about a call of the contact, and its consents, newest before `until`; two queries."""
    rows = (
        WhyEntry.objects.filter(contact=contact, at__lt=until)
        .select_related("campaign", "campaign_lead")
        .order_by("-at")
    )
    for row in rows[:most]:
        yield Event(
            at=row.at,
            kind="why",
            title="Could be called" if row.allowed else _refusal(row),
            detail=f"{reason_title(row.rule)}{f' · {row.campaign}' if row.campaign else ''}",
            body=label(row.value) if row.value.replace("_", "").isalpha() else row.value,
            icon="clock" if row.allowed else "phone-off",
            tone="" if row.allowed else "amber",
            url=row.campaign.get_absolute_url() if row.campaign else "",
            id=str(row.pk),
            data={"rule": row.rule, "value": row.value, "allowed": row.allowed},
        )
    for consent in Consent.objects.filter(contact=contact, given_at__lt=until)[:most]:
        what = f"{consent.get_scope_display().lower()} · {consent.source}"
        yield Event(
            at=consent.revoked_at or consent.given_at,
            kind="consent",
            title="Consent ended" if consent.revoked_at else "Consent given",
            detail=what,
            body=consent.wording,
            icon="shield-off" if consent.revoked_at else "shield-check",
            tone="red" if consent.revoked_at else "green",
            id=str(consent.pk),
        )
