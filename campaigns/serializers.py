"""Campaigns, their leads and the do-not-call list as the API shows and takes them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from campaigns.models import Campaign, CampaignLead, LeadBatch, Suppression
from campaigns.rules import MOST_LINES, MOST_RETRIES
from core.serializers import RecordSerializer, StrictSerializer

_WINDOWS = {
    "type": "array",
    "items": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2},
}
_HOURS = {
    "oneOf": [
        {"type": "string", "enum": ["always"]},
        {
            "type": "object",
            "properties": {
                **dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), _WINDOWS),
                "holidays": {"type": "array", "items": {"type": "string", "format": "date"}},
            },
            "additionalProperties": False,
        },
        {"type": "null"},
    ],
    "description": "Windows by weekday in the lead's own zone; null for the default hours.",
}
_RETRIES = {
    "type": "object",
    "additionalProperties": {"type": "array", "items": {"type": "number"}},
    "description": "Minutes to wait after the first, second, … call that ended so.",
}
_COUNTS = {"type": "object", "additionalProperties": {"type": "integer"}}


@extend_schema_field(_HOURS)
class HoursField(serializers.JSONField):
    """Calling hours; checked by the rules of campaigns."""


@extend_schema_field(_RETRIES)
class RetryRulesField(serializers.JSONField):
    """Waiting times by outcome; checked by the rules of campaigns."""


@extend_schema_field(_COUNTS)
class CountsField(serializers.JSONField):
    """Numbers by name."""


class CampaignSerializer(RecordSerializer):
    """A campaign with its counters."""

    calling_hours = HoursField(required=False, allow_null=True)
    retry_rules = RetryRulesField(required=False)
    caller_ids = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=100)
    budget = serializers.DecimalField(
        max_digits=12, decimal_places=4, min_value=0, required=False, allow_null=True, normalize_output=False
    )
    max_concurrent_calls = serializers.IntegerField(min_value=1, max_value=MOST_LINES, required=False)
    max_retries = serializers.IntegerField(min_value=0, max_value=MOST_RETRIES, required=False)
    total_leads = serializers.IntegerField(read_only=True)
    calls_completed = serializers.IntegerField(read_only=True)
    calls_failed = serializers.IntegerField(read_only=True)

    class Meta:
        model = Campaign
        fields = (
            "id",
            "name",
            "description",
            "status",
            "pause_reason",
            "pause_detail",
            "system_prompt",
            "first_sentence",
            "voice_id",
            "provider",
            "max_concurrent_calls",
            "retry_failed",
            "max_retries",
            "retry_rules",
            "calling_hours",
            "consent_policy",
            "consent_waiver_reason",
            "caller_ids",
            "budget",
            "warm_path_hold",
            "total_leads",
            "calls_completed",
            "calls_failed",
            "created_at",
            "scheduled_at",
            "started_at",
            "completed_at",
            "updated_at",
        )
        read_only_fields = (
            "scheduled_at",
            "id",
            "status",
            "pause_reason",
            "pause_detail",
            "created_at",
            "started_at",
            "completed_at",
            "updated_at",
        )


class CopySerializer(StrictSerializer):
    """The copy's name; without one it is named after its original."""

    name = serializers.CharField(required=False, max_length=200)


class ScheduleSerializer(StrictSerializer):
    """When to start; null takes the plan back."""

    at = serializers.DateTimeField(allow_null=True)


class PromptPreviewSerializer(serializers.Serializer[Any]):
    """What the voice is told for one lead; `unknown_names` are left as written."""

    version = serializers.IntegerField()
    first_sentence = serializers.CharField()
    system_prompt = serializers.CharField()
    unknown_names = serializers.ListField(child=serializers.CharField())


