"""Campaigns in the Django admin."""

from django.contrib import admin

from accounts.tenant_admin import ReadOnlyAdmin, TenantAdmin
from campaigns.models import (
    Campaign,
    CampaignLead,
    Consent,
    DialGate,
    LeadBatch,
    PromptVersion,
    ProviderGate,
    Suppression,
    WhyEntry,
)


@admin.register(Campaign)
class CampaignAdmin(TenantAdmin):
    """Settings of campaigns; states are changed on the campaign's page, where the rules are."""

    list_display = ("name", "status", "provider", "max_concurrent_calls", "budget", "started_at", "created_at")
    list_filter = ("status", "provider", "consent_policy")
    search_fields = ("name", "description")
    readonly_fields = ("status", "pause_reason", "pause_detail", "cap_high_water", "started_at", "completed_at")


@admin.register(CampaignLead)
class CampaignLeadAdmin(ReadOnlyAdmin):
    """Who is in which campaign, and how they stand."""

    list_display = ("phone_number", "first_name", "last_name", "campaign", "status", "status_reason", "attempts")
    list_filter = ("status", "last_outcome")
    list_select_related = ("campaign",)
    search_fields = ("phone_number", "first_name", "last_name")


@admin.register(Suppression)
class SuppressionAdmin(ReadOnlyAdmin):
    """Who must not be called; listed on the do-not-call page, where leads are closed in the same step."""

    list_display = ("phone_number", "scope", "campaign", "reason", "source", "created_at")
    list_filter = ("scope", "source")
    list_select_related = ("campaign",)
    search_fields = ("phone_number", "reason")


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    """Who agreed to what, by which words."""

    list_display = ("phone_number", "contact", "scope", "source", "given_at", "revoked_at")
    list_filter = ("scope", "source")
    list_select_related = ("contact",)
    search_fields = ("phone_number", "email", "contact__email")


@admin.register(WhyEntry)
class WhyEntryAdmin(ReadOnlyAdmin):
    """Why numbers were, or were not, called."""

    list_display = ("at", "phone_number", "rule", "allowed", "value", "campaign")
    list_filter = ("rule", "allowed")
    list_select_related = ("campaign",)
    search_fields = ("phone_number",)


@admin.register(LeadBatch)
class LeadBatchAdmin(ReadOnlyAdmin):
    """People added in bulk."""

    list_display = ("created_at", "campaign", "source", "status", "total", "added", "skipped", "refused")
    list_filter = ("status", "source")
    list_select_related = ("campaign",)


@admin.register(DialGate)
class DialGateAdmin(ReadOnlyAdmin):
    """The row that claims of a campaign queue on."""

    list_display = ("campaign", "updated_at")
    list_select_related = ("campaign",)


@admin.register(ProviderGate)
class ProviderGateAdmin(TenantAdmin):
    """The rate of a provider account."""

    list_display = ("provider", "calls_per_second", "tokens", "throttled_until")
    readonly_fields = ("tokens", "refilled_at", "throttled_until")


@admin.register(PromptVersion)
class PromptVersionAdmin(ReadOnlyAdmin):
    """What voices were told, version by version."""

    list_display = ("campaign", "number", "voice_id", "created_by", "created_at")
    list_select_related = ("campaign", "created_by")
