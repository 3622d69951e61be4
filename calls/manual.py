"""Calls that a person of the workspace starts by hand, one at a time: from the queue, a lead or a contact."""

from __future__ import annotations

import secrets
import time
import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localtime as localize

from calls.dialer import intent, place, timing
from calls.models import Call
from campaigns.call_history import number_history
from campaigns.caps import CALLBACK
from campaigns.membership import dialable
from campaigns.models import Campaign, CampaignLead
from campaigns.pace import cap_decision, caps_of_workspace
from campaigns.schedule import lead_zones
from campaigns.suppressions import is_suppressed
from contacts.models import Contact
from core import background
from core.problems import DomainError
from core.scope import tenant_context
from leads.models import Lead

PROVIDER = "simulated"
CAP_WORDS = {
    "per_day": "It was called often enough today",
    "per_24h": "It was called often enough in the last 24 hours",
    "per_30_days": "It was called often enough in the last 30 days",
    "min_gap_minutes": "It was called only a short while ago",
}


class NotCallable(DomainError):
    """This number may not be called now; the detail says which rule says so."""

    code = "not_callable"
    title = "This number may not be called now."


@transaction.atomic
def start_call(
    *, actor: Any, lead: Lead | None = None, contact: Contact | None = None, is_callback: bool = False
) -> Call:
    """Reserve a call to a lead or a contact; a worker dials it right after the commit. Raises NotCallable.

    The do-not-call list and the number caps hold as for campaigns; a callback the person asked for is free of caps.
    """
    whom = contact or (lead.contact if lead else None)
    number = (lead.phone_number if lead else "") or (whom.phone_number if whom else "") or ""
    _check_number(number, own_zone=whom.timezone if whom else "", kind=CALLBACK if is_callback else "")
    call = Call(
        lead=lead,
        contact=whom,
        user=getattr(actor, "user_or_none", None),
        phone_number=number,
        provider=PROVIDER,
        is_callback=is_callback,
    )
    _reserve(call)
    return call


@transaction.atomic
def start_test_call(*, actor: Any, campaign: Campaign, phone_number: str, lead: CampaignLead | None = None) -> Call:
    """Call one's own phone with a campaign's words, as they are said to `lead`. Raises InvalidInput, NotCallable.

    It costs minutes and money like any call, but is no attempt: caps, statistics and the lead know nothing of it.
    """
    number = dialable(phone_number)
    if is_suppressed(phone_number=number):
        raise NotCallable("This number is on the do-not-call list.")
    call = Call(
        test_of=campaign,
        test_as=lead,
        user=getattr(actor, "user_or_none", None),
        phone_number=number,
        caller_id=campaign.caller_ids[0] if campaign.caller_ids else "",
        provider=campaign.provider,
    )
    _reserve(call)
    return call


def _reserve(call: Call) -> None:
    call.callback_token = secrets.token_urlsafe(24)
    call.lease_until = timing.database_now() + timing.LEASE
    try:
        with transaction.atomic():
            call.save(force_insert=True)
    except IntegrityError:
        raise NotCallable("This number is on a line at this moment. Try again when that call has ended.") from None
    background.nudge("calls.tasks.dial_call", call.pk)


def _check_number(number: str, *, own_zone: str, kind: str) -> None:
    if not number:
        raise NotCallable("There is no phone number to call.")
    if is_suppressed(phone_number=number):
        raise NotCallable("This number is on the do-not-call list.")
    now = timing.database_now()
    history = number_history([number], now=now).get(number, [])
    zones = lead_zones(own=own_zone, phone=number)
    cap = cap_decision(None, history=history, at=now, zones=zones, caps=caps_of_workspace(), kind=kind)
    if not cap.allowed:
        again = f" Try again {localize(cap.next_time):%a %H:%M}." if cap.next_time else ""
        raise NotCallable(f"{CAP_WORDS[cap.reason]}.{again}")


def dial_call(*, tenant_id: uuid.UUID, call_id: uuid.UUID) -> bool:
    """Intend, place and write down one reserved call; whether it was sent. A second run finds nothing to do."""
    with tenant_context(tenant_id):
        began = time.monotonic()
        requests = intent.commit_manual(call_id=call_id)
        for answer in [future.result() for future in place.send(requests, began=began)]:
            place.record([answer])
        return bool(requests)
