"""The why-log: for every decision about a number, the rule, the value it saw and the time."""

from collections.abc import Iterable

from campaigns.models import CampaignLead, WhyEntry


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
    entry_for(lead, rule=rule, allowed=allowed, value=value).save(force_insert=True)


def log_many(entries: Iterable[WhyEntry]) -> None:
    """Write down many decisions in one statement."""
    WhyEntry.objects.bulk_create(list(entries), batch_size=2_000)
