"""What can be done with leads: make, edit, move, hand over, trash, restore, purge."""

import datetime as dt
import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import audit, webhooks
from accounts.models import Role, User
from accounts.permissions import require_role
from contacts.models import Contact
from contacts.services import match_or_create_contact
from contacts.values import check_reachable, clean_custom_fields, clean_email, clean_line, clean_phone
from core.problems import DomainError, InvalidInput, NotFound
from leads.models import Lead, LeadEvent
from leads.signals import lead_converted, lead_created
from leads.states import is_legal, legal_steps
from network.referrals import mark_converted

EDITABLE = (
    "first_name",
    "last_name",
    "email",
    "phone_number",
    "company",
    "source",
    "custom_fields",
    "consent",
    "message",
)


class IllegalTransition(DomainError):
    """The lead cannot step from its state to the wanted one; `allowed` names the legal ones."""

    code = "illegal_transition"
    title = "The lead cannot move to that state."

    def __init__(self, state: str, target: str) -> None:
        allowed = legal_steps(state)
        words = ", ".join(allowed) or "none: this state is final"
        super().__init__(
            f"A lead that is {state} cannot become {target}. Legal: {words}.", state=state, allowed=allowed
        )


def event_of(
    *, lead: Lead, kind: str, data: dict[str, Any], actor: Any = None, run: uuid.UUID | None = None
) -> LeadEvent:
    """What happened to a lead, yet to be written down; `run` is the bulk change it was part of."""
    user = getattr(actor, "user_or_none", None)
    return LeadEvent(lead=lead, kind=kind, data=data, actor=user, actor_name=str(actor or "")[:150], run=run)


def record_event(*, lead: Lead, kind: str, actor: Any = None, run: uuid.UUID | None = None, **data: Any) -> None:
    """Write down what happened to a lead, in the caller's transaction."""
    event_of(lead=lead, kind=kind, actor=actor, run=run, data=data).save(force_insert=True)


def clean_fields(values: dict[str, Any]) -> dict[str, Any]:
    """The given fields of a lead as they are stored; raises InvalidInput naming the field."""
    clean = dict(values)
    for name in ("first_name", "last_name", "company"):
        if name in clean:
            clean[name] = clean_line(clean[name] or "", name)
    if "email" in clean:
        clean["email"] = clean_email(clean["email"]) or ""
    if "phone_number" in clean:
        clean["phone_number"] = clean_phone(clean["phone_number"]) or ""
    if "custom_fields" in clean:
        clean["custom_fields"] = clean_custom_fields(clean["custom_fields"])
    return clean


def find_owner(owner_id: uuid.UUID | None) -> User | None:
    """An active colleague by id, for handing a lead or task over; raises InvalidInput for anyone else."""
    if owner_id is None:
        return None
    owner: User | None = User.objects.filter(pk=owner_id, is_active=True).first()
    if owner is None:
        raise InvalidInput("There is no such active person in this workspace.", field="owner_id", field_code="unknown")
    return owner


def _contact_of(actor: Any, contact_id: uuid.UUID | None, fields: dict[str, Any]) -> Contact:
    if contact_id is None:
        return match_or_create_contact(
            actor=actor,
            email=fields["email"],
            phone_number=fields["phone_number"],
            first_name=fields["first_name"],
            last_name=fields["last_name"],
            company=fields["company"],
            source=fields["source"],
        )
    contact: Contact | None = Contact.objects.active().filter(pk=contact_id).first()
    if contact is None:
        raise InvalidInput("There is no such contact.", field="contact_id", field_code="unknown")
    return contact


def _fill_from_contact(fields: dict[str, Any], contact_id: uuid.UUID | None) -> None:
    """A lead made for a known contact takes over what the caller did not say."""
    contact = Contact.objects.active().filter(pk=contact_id).first() if contact_id else None
    for name in ("first_name", "last_name", "email", "phone_number", "company"):
        if contact is not None and not fields[name]:
            fields[name] = getattr(contact, name) or ""


@transaction.atomic
def create_lead(
    *,
    actor: Any,
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    phone_number: str = "",
    company: str = "",
    source: str = "",
    message: str = "",
    state: str = Lead.State.PENDING,
    owner_id: uuid.UUID | None = None,
    contact_id: uuid.UUID | None = None,
    custom_fields: dict[str, Any] | None = None,
    consent: bool = False,
    resume: str = "",
    resume_name: str = "",
    now: dt.datetime | None = None,
) -> Lead:
    """Make a lead, matched to an existing contact by email, then by phone; a new contact is made when none matches.

    `actor` is None for the public form; `resume` names a file stored already. Raises InvalidInput. Sends
    `lead_created` after commit.
    """
    fields = clean_fields(
        {
            "first_name": first_name,
            "last_name": last_name,
            "email": email,
            "phone_number": phone_number,
            "company": company,
            "source": source.strip(),
            "custom_fields": {} if custom_fields is None else custom_fields,
        }
    )
    _fill_from_contact(fields, contact_id)
    check_reachable(fields["email"], fields["phone_number"])
    lead = Lead(**fields, message=message, state=state, consent=consent, resume=resume, resume_name=resume_name)
    lead.owner = find_owner(owner_id)
    lead.contact = _contact_of(actor, contact_id, fields)
    if state != Lead.State.PENDING:
        lead.reached_out_at = now or timezone.now()
    lead.save(force_insert=True)
    record_event(lead=lead, kind=LeadEvent.Kind.CREATED, actor=actor, source=source, state=state)
    _announce(lead_created, lead)
    webhooks.publish(event="lead.created", data={"id": str(lead.pk), "contact_id": str(lead.contact_id)})
    return lead


