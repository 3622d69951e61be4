"""Who brought whom: crediting a referral, converting it, and refusing the ones that are not real."""

import datetime as dt
import hashlib
import uuid

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Tenant
from contacts.models import Contact
from core.email import queue_email
from core.scope import current_tenant_id
from network.interactions import record_interaction
from network.models import Interaction, Referral

BURST = 5
BURST_WINDOW = dt.timedelta(hours=1)

# Walks up from the referrer to whoever referred them, and so on; the set in UNION ends it whatever the data says.
_ABOVE = """
WITH RECURSIVE above(id) AS (
  SELECT %(referrer)s::uuid
  UNION SELECT r.referrer_id FROM network_referral r JOIN above a ON r.referred_id = a.id
    WHERE r.tenant_id = %(t)s AND r.voided_at IS NULL
) SELECT EXISTS (SELECT 1 FROM above WHERE id = %(referred)s)
"""


def _would_loop(referrer_id: uuid.UUID, referred_id: uuid.UUID) -> bool:
    with connection.cursor() as cursor:
        params = {"referrer": referrer_id, "referred": referred_id, "t": current_tenant_id()}
        cursor.execute(_ABOVE, params)
        return bool(cursor.fetchone()[0])


def _is_same_person(referrer: Contact, contact: Contact) -> bool:
    """Whether a referrer meets themself under another record."""
    same_email = bool(referrer.email and contact.email and referrer.email.lower() == contact.email.lower())
    return (
        referrer.pk == contact.pk
        or same_email
        or bool(referrer.phone_number and referrer.phone_number == contact.phone_number)
    )


def _digest(value: str) -> str:
    return hashlib.sha256(f"{current_tenant_id()}:{value}".encode()).hexdigest() if value else ""


def _suspicion(referrer: Contact, origin: str, device: str) -> str:
    """Why a referral looks made up, or an empty text."""
    recent = Referral.objects.filter(referrer=referrer, referred_at__gt=Now() - BURST_WINDOW)
    if recent.count() >= BURST:
        return "Many referrals within an hour"
    same = Q(origin=origin) & Q(device=device) if origin and device else Q(pk__in=[])
    if Referral.objects.filter(same, referrer=referrer).exists():
        return "Same address and device as an earlier referral"
    return ""


@transaction.atomic
def credit_referral(
    *, code: str, contact: Contact, lead_id: uuid.UUID | None, source: str, origin: str = "", device: str = ""
) -> Referral | None:
    """Credit the owner of a code with having brought a contact, once per contact.

    None when the code is nobody's, is the contact's own, the contact was brought before, or crediting would close
    a loop. `origin` and `device` (address and browser of the visitor) are kept hashed, to notice made-up referrals;
    a suspicious one counts but is marked and can be voided. Locks the referrer.
    """
    clean = code.strip().upper()[:16]
    if not clean or "\x00" in clean:
        return None
    referrer = Contact.objects.active().filter(referral_code=clean).select_for_update(no_key=True).first()
    if referrer is None or _is_same_person(referrer, contact) or _would_loop(referrer.pk, contact.pk):
        return None
    origin, device = _digest(origin), _digest(device)
    referral = Referral(
        referrer=referrer,
        referred=contact,
        lead_id=lead_id,
        code=clean,
        source=source.strip()[:60] or "form",
        origin=origin,
        device=device,
        suspicious=_suspicion(referrer, origin, device),
    )
    Referral.objects.bulk_create([referral], ignore_conflicts=True)
    kept: Referral | None = Referral.objects.filter(pk=referral.pk).first()
    if kept is not None:
        record_interaction(
            contact_id=referrer.pk, other_contact_id=contact.pk, kind=Interaction.Kind.REFERRAL, make_tie=True
        )
        if not kept.suspicious:
            _thank(kept)
    return kept


def _thank(referral: Referral) -> None:
    """Owe the referrer a mail of thanks, once a referral."""
    referrer = referral.referrer
    if not referrer.email:
        return
    queue_email(
        kind="referral_thanks",
        key=str(referral.pk),
        to=[referrer.email],
        about=referral,
        context={
            "referral": referral,
            "business": Tenant.objects.values_list("name", flat=True).get(),
            "link": f"{settings.PUBLIC_BASE_URL.rstrip('/')}/r/{referrer.referral_code}",
        },
    )
    Referral.objects.filter(pk=referral.pk).update(thanked_at=Now())


@transaction.atomic
def mark_converted(*, lead_id: uuid.UUID) -> int:
    """Note that the lead of a referral was won; answers how many referrals that converted (0 or 1)."""
    open_referrals = Referral.objects.filter(lead_id=lead_id, converted_at=None, voided_at=None)
    return int(open_referrals.update(converted_at=Now()))


def mark_open(*, lead_id: uuid.UUID) -> int:
    """Take back that the lead of a referral was won; answers how many referrals that opened again (0 or 1)."""
    return int(Referral.objects.filter(lead_id=lead_id).exclude(converted_at=None).update(converted_at=None))


@transaction.atomic
def void_referral(*, referral: Referral) -> Referral:
    """Take the credit of a referral away; it counts nowhere from then on."""
    Referral.objects.filter(pk=referral.pk, voided_at=None).update(voided_at=Now())
    referral.refresh_from_db()
    return referral


@transaction.atomic
def clear_referral(*, referral: Referral) -> Referral:
    """Take the suspicion off a referral that turned out to be real, and thank for it. Locks the row."""
    found: Referral = Referral.objects.select_for_update().get(pk=referral.pk)
    if found.suspicious and found.voided_at is None:
        Referral.objects.filter(pk=found.pk).update(suspicious="")
        _thank(found)
    found.refresh_from_db()
    return found
