"""What the law wants before a campaign may dial at all."""

from datetime import datetime, timedelta

from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone

from campaigns.models import Campaign, CampaignLead, Consent, Suppression
from campaigns.querysets import CampaignLeadQuerySet
from core.problems import DomainError

NATIONAL_LIST_GOOD_FOR = timedelta(days=31)


class ComplianceBlock(DomainError):
    """A legal condition of calling is not met; `reasons` names each."""

    code = "compliance_block"
    title = "The campaign may not call as things stand."


def check_may_start(campaign: Campaign) -> None:
    """Raise ComplianceBlock with every reason why the campaign may not dial."""
    faults = []
    if _national_list_is_stale():
        faults.append(
            ("stale_do_not_call_list", "The national do-not-call list is older than 31 days. Import it anew.")
        )
    if _nobody_consented(campaign):
        faults.append(("no_consent", "Nobody in the campaign has agreed to calls by an AI voice."))
    if faults:
        raise ComplianceBlock(" ".join(words for _, words in faults), reasons=[code for code, _ in faults])


def national_list_fetched_at() -> datetime | None:
    """When the national list was last imported; None when there is none."""
    rows = Suppression.objects.filter(scope=Suppression.Scope.NATIONAL)
    fetched_at: datetime | None = rows.aggregate(at=Max("fetched_at"))["at"]
    return fetched_at


def _national_list_is_stale() -> bool:
    newest = national_list_fetched_at()
    return newest is not None and newest < timezone.now() - NATIONAL_LIST_GOOD_FOR


def _nobody_consented(campaign: Campaign) -> bool:
    if campaign.consent_policy == Campaign.ConsentPolicy.WAIVED:
        return False
    return not with_consent(CampaignLead.objects.filter(campaign=campaign).waiting()).exists()


def with_consent(leads: CampaignLeadQuerySet) -> CampaignLeadQuerySet:
    """Only the campaign leads with a consent to AI calls in force."""
    return leads.filter(has_consent())


def has_consent() -> Q:
    """Of a campaign lead: a consent to AI calls is in force for its number, or by its contact."""
    consents = Consent.objects.in_force(Consent.Scope.AI_VOICE)
    by_number = consents.filter(phone_number=OuterRef("phone_number"))
    by_contact = consents.filter(contact_id=OuterRef("contact_id"), phone_number="")
    return Q(Exists(by_number)) | Q(Exists(by_contact))
