"""What campaigns add to the stream of a lead: why it was not called, consents, and opt-outs."""

from collections.abc import Iterator

from django.db.models import Q

from campaigns.models import Consent, Suppression, WhyEntry
from campaigns.reasons import reason_title
from leads.models import Lead
from leads.timeline import Entry

_MOST = 30


def lead_entries(lead: Lead) -> Iterator[Entry]:
    """Decisions against a call of the lead, and what its number and contact agreed to or forbade."""
    numbers = {n for n in (lead.phone_number, lead.contact.phone_number or "") if n}
    refusals = WhyEntry.objects.filter(campaign_lead__lead=lead, allowed=False).select_related("campaign")
    for entry in refusals.order_by("-at")[:_MOST]:
        where = f" · {entry.campaign}" if entry.campaign else ""
        yield Entry(
            at=entry.at, icon="phone-off", title="Not called", detail=f"{reason_title(entry.rule)}{where}", tone="amber"
        )
    consents = Consent.objects.filter(Q(phone_number__in=numbers) | Q(contact=lead.contact))
    for consent in consents[:_MOST]:
        what = f"{consent.get_scope_display().lower()} · {consent.source}"
        yield Entry(at=consent.given_at, icon="shield-check", title="Consent given", detail=what, tone="green")
        if consent.revoked_at:
            yield Entry(at=consent.revoked_at, icon="shield-off", title="Consent ended", detail=what, tone="red")
    for entry in Suppression.objects.filter(phone_number__in=numbers)[:_MOST]:
        detail = entry.reason or entry.source
        yield Entry(at=entry.created_at, icon="phone-off", title="Do not call", detail=detail, tone="red")
