"""Ways to narrow campaigns, campaign leads, do-not-call entries and consents down."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.db.models import Q
from django.db.models.functions import Now

from core.models import TenantQuerySet

PERSON_GONE = Q(contact__deleted_at__isnull=False) | Q(lead__deleted_at__isnull=False)


class CampaignLeadQuerySet(TenantQuerySet):
    """Campaign leads of the open scope."""

    def present(self) -> Self:
        """Without those that were taken out."""
        return self.exclude(status="removed")

    def waiting(self) -> Self:
        """Those a call may still be made for, now or later, with nobody on the phone."""
        return self.filter(status__in=("pending", "retry_wait", "callback"))

    def with_person_gone(self) -> Self:
        """Those whose contact or lead is in the trash."""
        return self.filter(PERSON_GONE)

    def due(self) -> Self:
        """Waiting ones whose time has come by the database's clock, in the order of dialling."""
        return self.waiting().filter(next_attempt_at__lte=Now()).order_by("priority", "next_attempt_at", "id")


class SuppressionQuerySet(TenantQuerySet):
    """Do-not-call entries of the open scope."""

    def for_numbers(self, numbers: Iterable[str], *, campaign_id: uuid.UUID | None = None) -> Self:
        """Entries that forbid the numbers: everywhere, or in the one campaign."""
        everywhere = Q(campaign__isnull=True)
        where = everywhere | Q(campaign_id=campaign_id) if campaign_id else everywhere
        return self.filter(where, phone_number__any_of=list(numbers))


class ConsentQuerySet(TenantQuerySet):
    """Consents of the open scope."""

    def in_force(self, scope: str, *, at: datetime | None = None) -> Self:
        """Given and not revoked, for one scope."""
        return self.filter(scope=scope, revoked_at__isnull=True, given_at__lte=at or Now())

    def covering(self, *, numbers: Iterable[str] = (), contact_ids: Iterable[uuid.UUID] = ()) -> Self:
        """Given for one of the numbers, or by one of the contacts without naming a number."""
        by_contact = Q(contact_id__in=list(contact_ids)) & Q(phone_number="")
        return self.filter(Q(phone_number__in=list(numbers)) | by_contact)


class CampaignQuerySet(TenantQuerySet):
    """Campaigns of the open scope."""

    def present(self) -> Self:
        """Without deleted ones; their calls stay."""
        return self.filter(deleted_at__isnull=True)

    def newest_first(self) -> Self:
        """As lists show them."""
        return self.order_by("-created_at", "-id")
