"""What follows when a number turns out dead: another one of the same person is looked for, and tried instead.

The campaign lead stays `blocked` with the reason `seeking_number` until the search has ended; a campaign is not
over while one is. Each new number counts as a further try, so nobody is rung more often than the campaign
promises, and the claim asks every rule about it as about any other.
"""

import datetime as dt
import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Tenant
from campaigns import news, why
from campaigns.models import Campaign, CampaignLead, Suppression
from campaigns.schedule import lead_zones
from campaigns.states import ENDED
from contacts.models import Contact
from enrichment.models import EnrichmentRun
from enrichment.services import enrich_for_number
from leads.models import Lead
from leads.services import update_lead

SEEKING, DEAD, FOUND = "seeking_number", "invalid_number", "next_number"
GIVE_UP_AFTER = dt.timedelta(minutes=15)
"""How long a search may keep a campaign open, counted from the dead call; a number that comes later still counts."""
_Status = CampaignLead.Status


def seek_next_number(lead: CampaignLead) -> bool:
    """Begin to look for another number of a lead just blocked for its dead one; tell whether one is looked for.

    Changes the lead's reason, which the caller saves in the same transaction.
    """
    if lead.attempts > lead.campaign.max_retries:
        return False
    own = lead.contact.phone_number
    if not (own and own != lead.phone_number):
        run = enrich_for_number(contact=lead.contact, dead_number=lead.phone_number, reference=f"lead:{lead.pk}")
        if run is None:
            return False
    lead.status_reason = SEEKING
    return True


def conclude_run(run_id: uuid.UUID) -> int:
    """Carry the result of a search to the leads that wait for it; return how many were given another number."""
    run = EnrichmentRun.objects.exclude(dead_number="").filter(pk=run_id).first()
    if run is None or run.status in EnrichmentRun.OPEN:
        return 0
    rows = _blocked((SEEKING, DEAD)).filter(contact_id=run.contact_id, phone_number=run.dead_number)
    return sum(_conclude(lead) for lead in rows.select_related("campaign").order_by("pk"))


def still_seeking(campaign: Campaign) -> bool:
    """Whether a number is still looked for; searches whose end nobody heard of, or that last too long, are ended."""
    rows = list(_blocked((SEEKING,)).filter(campaign=campaign).select_related("campaign").order_by("pk")[:200])
    busy = set(
        EnrichmentRun.objects.filter(
            dead_number__in=[lead.phone_number for lead in rows], status__in=EnrichmentRun.OPEN
        ).values_list("contact_id", "dead_number")
    )
    patient = timezone.now() - GIVE_UP_AFTER
    waiting = False
    for lead in rows:
        if (lead.contact_id, lead.phone_number) in busy and (lead.last_called_at or patient) > patient:
            waiting = True
        else:
            waiting |= _conclude(lead)
    return waiting


def _blocked(reasons: tuple[str, ...]) -> Any:
    """Leads blocked for one of the reasons, locked."""
    return CampaignLead.objects.for_update().filter(status=_Status.BLOCKED, status_reason__in=reasons)


@transaction.atomic
def _conclude(lead: CampaignLead) -> bool:
    """Give a locked lead its contact's number if that is another one; else the dead one was the last."""
    dead = lead.phone_number
    contact: Contact | None = Contact.objects.active().filter(pk=lead.contact_id).first()
    number = contact.phone_number if contact else None
    if contact is None or not number or number == dead or lead.campaign.status in ENDED:
        return _settle(lead, DEAD)
    if lead.attempts > lead.campaign.max_retries:
        return _settle(lead, DEAD)
    if Suppression.objects.for_numbers([number], campaign_id=lead.campaign_id).exists():
        return _settle(lead, "do_not_call")
    home = Tenant.objects.values_list("timezone", flat=True).get()
    lead.phone_number, lead.zones = number, list(lead_zones(own=contact.timezone, phone=number, tenant=home))
    lead.status, lead.next_attempt_at = _Status.PENDING, timezone.now()
    try:
        with transaction.atomic():
            _settle(lead, FOUND, f"{dead} is dead.")
    except IntegrityError:  # someone else of the campaign has this number
        lead.refresh_from_db()
        return _settle(lead, "duplicate_number")
    record: Lead = lead.lead
    if record.phone_number == dead:
        update_lead(actor=None, lead=record, changes={"phone_number": number})
    return True


def _settle(lead: CampaignLead, reason: str, value: str = "") -> bool:
    """Write the outcome down; false for everything but a new number."""
    if lead.status_reason != reason:
        lead.status_reason = reason
        lead.save(update_fields=["phone_number", "zones", "status", "status_reason", "next_attempt_at"])
        why.log(lead, rule=reason, allowed=reason == FOUND, value=value)
        news.tell(lead.campaign_id)
    return reason == FOUND
