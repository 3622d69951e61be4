"""How calls look in the API."""

from typing import Any

from rest_framework import serializers

from calls.dispositions import DISPOSITIONS
from calls.models import Call, Conversation
from core.serializers import RecordSerializer, StrictSerializer


class CallSerializer(RecordSerializer):
    """A call."""

    campaign_id = serializers.UUIDField(read_only=True, allow_null=True)
    lead_id = serializers.UUIDField(read_only=True, allow_null=True)
    contact_id = serializers.UUIDField(read_only=True, allow_null=True)
    outcome = serializers.SerializerMethodField()
    answered_by = serializers.SerializerMethodField()
    disposition = serializers.SerializerMethodField()
    recording_id = serializers.SerializerMethodField()

    class Meta:
        model = Call
        fields: tuple[str, ...] = (
            "id",
            "campaign_id",
            "lead_id",
            "contact_id",
            "phone_number",
            "status",
            "outcome",
            "answered_by",
            "disposition",
            "started_at",
            "answered_at",
            "ended_at",
            "duration_seconds",
            "recording_id",
            "summary",
            "cost",
            "created_at",
            "updated_at",
        )
        read_only_fields: tuple[str, ...] = fields

    def get_outcome(self, call: Call) -> str | None:
        """How it ended; null while it lasts."""
        return call.outcome or None

    def get_answered_by(self, call: Call) -> str | None:
        """Who picked up; null when nobody did."""
        return call.answered_by or None

    def get_disposition(self, call: Call) -> str | None:
        """What came of it; null while nobody has said."""
        return call.disposition or None

    def get_recording_id(self, call: Call) -> str | None:
        """The recording, once it can be heard."""
        recording = getattr(call, "recording", None)
        return str(recording.pk) if recording is not None and recording.status == "available" else None


class MessageSerializer(serializers.Serializer[Any]):
    """One turn of a conversation."""

    role = serializers.ChoiceField(choices=["agent", "person"])
    content = serializers.CharField()
    at = serializers.FloatField(help_text="Seconds since the call was answered.")


class ConversationSerializer(serializers.ModelSerializer[Conversation]):
    """What was said."""

    messages = MessageSerializer(many=True)

    class Meta:
        model = Conversation
        fields = ("id", "status", "messages")


class CallDetailSerializer(CallSerializer):
    """A call with what was said."""

    transcript = serializers.SerializerMethodField()
    conversation = serializers.SerializerMethodField()

    class Meta(CallSerializer.Meta):
        fields = (*CallSerializer.Meta.fields, "transcript", "conversation")
        read_only_fields = fields

    def get_transcript(self, call: Call) -> str | None:
        """The conversation as text; null when there was none."""
        conversation = getattr(call, "conversation", None)
        return conversation.transcript if conversation is not None else None

    def get_conversation(self, call: Call) -> dict[str, Any] | None:
        """The conversation turn by turn; null when there was none."""
        conversation = getattr(call, "conversation", None)
        return ConversationSerializer(conversation).data if conversation is not None else None


class DispositionSerializer(StrictSerializer):
    """What came of a call."""

    disposition = serializers.ChoiceField(choices=list(DISPOSITIONS.items()))
    note = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    callback_at = serializers.DateTimeField(required=False, allow_null=True)
