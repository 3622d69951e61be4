"""Campaigns that start by themselves at a set time."""

import uuid
from datetime import datetime
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models.functions import Now

from accounts import audit
from accounts.models import Role
from accounts.permissions import require_role
from campaigns.models import Campaign
from campaigns.running import start_campaign
from campaigns.services import lock_campaign
from campaigns.states import check_campaign_step
from core.clock import database_now
from core.problems import DomainError, InvalidInput
from core.scope import tenant_scope

log = structlog.get_logger(__name__)


@transaction.atomic
def schedule_campaign(*, actor: Any, campaign: Campaign, at: datetime | None) -> Campaign:
    """Have a draft start at a time to come, or (None) take the plan back; raises InvalidInput."""
    require_role(actor, Role.MANAGER)
    campaign = lock_campaign(campaign)
    if at is not None and at <= database_now():
        raise InvalidInput("The time to start must lie ahead.", field="scheduled_at", field_code="in_the_past")
    wanted = Campaign.Status.SCHEDULED if at else Campaign.Status.DRAFT
    if campaign.status != wanted:
        check_campaign_step(campaign, wanted)
    Campaign.objects.filter(pk=campaign.pk).update(status=wanted, scheduled_at=at)
    audit.record(actor=actor, action="campaign.scheduled", record=campaign, at=at.isoformat() if at else None)
    campaign.refresh_from_db()
    return campaign


def start_due_campaigns() -> int:
    """Start every scheduled campaign whose time has come, over all workspaces; return how many started.

    One that may not start (nobody to call, no minutes, no consent) becomes a draft again and says why.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id, campaign_id FROM due_scheduled_campaigns()")
        due = cursor.fetchall()
    return sum(_start(tenant_id, campaign_id) for tenant_id, campaign_id in due)


def _start(tenant_id: uuid.UUID, campaign_id: uuid.UUID) -> bool:
    with tenant_scope(tenant_id):
        ready = Campaign.objects.present().filter(status="scheduled", scheduled_at__lte=Now(), pk=campaign_id)
        campaign = ready.select_for_update(of=("self",), skip_locked=True).first()
        if campaign is None:
            return False
        try:
            with transaction.atomic():
                start_campaign(actor=None, campaign=campaign)
        except DomainError as error:
            log.warning("scheduled_start_refused", campaign=str(campaign_id), code=error.code)
            Campaign.objects.filter(pk=campaign_id).update(
                status=Campaign.Status.DRAFT, scheduled_at=None, pause_detail=f"Not started: {error.detail}"[:300]
            )
            return False
        return True
