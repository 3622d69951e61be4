"""The stream of what happened to a lead: each app adds its own source in `AppConfig.ready`."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from contacts.models import Contact
from contacts.timeline import Event, register_source
from core.models import Email
from core.templatetags.ui import label
from leads.models import Lead, LeadEvent

MOST = 100


@dataclass(frozen=True)
class Entry:
    """One entry: icon and tone, bold title, the words after it, when; `template` draws a body with `context`."""

    at: dt.datetime
    icon: str
    title: str
    detail: str = ""
    tone: str = ""
    template: str = ""
    context: dict[str, Any] = field(default_factory=dict)


Source = Callable[[Lead], Iterable[Entry]]
_sources: dict[str, Source] = {}


def register(name: str, source: Source) -> None:
    """Add a source (again is fine)."""
    _sources[name] = source


def lead_timeline(lead: Lead) -> list[Entry]:
    """Everything known about a lead, newest first, at most 100 entries."""
    entries = [entry for source in _sources.values() for entry in source(lead)]
    return sorted(entries, key=lambda e: e.at, reverse=True)[:MOST]


_ICONS = {
    "created": ("circle-plus", "blue"),
    "state": ("arrow-right", "violet"),
    "owner": ("user-round", ""),
    "edited": ("pencil", ""),
    "deleted": ("trash-2", "red"),
    "restored": ("undo-2", ""),
}


def _words(event: LeadEvent) -> tuple[str, str]:
    who, data = event.actor_name or "Switchboard", event.data
    match event.kind:
        case LeadEvent.Kind.CREATED:
            came = f"from {data['source']}" if data.get("source") else "by hand"
            return "Lead created", came if not event.actor_name else f"{came} · {who}"
        case LeadEvent.Kind.STATE:
            why = " after a conversation" if data.get("reason") == "conversation" else ""
            return who, f"moved it from {label(data['before'])} to {label(data['after'])}{why}"
        case LeadEvent.Kind.OWNER:
            return who, f"handed it to {data['owner']}" if data.get("owner") else "took the owner off"
        case LeadEvent.Kind.EDITED:
            return who, f"changed {', '.join(label(name).lower() for name in data.get('fields', []))}"
        case LeadEvent.Kind.DELETED:
            return who, "moved it to the trash"
        case _:
            return who, "restored it"


def own_events(lead: Lead) -> Iterable[Entry]:
    """Making, moving, handing over, editing."""
    for event in lead.events.order_by("-created_at")[:MOST]:
        icon, tone = _ICONS[event.kind]
        title, detail = _words(event)
        yield Entry(event.created_at, icon, title, detail, tone)


def submissions(lead: Lead) -> Iterable[Entry]:
    """What the visitor sent, and each change of consent."""
    for given in lead.submissions.order_by("-submitted_at")[:MOST]:
        words = "sent with consent to be called" if given.consent else "sent without consent to be called"
        yield Entry(
            given.submitted_at,
            "square-pen",
            "Public form",
            words,
            "green" if given.consent else "",
            "leads/timeline_submission.html",
            {"given": given, "message": lead.message},
        )


def emails(lead: Lead) -> Iterable[Entry]:
    """Mails the product sent about the lead."""
    for mail in Email.objects.filter(about_id=lead.pk).order_by("-created_at")[:MOST]:
        failed = mail.status == Email.Status.FAILED
        words = f"· “{mail.subject}” to {', '.join(mail.to)}"
        title = {"sent": "Email sent", "failed": "Email not delivered"}.get(mail.status, "Email waiting to be sent")
        why = f" · {mail.get_failure_display()}" if mail.failure else ""
        yield Entry(mail.sent_at or mail.created_at, "mail", title, words + why, "red" if failed else "")


def tasks_done(lead: Lead) -> Iterable[Entry]:
    """Tasks that were carried out."""
    for task in lead.tasks.filter(done_at__isnull=False).select_related("done_by").order_by("-done_at")[:MOST]:
        yield Entry(task.done_at, "circle-check", str(task.done_by or "Someone"), f"did “{task.title}”", "green")


for _name, _source in {
    "events": own_events,
    "submissions": submissions,
    "emails": emails,
    "tasks": tasks_done,
}.items():
    register(_name, _source)


def events_of_contact(contact: Contact, before: dt.datetime, most: int) -> Iterable[Event]:
    """The leads of a contact, as its own timeline shows them."""
    rows = LeadEvent.objects.filter(lead__contact=contact, created_at__lt=before).exclude(kind=LeadEvent.Kind.EDITED)
    for event in rows.select_related("lead").order_by("-created_at")[:most]:
        detail = _words(event)[1]
        by_person = event.kind != LeadEvent.Kind.CREATED
        yield Event(
            at=event.created_at,
            kind="lead",
            title=f"Lead: {detail}" if by_person else "Became a lead",
            detail="" if by_person else detail.partition(" · ")[0],
            icon=_ICONS[event.kind][0],
            tone=_ICONS[event.kind][1],
            url=event.lead.get_absolute_url(),
            actor=event.actor_name,
            id=str(event.pk),
            data={"lead_id": str(event.lead_id), "event": event.kind, **event.data},
        )


def emails_of_contact(contact: Contact, before: dt.datetime, most: int) -> Iterable[Event]:
    """Mails about a contact's leads."""
    leads = list(Lead.objects.filter(contact=contact).values_list("pk", flat=True))
    rows = Email.objects.filter(about_id__in=[contact.pk, *leads], created_at__lt=before).order_by("-created_at")
    for mail in rows[:most]:
        state = mail.get_status_display().lower()
        yield Event(mail.created_at, "email", f"Email {state}", f"“{mail.subject}”", icon="mail", id=str(mail.pk))


register_source("leads", events_of_contact)
register_source("emails", emails_of_contact)
