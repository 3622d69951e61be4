"""When a campaign is over: nobody left to call and nobody on the phone, or stopped and the last call ended."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.db.models.functions import Now

from calls.models import Call
from campaigns.models import Campaign, CampaignLead
from campaigns.states import OPEN

Status = Campaign.Status


@transaction.atomic
def end_if_done(campaign_id: uuid.UUID) -> bool:
    """Complete or stop a campaign when its last call has ended; whether it ended now. Locks the campaign row.

    The lock keeps leads that are being added at this moment from being left behind in an ended campaign.
    """
    campaign = Campaign.objects.for_update().filter(pk=campaign_id).first()
    if campaign is None or campaign.status not in (Status.RUNNING, Status.STOPPING):
        return False
    if Call.objects.filter(campaign=campaign).live().exists():
        return False
    if campaign.status == Status.RUNNING:
        if CampaignLead.objects.filter(campaign=campaign, status__in=OPEN).exists():
            return False
        campaign.status = Status.COMPLETED
    else:
        campaign.status = Status.STOPPED
    Campaign.objects.filter(pk=campaign.pk).update(status=campaign.status, completed_at=Now())
    return True
