"""How enrichment looks in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.serializers import FieldsMixin
from enrichment.models import EnrichmentRun, EnrichmentStep, ProviderSetting
from enrichment.providers import PROVIDERS

OUTCOMES = ["found", "not_found", "failed", "skipped"]


@extend_schema_field(
    {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["name", "outcome", "credits", "fields", "reason", "detail", "cached"],
            "properties": {
                "name": {"type": "string"},
                "outcome": {"type": "string", "enum": OUTCOMES},
                "credits": {"type": "integer"},
                "fields": {"type": "array", "items": {"type": "string"}},
                "reason": {"type": "string", "description": "Why there is no finding, more finely than `outcome`."},
                "detail": {"type": "string"},
                "cached": {"type": "boolean"},
            },
        },
    }
)
class StepsField(serializers.ReadOnlyField):
    """The steps of a run in order; one that is being asked right now is not shown yet."""

    def to_representation(self, value: Any) -> list[dict[str, Any]]:
        return [_step(s) for s in value.all() if s.outcome != EnrichmentStep.Outcome.ASKING]


def _step(step: EnrichmentStep) -> dict[str, Any]:
    plain = step.outcome in ("found", "not_found", "skipped")
    return {
        "name": step.provider,
        "outcome": step.outcome if plain else "failed",
        "credits": step.credits,
        "fields": list(step.fields),
        "reason": step.outcome,
        "detail": step.detail,
        "cached": step.cached,
    }


class RunSerializer(FieldsMixin, serializers.ModelSerializer[EnrichmentRun]):
    """One pass of the waterfall over a contact; `cached` when every answer was remembered and nothing was paid."""

    steps = StepsField()

    class Meta:
        model = EnrichmentRun
        fields = (
            "id",
            "contact_id",
            "status",
            "trigger",
            "cached",
            "credits",
            "error",
            "steps",
            "created_at",
            "completed_at",
            "undone_at",
        )
        read_only_fields = fields


class QueuedRunSerializer(serializers.ModelSerializer[EnrichmentRun]):
    """The run that was queued, or the one that already waits."""

    class Meta:
        model = EnrichmentRun
        fields = ("id", "status")
        read_only_fields = fields


class ProviderSerializer(FieldsMixin, serializers.ModelSerializer[ProviderSetting]):
    """One provider of the waterfall."""

    name = serializers.CharField(source="provider", read_only=True)
    configured = serializers.SerializerMethodField()

    class Meta:
        model = ProviderSetting
        fields = ("name", "cost_credits", "configured", "enabled")
        read_only_fields = fields

    def get_fields(self) -> dict[str, Any]:
        """Add the member that cannot be declared, because a serializer has an attribute of that name."""
        extra = {"fields": serializers.SerializerMethodField(method_name="get_known_fields")}
        return {**super().get_fields(), **extra}

    def get_configured(self, setting: ProviderSetting) -> bool:
        """Whether it has the key it needs."""
        return bool(setting.api_key) or not PROVIDERS[setting.provider].needs_key

    def get_known_fields(self, setting: ProviderSetting) -> list[str]:
        """What it can find."""
        return list(PROVIDERS[setting.provider].fields)
