"""How ties, paths, introductions and referral figures look in the API."""

from typing import Any

from rest_framework import serializers

from contacts.serializers import TextField
from core.serializers import RecordSerializer, StrictSerializer
from network.models import Introduction, Relationship


class StrengthField(serializers.FloatField):
    """A JSON number from 0 to 1; a text or a truth value is none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=1, **kwargs)

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return super().to_internal_value(data)


class TruthField(serializers.BooleanField):
    """true or false, and no other way to write them."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class IdField(serializers.UUIDField):
    """An id as text."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class RelationshipSerializer(RecordSerializer):
    """A tie between two contacts; a mutual one is walked both ways."""

    from_contact_id = IdField()
    to_contact_id = IdField()
    strength = StrengthField(required=False, help_text="0 to 1, kept with two decimals; 0.5 when left out.")
    mutual = TruthField(required=False, default=True)

    class Meta:
        model = Relationship
        fields = ("id", "from_contact_id", "to_contact_id", "strength", "mutual", "source", "created_at", "updated_at")
        read_only_fields = ("id", "source", "created_at", "updated_at")


class RelationshipEditSerializer(RelationshipSerializer):
    """What of a tie can change; its two ends stay."""

    from_contact_id = serializers.UUIDField(read_only=True)  # type: ignore[assignment]
    to_contact_id = serializers.UUIDField(read_only=True)  # type: ignore[assignment]
    strength = StrengthField(required=False)
    mutual = TruthField(required=False)


class PersonSerializer(serializers.Serializer[Any]):
    """A contact on a path."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    company = serializers.CharField()
    title = serializers.CharField()


class PathSerializer(serializers.Serializer[Any]):
    """A path: its contacts in order, how many ties it takes, and the product of their strengths."""

    contacts = PersonSerializer(many=True)
    hops = serializers.IntegerField()
    strength = serializers.FloatField()
    strengths = serializers.ListField(child=serializers.FloatField(), help_text="Of each tie, in order.")


class PathsSerializer(serializers.Serializer[Any]):
    """The best path, or null, and the next best ones."""

    path = PathSerializer(allow_null=True)
    alternatives = PathSerializer(many=True)


class NodeSerializer(serializers.Serializer[Any]):
    """A contact in a network, `depth` hops from its middle."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    company = serializers.CharField()
    depth = serializers.IntegerField()


class LinkSerializer(serializers.Serializer[Any]):
    """A tie in a network, once, as it is stored."""

    id = serializers.UUIDField()
    source = serializers.UUIDField()  # type: ignore[assignment]
    target = serializers.UUIDField()
    strength = serializers.FloatField()
    mutual = serializers.BooleanField()


class NetworkSerializer(serializers.Serializer[Any]):
    """A contact's surroundings."""

    nodes = NodeSerializer(many=True)
    links = LinkSerializer(many=True)
    truncated = serializers.BooleanField()


class IntroductionSerializer(RecordSerializer):
    """A request that a connector introduces us to someone."""

    to_contact_id = IdField()
    via_contact_id = IdField()
    message = TextField(max_length=5_000, required=False, allow_blank=True, default="")
    requested_by_id = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta:
        model = Introduction
        fields = (
            "id",
            "to_contact_id",
            "via_contact_id",
            "status",
            "message",
            "outcome",
            "requested_by_id",
            "expires_at",
            "answered_at",
            "completed_at",
            "created_at",
            "updated_at",
        )
        read_only_fields = (
            "id",
            "status",
            "outcome",
            "expires_at",
            "answered_at",
            "completed_at",
            "created_at",
            "updated_at",
        )


class OutcomeSerializer(StrictSerializer):
    """What came of an introduction."""

    outcome = TextField(max_length=2_000, required=False, allow_blank=True, default="")


class _FiguresSerializer(serializers.Serializer[Any]):
    referrals = serializers.IntegerField()
    converted = serializers.IntegerField()
    conversion_rate = serializers.FloatField()
    active_referrers = serializers.IntegerField()
    viral_coefficient = serializers.FloatField(help_text="Converted referrals per active referrer.")


class DayFiguresSerializer(_FiguresSerializer):
    """The figures of one day."""

    date = serializers.DateField()


class ViralStatsSerializer(_FiguresSerializer):
    """The figures of a period, and of each of its days."""

    period = serializers.CharField()
    by_day = DayFiguresSerializer(many=True)


class StandingSerializer(serializers.Serializer[Any]):
    """A referrer's place; equal numbers of referrals share a rank."""

    rank = serializers.IntegerField()
    contact_id = serializers.UUIDField()
    name = serializers.CharField()
    referrals = serializers.IntegerField()
    converted = serializers.IntegerField()


class LeaderboardSerializer(serializers.Serializer[Any]):
    """The first referrers of a period, in the envelope of lists."""

    period = serializers.CharField()
    items = StandingSerializer(many=True)
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()
    total = serializers.IntegerField()
    total_is_exact = serializers.BooleanField()
    next_cursor = serializers.CharField(allow_null=True)