def _announce(signal: Any, lead: Lead) -> None:
    tenant_id, lead_id = lead.tenant_id, lead.pk
    transaction.on_commit(lambda: signal.send(Lead, tenant_id=tenant_id, lead_id=lead_id), robust=True)


@transaction.atomic
def update_lead(*, actor: Any, lead: Lead, changes: dict[str, Any], now: dt.datetime | None = None) -> Lead:
    """Change a lead's fields; `state` and `owner_id` go by their own rules. Locks the row."""
    changes = dict(changes)
    lead = Lead.objects.for_update().get(pk=lead.pk)
    state, has_owner, owner_id = changes.pop("state", None), "owner_id" in changes, changes.pop("owner_id", None)
    contact_id = changes.pop("contact_id", None)
    changes = clean_fields(changes)
    check_reachable(changes.get("email", lead.email), changes.get("phone_number", lead.phone_number))
    edited = sorted(name for name in EDITABLE if name in changes and changes[name] != getattr(lead, name))
    for name in edited:
        setattr(lead, name, changes[name])
    if contact_id and contact_id != lead.contact_id:
        lead.contact = _contact_of(actor, contact_id, {})
        edited.append("contact")
    if edited:
        lead.save()
        record_event(lead=lead, kind=LeadEvent.Kind.EDITED, actor=actor, fields=edited)
    if has_owner:
        assign_lead(actor=actor, lead=lead, owner=find_owner(owner_id))
    if state and state != lead.state:
        change_state(actor=actor, lead=lead, state=state, now=now)
    lead.refresh_from_db()
    return lead


@transaction.atomic
def assign_lead(*, actor: Any, lead: Lead, owner: User | None, run: uuid.UUID | None = None) -> Lead:
    """Hand a lead to a colleague, or to nobody."""
    before, after = lead.owner_id, getattr(owner, "pk", None)
    if before == after:
        return lead
    lead.owner = owner
    Lead.objects.filter(pk=lead.pk).update(owner=owner)
    what = {"owner": str(owner or ""), "owner_id": str(after or ""), "before_id": str(before or "")}
    event_of(lead=lead, kind=LeadEvent.Kind.OWNER, actor=actor, run=run, data=what).save(force_insert=True)
    return lead


@transaction.atomic
def change_state(
    *,
    actor: Any,
    lead: Lead,
    state: str,
    now: dt.datetime | None = None,
    reason: str = "",
    run: uuid.UUID | None = None,
) -> Lead:
    """Move a lead one legal step; raises IllegalTransition. Locks the row.

    The first step that reaches the person stops the clock of how fast leads are answered.
    """
    lead = Lead.objects.for_update().get(pk=lead.pk)
    if state not in Lead.State.values:
        raise InvalidInput("There is no such state.", field="state", field_code="invalid_choice")
    _step(lead, state, actor=actor, now=now, reason=reason, run=run)
    lead.refresh_from_db()
    return lead


def _step(
    lead: Lead, state: str, *, actor: Any, now: dt.datetime | None, reason: str, run: uuid.UUID | None = None
) -> None:
    """Move a lead whose row is locked."""
    if not is_legal(lead.state, state):
        raise IllegalTransition(lead.state, state)
    before, lead.state = lead.state, state
    first = lead.reached_out_at is None and state != Lead.State.LOST
    if first:
        lead.reached_out_at = now or timezone.now()
    lead.save(update_fields=["state", "reached_out_at"])
    what = {"before": before, "after": state, "reason": reason, "first": first}
    event_of(lead=lead, kind=LeadEvent.Kind.STATE, actor=actor, run=run, data=what).save(force_insert=True)
    if state == Lead.State.CONVERTED:
        mark_converted(lead_id=lead.pk)
        _announce(lead_converted, lead)
    webhooks.publish(event="lead.state_changed", data={"id": str(lead.pk), "from": before, "to": state})


@transaction.atomic(savepoint=False)
def note_conversation(*, lead_id: uuid.UUID, now: dt.datetime | None = None) -> bool:
    """Move a pending lead to reached_out after a real conversation with a person; answer whether it moved."""
    lead = Lead.objects.for_update().filter(pk=lead_id, state=Lead.State.PENDING).first()
    if lead is None:
        return False
    _step(lead, Lead.State.REACHED_OUT, actor=None, now=now, reason="conversation")
    return True


@transaction.atomic
def delete_lead(*, actor: Any, lead: Lead, now: dt.datetime | None = None) -> None:
    """Move a lead to the trash."""
    Lead.objects.filter(pk=lead.pk).update(deleted_at=now or timezone.now())
    record_event(lead=lead, kind=LeadEvent.Kind.DELETED, actor=actor)


@transaction.atomic
def restore_lead(*, actor: Any, lead: Lead) -> Lead:
    """Bring a lead back from the trash; raises NotFound while its contact is in the trash."""
    if not Contact.objects.active().filter(pk=lead.contact_id).exists():
        raise NotFound("The lead's contact is in the trash; restore it first.")
    Lead.objects.filter(pk=lead.pk).update(deleted_at=None)
    record_event(lead=lead, kind=LeadEvent.Kind.RESTORED, actor=actor)
    lead.refresh_from_db()
    return lead


@transaction.atomic
def purge_lead(*, actor: Any, lead: Lead) -> None:
    """Erase a lead for good with its notes, tasks and file; admins only. The file goes after the commit."""
    require_role(actor, Role.ADMIN)
    audit.record(actor=actor, action="lead.purged", record=lead)
    lead.delete()
