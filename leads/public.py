"""The public form's intake: a submission becomes a lead with its consent, file, owner and mails."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from core import file_store, rates
from core.email import new_email, queue_emails
from core.problems import NotFound
from core.scope import current_tenant_id
from leads import edit_tokens
from leads.intake_settings import OpenForm, get_intake_settings, next_assignee, open_form
from leads.models import IntakeSettings, Lead, Submission
from leads.resumes import stored
from leads.services import create_lead, update_lead
from network.referrals import credit_referral

SOURCE = "web form"
CONFIRMATIONS_PER_ADDRESS = "5/hour"


@dataclass(frozen=True)
class Visitor:
    """Where a submission came from; `origin` is what limits count by."""

    origin: str
    user_agent: str = ""

    @property
    def address(self) -> str | None:
        """The address to keep as proof of a consent."""
        return None if self.origin == "unknown" else self.origin.partition("/")[0]


@dataclass(frozen=True)
class Receipt:
    """What the visitor gets to know: the same whether or not we know them already."""

    id: uuid.UUID
    edit_token: str


def decoy() -> Receipt:
    """A receipt for nothing, given to a program that filled the trap: it looks like any other."""
    lead_id = uuid.uuid4()
    return Receipt(lead_id, edit_tokens.issue(tenant_id=current_tenant_id(), lead_id=lead_id))


@transaction.atomic
def submit_form(
    *, visitor: Visitor, fields: dict[str, Any], resume: Any = None, consent: bool = False, ref: str = ""
) -> Receipt:
    """Make a lead of a submission in the open tenant; raises InvalidInput and the refusals of leads.resumes.

    The file is stored before the rows and dropped again when one of them fails.
    """
    form = open_form()
    with stored(resume) as file:
        owner = next_assignee() if form.settings.assignment == IntakeSettings.Assignment.ROUND_ROBIN else None
        owner_id = owner.pk if owner else None
        lead = create_lead(actor=None, source=SOURCE, consent=consent, owner_id=owner_id, **file, **fields)
        _record(form.settings, lead, visitor, consent, ref)
        if ref:
            credit_referral(
                code=ref,
                contact=lead.contact,
                lead_id=lead.pk,
                source=SOURCE,
                origin=visitor.origin,
                device=visitor.user_agent,
            )
        _queue_mails(form, lead)
    return Receipt(lead.pk, edit_tokens.issue(tenant_id=current_tenant_id(), lead_id=lead.pk))


def _record(form: IntakeSettings, lead: Lead, visitor: Visitor, consent: bool, ref: str) -> None:
    Submission.objects.create(
        lead=lead,
        consent=consent,
        consent_wording=form.consent_wording if consent else "",
        consent_version=form.consent_version if consent else 0,
        address=visitor.address,
        origin=visitor.origin,
        user_agent=visitor.user_agent[:300],
        referral_code=ref.strip()[:32],
    )


def _queue_mails(form: OpenForm, lead: Lead) -> None:
    context = {
        "lead": lead,
        "form": form.settings,
        "business": form.business,
        "greeting": _greeting(lead),
        "file_name": lead.resume_name,
    }
    key = str(lead.pk)
    mails = [new_email(kind="lead_received", key=key, to=form.team, context=context, about=lead, reply_to=lead.email)]
    if form.settings.confirms_by_email and not rates.hit(f"confirm:{lead.email.lower()}", CONFIRMATIONS_PER_ADDRESS):
        mails.append(new_email(kind="lead_confirmation", key=key, to=[lead.email], context=context, about=lead))
    queue_emails(mails)


def _greeting(lead: Lead) -> str:
    """The first name when it is nothing but a name: what strangers type must not travel in our mails."""
    return lead.first_name if len(lead.first_name) <= 40 and lead.first_name.replace(" ", "").isalpha() else ""


def lead_of_token(*, lead_id: uuid.UUID, token: str) -> Lead:
    """The lead a visitor may change, in the open tenant; raises NotFound."""
    tenant_id, allowed = edit_tokens.read(token)
    if allowed != lead_id or tenant_id != current_tenant_id():
        raise NotFound("This link has expired or was altered.")
    lead: Lead | None = Lead.objects.active().filter(pk=lead_id).first()
    if lead is None:
        raise NotFound("This link has expired or was altered.")
    return lead


@transaction.atomic
def change_submission(
    *, visitor: Visitor, lead: Lead, fields: dict[str, Any], resume: Any = None, consent: bool | None = None
) -> Lead:
    """Change what a visitor sent; a consent given or taken back is recorded with the wording of the day."""
    changes = dict(fields)
    if consent is not None and consent != lead.consent:
        changes["consent"] = consent
        _record(get_intake_settings(), lead, visitor, consent, "")
    lead = update_lead(actor=None, lead=lead, changes=changes)
    if resume is not None:
        with stored(resume) as file:
            old, lead.resume, lead.resume_name = lead.resume, file["resume"], file["resume_name"]
            lead.save(update_fields=["resume", "resume_name"])
        file_store.forget_later(old)
    return lead
