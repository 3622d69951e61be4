"""What the public form takes and answers."""

from typing import Any

from rest_framework import serializers

from core.serializers import StrictSerializer, clean_line

TRAP = "website"


class PublicLeadSerializer(StrictSerializer):
    """A submission; `website` is a trap that people never see and programs fill in."""

    form_key = serializers.CharField(max_length=64)
    first_name = serializers.CharField(max_length=128)
    last_name = serializers.CharField(max_length=128)
    email = serializers.EmailField(max_length=256)
    phone_number = serializers.CharField(max_length=64, required=False, allow_blank=True)
    company = serializers.CharField(max_length=200, required=False, allow_blank=True)
    message = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    resume = serializers.FileField(required=False, write_only=True, allow_empty_file=True)
    consent = serializers.BooleanField(required=False)
    ref = serializers.CharField(max_length=32, required=False, allow_blank=True)
    website = serializers.CharField(max_length=500, required=False, allow_blank=True)

    def validate_first_name(self, value: str) -> str:
        return clean_line(value)

    def validate_last_name(self, value: str) -> str:
        return clean_line(value)

    def validate_company(self, value: str) -> str:
        return clean_line(value)

    def validate_message(self, value: str) -> str:
        if "\x00" in value:
            raise serializers.ValidationError("This text cannot be stored.", code="invalid_character")
        return value


class PublicLeadEditSerializer(PublicLeadSerializer):
    """What a visitor changes; `edit_token` came with the first answer."""

    edit_token = serializers.CharField(max_length=500)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for name in set(fields) - {"edit_token"}:
            fields[name].required = False
        return fields


class ReceiptSerializer(serializers.Serializer[Any]):
    """The new lead's id, and the token that allows changing it for three days."""

    id = serializers.UUIDField()
    edit_token = serializers.CharField()


class OwnSubmissionSerializer(serializers.Serializer[Any]):
    """What the visitor sent, as it stands now."""

    id = serializers.UUIDField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    email = serializers.CharField()
    phone_number = serializers.CharField()
    company = serializers.CharField()
    message = serializers.CharField()
    consent = serializers.BooleanField()
    has_resume = serializers.BooleanField()
