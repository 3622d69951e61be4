"""How leads look in the API."""

from rest_framework import serializers

from core.serializers import StraightSerializer, StrictSerializer, clean_line
from leads.models import Lead


class LeadSerializer(StraightSerializer):
    """A lead."""

    owner_id = serializers.UUIDField(required=False, allow_null=True)
    contact_id = serializers.UUIDField(required=False)
    has_resume = serializers.BooleanField(read_only=True)
    custom_fields = serializers.JSONField(required=False)

    class Meta:
        model = Lead
        fields = (
            "id",
            "first_name",
            "last_name",
            "email",
            "phone_number",
            "company",
            "state",
            "source",
            "owner_id",
            "contact_id",
            "custom_fields",
            "has_resume",
            "consent",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("id", "created_at", "updated_at")
        extra_kwargs = {"phone_number": {"max_length": 64}}

    def validate_first_name(self, value: str) -> str:
        return clean_line(value)

    def validate_last_name(self, value: str) -> str:
        return clean_line(value)

    def validate_company(self, value: str) -> str:
        return clean_line(value)

    def validate_source(self, value: str) -> str:
        return clean_line(value)


class StateSerializer(StrictSerializer):
    """The state to move to."""

    state = serializers.ChoiceField(choices=Lead.State.choices)
