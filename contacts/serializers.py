"""How contacts look in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import User
from contacts.models import Contact, CustomField, SavedView
from contacts.search import Hit
from core.serializers import RecordSerializer, StraightSerializer, StrictSerializer


class TextField(serializers.CharField):
    """Text and nothing else: numbers are not turned into text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field(
    {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}, "maxProperties": 200}
)
class FlatObjectField(serializers.Field[Any, Any, Any, Any]):
    """A flat JSON object."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise serializers.ValidationError("This takes an object.", code="invalid")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class ContactSerializer(StraightSerializer):
    """A person or business that can be reached; an email or a phone number is required."""

    first_name = TextField(max_length=128, required=False, allow_blank=True)
    last_name = TextField(max_length=128, required=False, allow_blank=True)
    email = TextField(max_length=256, required=False, allow_blank=True, allow_null=True)
    phone_number = TextField(
        max_length=64,
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="Any usual writing; stored and answered in E.164.",
    )
    company = TextField(max_length=200, required=False, allow_blank=True)
    title = TextField(max_length=200, required=False, allow_blank=True)
    status = serializers.ChoiceField(choices=Contact.Status.choices, required=False)
    tags = serializers.ListField(child=TextField(max_length=200, allow_blank=True), max_length=100, required=False)
    notes = TextField(max_length=20_000, required=False, allow_blank=True)
    custom_fields = FlatObjectField(required=False)
    enrichment_data = serializers.JSONField(read_only=True)
    owner_id = serializers.PrimaryKeyRelatedField[User](
        source="owner",
        queryset=User.objects,  # the manager, asked anew in each request's scope
        required=False,
        allow_null=True,
    )
    is_active = serializers.BooleanField(read_only=True)

    class Meta:
        model = Contact
        fields: tuple[str, ...] = (
            "id",
            "first_name",
            "last_name",
            "email",
            "phone_number",
            "company",
            "title",
            "status",
            "tags",
            "notes",
            "custom_fields",
            "enrichment_data",
            "referral_code",
            "owner_id",
            "is_active",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("id", "referral_code", "created_at", "updated_at")


class FoundContactSerializer(ContactSerializer):
    """A contact found by search."""

    score = serializers.FloatField(read_only=True)
    highlight = serializers.DictField(
        child=serializers.CharField(),
        read_only=True,
        help_text="Field → escaped HTML with <mark> around what was found.",
    )

    class Meta(ContactSerializer.Meta):
        fields: tuple[str, ...] = (*ContactSerializer.Meta.fields, "score", "highlight")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        hit: Hit = instance
        own = ("score", "highlight")
        return {name: getattr(hit if name in own else hit.contact, name) for name in self.answered}


class EmptySerializer(StrictSerializer):
    """No members."""


class MergeSerializer(StrictSerializer):
    """Which contact to merge into this one, and whose field wins where both are filled."""

    other_id = serializers.UUIDField()
    prefer = serializers.DictField(child=serializers.ChoiceField(choices=["this", "other"]), required=False)


class MergedSerializer(serializers.Serializer[Any]):
    """A merge and the contact that was kept."""

    merge_id = serializers.UUIDField()
    contact = ContactSerializer()


class BulkSerializer(StrictSerializer):
    """An act on contacts named by their ids or by the filters of the list."""

    ids = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=10_000)
    filter = serializers.DictField(required=False)
    action = serializers.ChoiceField(choices=["tag", "untag", "set_status", "set_owner", "delete"])
    value = serializers.JSONField(required=False, allow_null=True, help_text="A tag or tags, a status, a person's id.")


class BulkActionSerializer(serializers.Serializer[Any]):
    """A bulk action and how far it is."""

    id = serializers.UUIDField()
    action = serializers.CharField()
    status = serializers.ChoiceField(choices=["running", "completed", "undoing", "undone"])
    count = serializers.IntegerField(source="total")
    done = serializers.IntegerField()
    kept = serializers.IntegerField(help_text="After an undo: changes that stay because someone changed them since.")


class DuplicatePairSerializer(serializers.Serializer[Any]):
    """Two contacts that may be one person."""

    id = serializers.UUIDField()
    score = serializers.FloatField()
    reasons = serializers.ListField(child=serializers.CharField())
    contacts = serializers.SerializerMethodField()

    @extend_schema_field(ContactSerializer(many=True))
    def get_contacts(self, pair: Any) -> list[dict[str, Any]]:
        """Both, the older one first."""
        return [ContactSerializer(pair.first).data, ContactSerializer(pair.second).data]


class EventSerializer(serializers.Serializer[Any]):
    """One event of a timeline."""

    id = serializers.CharField()
    at = serializers.DateTimeField()
    kind = serializers.CharField(help_text="note, call, import, enrichment, status, change, merge, created, why …")
    title = serializers.CharField()
    detail = serializers.CharField()
    body = serializers.CharField()
    actor = serializers.CharField()
    url = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # a field may be called as the property is


class SavedViewSerializer(RecordSerializer):
    """Filters, columns and order of a list under a name."""

    owner_id = serializers.UUIDField(read_only=True, allow_null=True)
    kind = serializers.ChoiceField(choices=["contacts", "leads", "campaigns"], required=False)
    columns = serializers.ListField(child=TextField(max_length=80), max_length=60, required=False)

    class Meta:
        model = SavedView
        fields = ("id", "kind", "name", "query", "columns", "is_shared", "owner_id", "created_at", "updated_at")
        read_only_fields = ("id", "created_at", "updated_at")


class CustomFieldSerializer(RecordSerializer):
    """A typed field the workspace added."""

    key = TextField(max_length=50, required=False)
    choices = serializers.ListField(child=TextField(max_length=100), max_length=200, required=False)

    class Meta:
        model = CustomField
        fields = ("id", "key", "label", "kind", "choices", "position", "created_at", "updated_at")
        read_only_fields = ("id", "created_at", "updated_at")
