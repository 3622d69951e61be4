"""How notes look in the API."""

from rest_framework import serializers

from core.serializers import RecordSerializer, StrictSerializer
from notes.models import Note
from notes.services import MAX_LENGTH


class NoteSerializer(RecordSerializer):
    """A note."""

    lead_id = serializers.UUIDField(read_only=True, allow_null=True)
    contact_id = serializers.UUIDField(read_only=True, allow_null=True)
    author_id = serializers.UUIDField(read_only=True, allow_null=True)
    content = serializers.CharField(max_length=MAX_LENGTH)

    class Meta:
        model = Note
        fields = (
            "id",
            "lead_id",
            "contact_id",
            "content",
            "author_id",
            "pinned_at",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("id", "pinned_at", "created_at", "updated_at")


class NoteEditSerializer(StrictSerializer):
    """The text, and whether the note stays on top."""

    content = serializers.CharField(max_length=MAX_LENGTH, required=False)
    pinned = serializers.BooleanField(required=False)


class NoteRevisionSerializer(StrictSerializer):
    """What a note said before an edit."""

    content = serializers.CharField()
    replaced_by_name = serializers.CharField()
    created_at = serializers.DateTimeField()