class CampaignLeadSerializer(RecordSerializer):
    """A lead's place in a campaign."""

    lead_id = serializers.UUIDField(read_only=True)
    campaign_id = serializers.UUIDField(read_only=True)
    contact_id = serializers.UUIDField(read_only=True)
    call_attempts = serializers.IntegerField(source="attempts", read_only=True)

    class Meta:
        model = CampaignLead
        fields = (
            "id",
            "lead_id",
            "contact_id",
            "campaign_id",
            "phone_number",
            "first_name",
            "last_name",
            "custom_fields",
            "status",
            "status_reason",
            "call_attempts",
            "last_outcome",
            "last_called_at",
            "next_attempt_at",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields


class NewPersonSerializer(StrictSerializer):
    """One person to be added: by number, by contact or by lead."""

    phone_number = serializers.CharField(required=False, max_length=64)
    first_name = serializers.CharField(required=False, allow_blank=True, max_length=128)
    last_name = serializers.CharField(required=False, allow_blank=True, max_length=128)
    email = serializers.CharField(required=False, allow_blank=True, max_length=254)
    custom_fields = serializers.DictField(required=False)
    contact_id = serializers.UUIDField(required=False)
    lead_id = serializers.UUIDField(required=False)


class ManyPeopleSerializer(StrictSerializer):
    """Many people to be added: by a filter of the contact list, by ids, or from a file."""

    filter = serializers.DictField(required=False)
    contact_ids = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=20_000)
    lead_ids = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=20_000)


class PeopleFileSerializer(StrictSerializer):
    """A file of people to be added."""

    file = serializers.FileField(max_length=300)
    mapping = serializers.JSONField(required=False)


class LeadBatchSerializer(RecordSerializer):
    """How far a batch of people has come."""

    campaign_id = serializers.UUIDField(read_only=True)
    reasons = CountsField(read_only=True)
    samples = serializers.ListField(child=serializers.DictField(), read_only=True)

    class Meta:
        model = LeadBatch
        fields = (
            "id",
            "campaign_id",
            "source",
            "status",
            "total",
            "done",
            "added",
            "skipped",
            "refused",
            "reasons",
            "samples",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields


class PreflightSerializer(serializers.Serializer[Any]):
    """What a start would meet."""

    callable_now = serializers.IntegerField()
    waiting = serializers.IntegerField()
    blocked = CountsField()
    waiting_for = CountsField()
    next_opening = serializers.DateTimeField(allow_null=True)
    estimated_calls = serializers.IntegerField()
    estimated_conversations = serializers.IntegerField()
    estimated_minutes = serializers.IntegerField()
    estimated_cost = serializers.CharField()
    estimated_finish = serializers.DateTimeField(allow_null=True)
    estimate_from = serializers.ChoiceField(choices=["own_calls", "usual_figures"])


class StartSerializer(serializers.Serializer[Any]):
    """The state after a start."""

    status = serializers.CharField()
    jobs_enqueued = serializers.IntegerField()


class ChangeOfStateSerializer(serializers.Serializer[Any]):
    """The state after pause, resume or stop, and how many calls are still under way."""

    status = serializers.CharField()
    in_flight = serializers.IntegerField()


class HourSerializer(serializers.Serializer[Any]):
    """One hour of calling."""

    hour = serializers.DateTimeField()
    calls = serializers.IntegerField()
    answered = serializers.IntegerField()
    completed = serializers.IntegerField()


class LimitSerializer(serializers.Serializer[Any]):
    """What keeps a running campaign from calling more people now; `until` when it lets go by itself, if known."""

    code = serializers.CharField()
    text = serializers.CharField()
    until = serializers.DateTimeField(allow_null=True)


class StatsSerializer(serializers.Serializer[Any]):
    """The statistics of a campaign."""

    campaign_id = serializers.UUIDField()
    job_status_counts = CountsField()
    calls_by_outcome = CountsField()
    in_flight = serializers.IntegerField()
    answer_rate = serializers.FloatField()
    average_duration_seconds = serializers.FloatField()
    minutes = serializers.FloatField()
    cost = serializers.CharField()
    by_hour = HourSerializer(many=True)
    limited_by = LimitSerializer(allow_null=True)


class SuppressionSerializer(RecordSerializer):
    """An entry of the do-not-call list."""

    phone_number = serializers.CharField(max_length=64)
    campaign_id = serializers.UUIDField(required=False, allow_null=True)

    class Meta:
        model = Suppression
        fields = ("id", "phone_number", "reason", "source", "scope", "campaign_id", "created_at", "updated_at")
        read_only_fields = ("id", "scope", "created_at", "updated_at")
