"""Pages of notes: search, writing, editing with history, pinning, deleting."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from contacts.models import Contact
from core.problems import InvalidInput, NotFound
from leads.forms import people
from leads.listing import PageOfRows
from leads.selectors import get_lead
from notes import services
from notes.filters import NoteFilter
from notes.models import Note
from notes.selectors import get_note


class NoteForm(forms.Form):
    """The text of a note."""

    content = forms.CharField(
        max_length=services.MAX_LENGTH, label="Note", widget=forms.Textarea(attrs={"rows": 8, "autofocus": True})
    )


def _page_of(note: Note) -> str:
    record = note.lead or note.contact
    return f"{record.get_absolute_url()}#note-{note.pk}" if record else "/notes"


def _back(request: HttpRequest, note: Note) -> HttpResponse:
    back = request.headers.get("Referer", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else _page_of(note))


def note_list(request: HttpRequest) -> HttpResponse:
    """Every note of the workspace, searched by words and author."""
    notes = Note.objects.active().select_related("author", "lead", "contact").order_by("-created_at", "-id")
    page = PageOfRows(request, notes, NoteFilter)
    return render(request, "notes/note_list.html", {"page": page, "people": people()})


def _uuid(raw: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(raw)
    except ValueError:
        return None


@require_POST
def note_new(request: HttpRequest) -> HttpResponse:
    """Write a note on a lead or contact, perhaps during a call."""
    about: dict[str, Any] = {"call_id": _uuid(request.POST.get("call", ""))}
    if raw := request.POST.get("lead"):
        about["lead"] = get_lead(request.user, raw)
    else:
        about["contact"] = Contact.objects.active().filter(pk=_uuid(request.POST.get("contact", ""))).first()
        if about["contact"] is None:
            raise NotFound("There is no such person.")
    try:
        note = services.create_note(actor=request.user, content=request.POST.get("content", ""), **about)
    except InvalidInput as error:
        messages.error(request, error.detail)
        return redirect(request.headers.get("Referer") or "/notes")
    messages.success(request, "The note is saved.")
    return _back(request, note)


def note_edit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Change a note; what it said before is kept."""
    note = get_note(request.user, pk)
    form = NoteForm(request.POST or None, initial={"content": note.content})
    if request.method == "POST" and form.is_valid():
        services.update_note(actor=request.user, note=note, content=form.cleaned_data["content"])
        messages.success(request, "The note is changed.")
        return redirect(_page_of(note))
    return render(request, "notes/note_edit.html", {"note": note, "form": form, "back": _page_of(note)})


def note_history(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What a note said before its edits."""
    note = get_note(request.user, pk)
    context = {"note": note, "revisions": note.revisions.all(), "back": _page_of(note)}
    return render(request, "notes/note_history.html", context)


@require_POST
def note_pin(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Keep a note on top, or let it go."""
    note = get_note(request.user, pk)
    services.pin_note(actor=request.user, note=note, pinned=request.POST.get("pinned") == "1")
    return _back(request, note)


@require_POST
def note_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a note away, with a way back."""
    note = get_note(request.user, pk)
    services.delete_note(actor=request.user, note=note)
    messages.success(request, "The note is deleted.", extra_tags=f"undo=/notes/{note.pk}/restore")
    return _back(request, note)


@require_POST
def note_restore(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Bring a deleted note back."""
    note = services.restore_note(actor=request.user, note=get_note(request.user, pk, deleted=True))
    return redirect(_page_of(note))
