"""Making, changing, matching and removing contacts. Every write of a contact goes through here.

All functions work in the open tenant scope, inside the caller's transaction or one of their own.
"""

import uuid
from contextlib import nullcontext
from typing import Any, Unpack

from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from accounts import audit, webhooks
from accounts.permissions import require_role
from accounts.principals import Actor
from contacts.history import attribute_to
from contacts.models import Contact
from contacts.signals import contact_created
from contacts.values import ContactValues, check_reachable, clean_email, clean_phone, clean_values
from core.problems import DomainError
from core.scope import current_tenant_id


class DuplicateContact(DomainError):
    """An active contact of the workspace already has this email; `existing_id` names it."""

    code = "duplicate_contact"
    title = "A contact with this email address already exists."


def announce_created(ids: list[uuid.UUID]) -> None:
    """Send `contact_created` for new contacts after the commit."""
    tenant_id = str(current_tenant_id())
    contact_ids = [str(i) for i in ids]
    transaction.on_commit(
        lambda: contact_created.send_robust(sender=Contact, tenant_id=tenant_id, contact_ids=contact_ids),
        robust=True,
    )


def _constraint(error: IntegrityError) -> str:
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""


def _find_by_email(email: str | None) -> Contact | None:
    if not email:
        return None
    found: Contact | None = Contact.objects.active().with_email(email).first()
    return found


def _save(contact: Contact, *, insert: bool = False) -> None:
    """Write a contact; raises DuplicateContact when an active one has the email (also in a race)."""
    check_reachable(contact.email, contact.phone_number)
    for _ in range(3):
        try:
            with transaction.atomic():
                contact.save(force_insert=insert)
        except IntegrityError as error:
            if _constraint(error) == "contact_referral_code_unique" and insert:
                contact.referral_code = Contact._meta.get_field("referral_code").get_default()
                continue
            if _constraint(error) != "contact_email_unique":
                raise
            existing = _find_by_email(contact.email)
            if existing is None:  # it went to the trash in this very moment
                continue
            raise DuplicateContact(existing_id=str(existing.pk)) from None
        if not insert:  # an INSERT brings back what the database fills in
            contact.refresh_from_db()
        return
    raise DuplicateContact


def create_contact(*, actor: Actor | None, **values: Unpack[ContactValues]) -> Contact:
    """Make a contact; raises InvalidInput or DuplicateContact. Announced by `contact_created` after commit."""
    contact = Contact(**clean_values(values))
    _save(contact, insert=True)
    announce_created([contact.pk])
    webhooks.publish(event="contact.created", data={"id": str(contact.pk)})
    return contact


def update_contact(*, actor: Actor | None, contact: Contact, **values: Unpack[ContactValues]) -> Contact:
    """Change the given fields of a contact, whose row is locked; raises InvalidInput or DuplicateContact."""
    changes = clean_values(values)
    with transaction.atomic():
        attribute_to(actor)
        fresh: Contact = Contact.objects.for_update().get(pk=contact.pk)
        changed = {f: v for f, v in changes.items() if getattr(fresh, f) != v}
        for field, value in changed.items():
            setattr(fresh, field, value)
        if changed:
            _save(fresh)
            webhooks.publish(event="contact.updated", data={"id": str(fresh.pk), "fields": sorted(changed)})
        return fresh


def add_contact(
    *, actor: Actor | None, on_conflict: str = "error", **values: Unpack[ContactValues]
) -> tuple[Contact, bool]:
    """Make a contact, or on a known email return (`return`) or change (`update`) the existing one.

    The second member tells whether it was made. With `error` a known email raises DuplicateContact.
    """
    try:
        with nullcontext() if on_conflict == "error" else transaction.atomic():
            return create_contact(actor=actor, **values), True
    except DuplicateContact as error:
        if on_conflict not in ("return", "update") or "existing_id" not in error.extra:
            raise
        existing: Contact = Contact.objects.get(pk=error.extra["existing_id"])
    if on_conflict == "update":
        existing = update_contact(actor=actor, contact=existing, **values)
    return existing, False


def match_contact(*, email: str | None = "", phone_number: str | None = "") -> Contact | None:
    """The active contact with this email, else the oldest active one with this phone number (E.164)."""
    found = _find_by_email(email)
    if found is None and phone_number:
        found = Contact.objects.active().filter(phone_number=phone_number).order_by("created_at", "id").first()
    return found


def match_or_create_contact(
    *,
    actor: Actor | None,
    email: str = "",
    phone_number: str = "",
    first_name: str = "",
    last_name: str = "",
    company: str = "",
    source: str = "",
) -> Contact:
    """The contact a new lead belongs to: matched by email, then by phone; made when none matches.

    A match is not changed. Two callers at once with the same new number get the same contact: a lock per
    number, held to the end of the transaction, lets the second see what the first made.
    Raises InvalidInput when neither email nor number is given or one is not valid.
    """
    address, number = clean_email(email), clean_phone(phone_number)
    check_reachable(address, number)
    with transaction.atomic():
        if number:
            _lock_number(number)
        found = match_contact(email=address, phone_number=number)
        if found is not None:
            return found
        contact, _ = add_contact(
            actor=actor,
            on_conflict="return",
            email=address,
            phone_number=number,
            first_name=first_name,
            last_name=last_name,
            company=company,
        )
        return contact


def _lock_number(number: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"contact:{current_tenant_id()}:{number}"]
        )


def delete_contact(*, actor: Actor | None, contact: Contact) -> None:
    """Put a contact into the trash; its email is free again at once."""
    with transaction.atomic():
        attribute_to(actor)
        if Contact.objects.active().filter(pk=contact.pk).update(deleted_at=Now()):
            webhooks.publish(event="contact.deleted", data={"id": str(contact.pk)})


def restore_contact(*, actor: Actor | None, contact: Contact) -> Contact:
    """Take a contact out of the trash; raises DuplicateContact when its email was taken meanwhile."""
    with transaction.atomic():
        attribute_to(actor)
        fresh: Contact = Contact.objects.for_update().get(pk=contact.pk)
        if fresh.deleted_at is not None:
            fresh.deleted_at = None
            _save(fresh)
        return fresh


def purge_contact(*, actor: Actor, contact: Contact) -> None:
    """Erase a contact and those merged into it for good with all that hangs on them (admins); see contacts.purging."""
    from contacts.purging import erase, forget_in_imports, with_merged

    require_role(actor, "admin")
    with transaction.atomic():
        people = with_merged(contact)
        for person in people:
            forget_in_imports(person)
        counts: dict[str, Any] = erase(contacts=people, actor=actor)
        audit.record(actor=actor, action="contact.purged", record=contact, rows=counts)
