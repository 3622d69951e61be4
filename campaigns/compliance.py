"""What the law wants before a campaign may dial at all."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, Max, OuterRef, Q
from django.db.models.fields.json import KT
from django.utils import timezone

from campaigns import networks
from campaigns.models import Campaign, CampaignLead, Consent
from campaigns.querysets import CampaignLeadQuerySet
from contacts.models import Import
from core.problems import DomainError

NATIONAL_LIST_GOOD_FOR = timedelta(days=31)


class ComplianceBlock(DomainError):
    """A legal condition of calling is not met; `reasons` names each."""

    code = "compliance_block"
    title = "The campaign may not call as things stand."


def check_may_start(campaign: Campaign) -> None:
    """Raise ComplianceBlock with every reason why the campaign may not dial."""
    faults = faults_of(campaign)
    if faults:
        raise ComplianceBlock(" ".join(words for _, words in faults), reasons=[code for code, _ in faults])


def faults_of(campaign: Campaign) -> list[tuple[str, str]]:
    """Why the campaign may not dial as things stand: (code, words)."""
    stale = [register for register in registers() if register.is_stale]
    faults = [
        ("stale_do_not_call_list", f"The do-not-call list “{register.name}” is older than 31 days. Import it anew.")
        for register in stale[:1]
    ]
    if not networks.is_set_up(campaign.provider):
        faults.append(
            ("provider_not_configured", f"{campaign.get_provider_display()} is not set up in this workspace.")
        )
    if _nobody_consented(campaign):
        faults.append(("no_consent", "Nobody in the campaign has agreed to calls by an AI voice."))
    return faults


@dataclass(frozen=True, slots=True)
class Register:
    """A public do-not-call register and when its present edition was imported."""

    name: str
    at: datetime
    is_stale: bool


def registers() -> list[Register]:
    """The public registers of the workspace, the one to be renewed first in front; undone imports count for nothing."""
    jobs = Import.objects.filter(kind="do_not_call", status=Import.Status.COMPLETED, options__national=True)
    names = jobs.annotate(register=KT("options__register")).order_by().values("register")
    newest = names.annotate(at=Max("completed_at")).order_by("at").values_list("register", "at")
    limit = timezone.now() - NATIONAL_LIST_GOOD_FOR
    return [Register(name=name, at=at, is_stale=at < limit) for name, at in newest if at]


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
