"""How identity looks in the API."""

from typing import Any

from rest_framework import serializers

from accounts import ledger
from accounts.models import ApiKey, LedgerAccount, Role, Tenant, User
from core.serializers import RecordSerializer, StrictSerializer


class SignInSerializer(StrictSerializer):
    """Credentials."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class RefreshSerializer(StrictSerializer):
    """A refresh token."""

    refresh = serializers.CharField(max_length=4000)


class TokenPairSerializer(serializers.Serializer[Any]):
    """Access and refresh token; `expires_in` is the access token's life in seconds."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    expires_in = serializers.IntegerField()


class MeSerializer(serializers.Serializer[Any]):
    """The caller, and what their workspace has left."""

    id = serializers.UUIDField()
    email = serializers.CharField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    tenant_id = serializers.UUIDField()
    business_name = serializers.CharField(source="tenant.name")
    minutes_remaining = serializers.SerializerMethodField()
    credits_remaining = serializers.SerializerMethodField()

    def get_minutes_remaining(self, actor: Any) -> int:
        """Call minutes that are neither spent nor held."""
        return ledger.available(LedgerAccount.Kind.MINUTES)

    def get_credits_remaining(self, actor: Any) -> int:
        """Credits that are neither spent nor held."""
        return ledger.available(LedgerAccount.Kind.CREDITS)


class UserSerializer(RecordSerializer):
    """A person of the workspace."""

    password = serializers.CharField(write_only=True, required=False, min_length=8, max_length=1000)

    class Meta:
        model = User
        fields = (
            "id",
            "email",
            "name",
            "role",
            "is_active",
            "password",
            "last_login",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("id", "last_login", "created_at", "updated_at")


class SettingsSerializer(StrictSerializer):
    """The workspace's settings."""

    business_name = serializers.CharField(source="name", max_length=200)
    timezone = serializers.CharField(max_length=64)
    default_region = serializers.CharField(min_length=2, max_length=2)
    notification_emails = serializers.ListField(child=serializers.EmailField(), max_length=20)
    auto_enrich = serializers.BooleanField()
    number_caps = serializers.DictField(child=serializers.IntegerField())
    reason = serializers.CharField(write_only=True, required=False, max_length=1000)
    form_key = serializers.CharField(read_only=True)

    class Meta:
        model = Tenant


class ApiKeySerializer(RecordSerializer):
    """An API key without its secret."""

    class Meta:
        model = ApiKey
        fields = ("id", "name", "prefix", "role", "last_used_at", "expires_at", "created_at")
        read_only_fields = ("id", "prefix", "last_used_at", "created_at")


class NewApiKeySerializer(ApiKeySerializer):
    """An API key at its making: the only time `key` is shown."""

    key = serializers.CharField(read_only=True)

    class Meta(ApiKeySerializer.Meta):
        fields = (*ApiKeySerializer.Meta.fields, "key")  # type: ignore[assignment]
