"""Who is in a campaign: adding one person, taking one out. Many at once are added by `batches`."""

import uuid
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import Role, Tenant
from accounts.permissions import require_role
from campaigns import why
from campaigns.attempts import FRESH, REST
from campaigns.consents import record_consents_of_leads
from campaigns.models import Campaign, CampaignLead
from campaigns.schedule import lead_zones
from campaigns.services import CampaignEnded
from campaigns.states import ENDED, IN_FLIGHT
from campaigns.suppressions import is_suppressed
from contacts.models import Contact
from contacts.services import match_or_create_contact
from contacts.values import clean_custom_fields, clean_email, clean_line
from core.phones import InvalidPhone, check_dialable, parse_phone
from core.problems import DomainError, InvalidInput, NotFound
from leads.models import Lead
from leads.services import create_lead

_OVER = (Lead.State.CONVERTED, Lead.State.LOST)
SOURCE = "campaign"


class DuplicatePhone(DomainError):
    """The number is already in the campaign; `existing_id` names its campaign lead."""

    code = "duplicate_phone"
    title = "This number is already in the campaign."


class CallInFlight(DomainError):
    """The lead is on the phone or about to be."""

    code = "call_in_flight"
    title = "A call to this lead is under way. Try again when it has ended."


@transaction.atomic
def add_person(
    *,
    actor: Any,
    campaign: Campaign,
    phone_number: str = "",
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    custom_fields: dict[str, Any] | None = None,
    contact_id: uuid.UUID | None = None,
    lead_id: uuid.UUID | None = None,
) -> CampaignLead:
    """Add one person by number, by contact or by lead; contact and lead are matched, or made when there are none.

    Raises InvalidInput, NotFound or DuplicatePhone. A number on a do-not-call list is added as `blocked`.
    """
    require_role(actor, Role.MANAGER)
    check_open(campaign)
    if sum(map(bool, (phone_number, contact_id, lead_id))) != 1:
        raise InvalidInput(
            "Give exactly one of phone_number, contact_id and lead_id.", field="phone_number", field_code="required"
        )
    names = {"first_name": clean_line(first_name, "first_name"), "last_name": clean_line(last_name, "last_name")}
    fields = clean_custom_fields(custom_fields or {})
    if phone_number:
        number = dialable(phone_number)
        _refuse_duplicate(campaign, number)
        contact = match_or_create_contact(
            actor=actor, phone_number=number, email=clean_email(email) or "", source=SOURCE, **names
        )
        lead = None
    else:
        lead = _get_lead(lead_id) if lead_id else None
        contact = _get_contact(lead.contact_id if lead else contact_id)
        number = dialable((lead.phone_number if lead else "") or contact.phone_number or "")
        _refuse_duplicate(campaign, number)
    lead = lead or _open_lead(actor, campaign, contact, number, names)
    person = {name: value or getattr(lead, name) or getattr(contact, name) for name, value in names.items()}
    return _insert(campaign, lead, contact, number, custom_fields=fields, **person)


@transaction.atomic
def remove_lead(*, actor: Any, campaign_lead: CampaignLead) -> None:
    """Take a lead out of the campaign; its calls stay on record. Raises CallInFlight."""
    require_role(actor, Role.MANAGER)
    row = CampaignLead.objects.for_update().get(pk=campaign_lead.pk)
    if row.status in IN_FLIGHT:
        raise CallInFlight
    row.status, row.status_reason = CampaignLead.Status.REMOVED, "removed"
    row.save(update_fields=["status", "status_reason"])
    why.log(row, rule="removed", allowed=False, value=str(actor))


def check_open(campaign: Campaign) -> None:
    """Raise CampaignEnded when nobody can be added any more."""
    if campaign.status in ENDED:
        raise CampaignEnded


def dialable(raw: str) -> str:
    """A number that may be dialled, in E.164; raises InvalidInput."""
    try:
        number = parse_phone(raw, region=Tenant.objects.values_list("default_region", flat=True).get())
        check_dialable(number)
    except InvalidPhone as error:
        raise InvalidInput(error.reason, field="phone_number", field_code=error.code) from None
    return number.e164


def zones_of(number: str, own: str = "") -> tuple[str, ...]:
    """The zones whose hours all have to allow a call to this person."""
    return lead_zones(own=own, phone=number, tenant=Tenant.objects.values_list("timezone", flat=True).get())


def _get_contact(contact_id: uuid.UUID | None) -> Contact:
    contact: Contact | None = Contact.objects.active().filter(pk=contact_id).first()
    if contact is None:
        raise NotFound("There is no such contact.")
    return contact


def _get_lead(lead_id: uuid.UUID) -> Lead:
    lead: Lead | None = Lead.objects.active().filter(pk=lead_id).first()
    if lead is None:
        raise NotFound("There is no such lead.")
    return lead


def _open_lead(actor: Any, campaign: Campaign, contact: Contact, number: str, names: dict[str, str]) -> Lead:
    """The contact's newest lead that is still open and not in the campaign, or a new one."""
    taken = CampaignLead.objects.filter(campaign=campaign).present().values("lead_id")
    open_leads = Lead.objects.active().filter(contact=contact).exclude(state__in=_OVER).exclude(pk__in=taken)
    found: Lead | None = open_leads.order_by("-created_at", "-id").first()
    if found is not None:
        return found
    return create_lead(
        actor=actor,
        contact_id=contact.pk,
        phone_number=number,
        source=SOURCE,
        first_name=names["first_name"],
        last_name=names["last_name"],
    )


def _refuse_duplicate(campaign: Campaign, number: str) -> None:
    rows = CampaignLead.objects.filter(campaign=campaign, phone_number=number).present()
    existing = rows.values_list("pk", flat=True).first()
    if existing:
        raise DuplicatePhone(existing_id=str(existing))


def _insert(campaign: Campaign, lead: Lead, contact: Contact, number: str, **fields: Any) -> CampaignLead:
    fresh_web_lead = lead.source == "web" and lead.state == Lead.State.PENDING
    row = CampaignLead(
        campaign=campaign,
        lead=lead,
        contact=contact,
        phone_number=number,
        zones=list(zones_of(number, contact.timezone)),
        priority=FRESH if fresh_web_lead else REST,
        **fields,
    )
    if is_suppressed(phone_number=number, campaign_id=campaign.pk):
        row.status, row.status_reason = CampaignLead.Status.BLOCKED, "do_not_call"
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "campaign_lead_" not in str(error):
            raise
        raise DuplicatePhone from None
    if row.status == CampaignLead.Status.BLOCKED:
        why.log(row, rule="do_not_call", allowed=False, value="On the list when added.")
    record_consents_of_leads([lead.pk])
    row.refresh_from_db()
    return row
