"""What other pages show of notes: the box with the stream below it, and mentions of oneself."""

from typing import Any

from django import template
from django.db.models import QuerySet

from leads.timeline import Entry
from notes.models import Note
from notes.selectors import MOST_ON_A_PANEL, notes_about

register = template.Library()


@register.inclusion_tag("notes/panel.html", takes_context=True)
def notes_panel(
    context: dict[str, Any], lead: Any = None, contact: Any = None, call: Any = None, timeline: Any = None
) -> dict[str, Any]:
    """The note box on top of the notes about a lead, a contact or a call.

    With `timeline` (entries of leads.timeline) the notes stand among them in order; pinned ones stay on top.
    """
    if call is not None:
        lead, contact = lead or getattr(call, "lead", None), contact or getattr(call, "contact", None)
    notes = list(notes_about(lead=lead, contact=contact, call_id=getattr(call, "pk", None))[:MOST_ON_A_PANEL])
    pinned = [note for note in notes if note.pinned_at]
    stream: list[Any] = [note_entry(note) for note in notes if not note.pinned_at]
    stream += [entry for entry in timeline or [] if entry.template != "notes/note.html"]
    return {
        "request": context.get("request"),
        "csrf_token": context.get("csrf_token"),
        "lead": lead,
        "contact": contact,
        "call": call,
        "pinned": [note_entry(note) for note in pinned],
        "stream": sorted(stream, key=lambda entry: entry.at, reverse=True),
    }


@register.inclusion_tag("notes/box.html", takes_context=True)
def note_box(context: dict[str, Any], lead: Any = None, contact: Any = None) -> dict[str, Any]:
    """The note box alone, over a stream that holds the notes already."""
    return {"csrf_token": context.get("csrf_token"), "lead": lead, "contact": contact}


def note_entry(note: Note) -> Entry:
    """A note as an entry of a stream."""
    words = "wrote a note, changed since" if note.edited_at else "wrote a note"
    where = " during a call" if note.call_id else ""
    return Entry(
        note.created_at,
        "pin" if note.pinned_at else "sticky-note",
        str(note.author or "An integration"),
        words + where,
        "amber" if note.pinned_at else "",
        "notes/note.html",
        {"note": note},
    )


@register.inclusion_tag("notes/mentions.html", takes_context=True)
def mentions_panel(context: dict[str, Any]) -> dict[str, Any]:
    """The newest notes that name the signed-in person."""
    notes: QuerySet[Note] = Note.objects.active().mentioning(context["request"].user.pk)
    return {"notes": notes.select_related("author", "lead", "contact").order_by("-created_at", "-id")[:8]}
