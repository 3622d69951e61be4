"""Notes over the API."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Contact
from core.api import ListApi
from core.problems import NotFound
from leads.selectors import get_lead
from notes import services
from notes.filters import NoteFilter
from notes.models import Note
from notes.serializers import NoteEditSerializer, NoteRevisionSerializer, NoteSerializer


class NoteApi(ListApi):
    """Notes of the workspace."""

    serializer_class = NoteSerializer
    filterset_class = NoteFilter
    http_method_names = ("get", "patch", "delete", "head", "options")

    def get_queryset(self) -> QuerySet[Note]:
        return Note.objects.active().order_by("-created_at", "-id")

    @extend_schema(request=NoteEditSerializer, responses=NoteSerializer)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change a note, or pin it; what it said before is kept."""
        note = self.get_object()
        body = NoteEditSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        if "content" in body.validated_data:
            note = services.update_note(actor=self.actor, note=note, content=body.validated_data["content"])
        if "pinned" in body.validated_data:
            note = services.pin_note(actor=self.actor, note=note, pinned=body.validated_data["pinned"])
        return self.answer(note)

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Take a note away."""
        services.delete_note(actor=self.actor, note=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


class NoteHistoryApi(ListApi):
    """What a note said before its edits, newest first."""

    serializer_class = NoteRevisionSerializer
    http_method_names = ("get", "head", "options")

    def get_queryset(self) -> Any:
        note = Note.objects.active().filter(pk=self.kwargs["note_id"]).first()
        if note is None:
            raise NotFound
        return note.revisions.order_by("-created_at", "-id")


class _NotesOf(ListApi):
    """Notes about one record: list, newest first, and write."""

    serializer_class = NoteSerializer
    filterset_class = NoteFilter
    http_method_names = ("get", "post", "head", "options")

    def get_about(self) -> dict[str, Any]:
        """The record the address names, as create_note takes it."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Note]:
        return Note.objects.filter(deleted_at=None, **self.get_about()).order_by("-created_at", "-id")

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Write a note; colleagues named with @ are told."""
        about = self.get_about()
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        note = services.create_note(actor=self.actor, content=body.validated_data["content"], **about)
        return self.answer(note, status.HTTP_201_CREATED)


class LeadNotesApi(_NotesOf):
    """Notes of a lead."""

    def get_about(self) -> dict[str, Any]:
        return {"lead": get_lead(self.actor, self.kwargs["lead_id"])}


class ContactNotesApi(_NotesOf):
    """Notes of a contact, those of its leads included."""

    def get_about(self) -> dict[str, Any]:
        contact = Contact.objects.active().filter(pk=self.kwargs["contact_id"]).first()
        if contact is None:
            raise NotFound
        return {"contact": contact}
