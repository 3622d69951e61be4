"""The why-log: for every decision about a number, the rule, the value it saw and the time."""

from collections.abc import Iterable

from django.db import connection

from campaigns.models import CampaignLead, WhyEntry
from core.scope import current_tenant_id


def entry_for(lead: CampaignLead, *, rule: str, allowed: bool, value: str = "") -> WhyEntry:
    """An entry not yet saved, for callers that write many at once."""
    return WhyEntry(
        campaign_id=lead.campaign_id,
        campaign_lead_id=lead.pk,
        contact_id=lead.contact_id,
        phone_number=lead.phone_number,
        rule=rule[:40],
        allowed=allowed,
        value=value[:300],
    )


def log(lead: CampaignLead, *, rule: str, allowed: bool, value: str = "") -> None:
    """Write down one decision."""
    log_many([entry_for(lead, rule=rule, allowed=allowed, value=value)])


_LOG = """
INSERT INTO campaigns_whyentry (id, tenant_id, campaign_id, campaign_lead_id, contact_id, phone_number, rule, allowed,
  value)
SELECT w.id, %s, w.campaign, w.lead, w.contact, w.number, w.rule, w.allowed, w.value
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::bool[], %s::text[])
  AS w(id, campaign, lead, contact, number, rule, allowed, value)
"""
_COLUMNS = ("id", "campaign_id", "campaign_lead_id", "contact_id", "phone_number", "rule", "allowed", "value")


def log_many(entries: Iterable[WhyEntry]) -> None:
    """Write down many decisions in one statement."""
    rows = list(entries)
    if rows:
        columns = [[getattr(row, name) for row in rows] for name in _COLUMNS]
        with connection.cursor() as cursor:
            cursor.execute(_LOG, [current_tenant_id(), *columns])
