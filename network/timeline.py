"""Introductions and referrals in the timeline of the people in them."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Q

from contacts.models import Contact
from contacts.timeline import Event, register_source
from network.models import Introduction, Referral

_ANSWERS: dict[str, tuple[str, str, str]] = {
    Introduction.Status.ACCEPTED: ("said yes to introducing us to", "check", "green"),
    Introduction.Status.COMPLETED: ("said yes to introducing us to", "check", "green"),
    Introduction.Status.DECLINED: ("would rather not introduce us to", "x", ""),
}


def introduction_events(contact: Contact, before: dt.datetime, most: int) -> Iterable[Event]:
    """What became of every introduction to a contact, or through them: asked, answered, made, run out."""
    rows = Introduction.objects.filter(Q(to_contact=contact) | Q(via_contact=contact))
    people = rows.select_related("to_contact", "via_contact", "requested_by")
    for row in people.order_by("-created_at", "-id")[:most]:
        for event in _steps(row):
            if event.at < before:
                yield event


def _steps(row: Introduction) -> Iterable[Event]:
    via, to = row.via_contact.name, row.to_contact.name
    asker = str(row.requested_by or "")
    data = {"introduction_id": str(row.pk), "status": row.status}

    def event(at: dt.datetime, step: str, title: str, icon: str, tone: str = "", **more: str) -> Event:
        shown = {"url": "/introductions", "id": f"{row.pk}-{step}", "data": data, **more}
        return Event(at=at, kind="introduction", title=title, icon=icon, tone=tone, **shown)  # type: ignore[arg-type]

    yield event(
        row.created_at, "asked", f"Asked {via} to introduce us to {to}", "handshake", actor=asker, body=row.message
    )
    if row.answered_at and row.status in _ANSWERS:
        words, icon, tone = _ANSWERS[row.status]
        yield event(row.answered_at, "answered", f"{via} {words} {to}", icon, tone)
    if row.completed_at:
        yield event(row.completed_at, "made", f"{via} introduced us to {to}", "handshake", "green", body=row.outcome)
    if row.status == Introduction.Status.EXPIRED and row.expires_at:
        yield event(row.expires_at, "expired", f"{via} did not answer about {to}", "clock")


def referral_events(contact: Contact, before: dt.datetime, most: int) -> Iterable[Event]:
    """Whom a contact brought, and who brought them."""
    rows = Referral.objects.filter(Q(referrer=contact) | Q(referred=contact), voided_at=None, referred_at__lt=before)
    for row in rows.select_related("referrer", "referred").order_by("-referred_at", "-id")[:most]:
        brought = row.referrer_id == contact.pk
        other = row.referred if brought else row.referrer
        title = f"Referred {other.name}" if brought else f"Came by {other.name}"
        won = "Became a customer" if row.converted_at else ""
        url = f"/contacts/{other.pk}"
        data = {"referral_id": str(row.pk)}
        yield Event(row.referred_at, "referral", title, won, icon="trophy", url=url, id=str(row.pk), data=data)


register_source("introductions", introduction_events)
register_source("referrals", referral_events)
