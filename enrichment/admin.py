"""Enrichment in the Django admin."""

from django.contrib import admin

from accounts.models import Role
from accounts.tenant_admin import ReadOnlyAdmin, TenantAdmin
from enrichment.models import (
    CachedAnswer,
    EnrichmentBatch,
    EnrichmentPolicy,
    EnrichmentRun,
    EnrichmentStep,
    ProviderDay,
    ProviderSetting,
)


@admin.register(ProviderSetting)
class ProviderSettingAdmin(TenantAdmin):
    """Providers; keys are set on the settings page, which tries them."""

    role = Role.ADMIN
    list_display = ("provider", "position", "enabled", "cost_credits", "failures", "paused_until")
    list_filter = ("enabled",)
    fields = ("provider", "position", "enabled", "cost_credits", "paused_until", "paused_reason")


@admin.register(EnrichmentPolicy)
class EnrichmentPolicyAdmin(TenantAdmin):
    """Budget, alarm and refreshing."""

    role = Role.ADMIN
    list_display = ("monthly_budget", "alarm_percent", "refresh_after_days", "buy_next_numbers")


@admin.register(EnrichmentRun)
class EnrichmentRunAdmin(ReadOnlyAdmin):
    """Runs."""

    list_display = ("created_at", "contact", "trigger", "status", "credits", "cached", "error")
    list_filter = ("status", "trigger", "cached")
    list_select_related = ("contact",)


@admin.register(EnrichmentStep)
class EnrichmentStepAdmin(ReadOnlyAdmin):
    """Steps of runs."""

    list_display = ("created_at", "provider", "outcome", "credits", "cached", "detail")
    list_filter = ("provider", "outcome")


@admin.register(EnrichmentBatch)
class EnrichmentBatchAdmin(ReadOnlyAdmin):
    """Batches."""

    list_display = ("created_at", "status", "trigger", "total", "created_by")
    list_filter = ("status",)
    list_select_related = ("created_by",)


@admin.register(ProviderDay)
class ProviderDayAdmin(ReadOnlyAdmin):
    """Figures by provider and day."""

    list_display = ("day", "provider", "asked", "found", "failed", "cached", "credits")
    list_filter = ("provider",)


@admin.register(CachedAnswer)
class CachedAnswerAdmin(ReadOnlyAdmin):
    """Remembered answers, by hash of the question."""

    list_display = ("provider", "outcome", "expires_at")
    list_filter = ("provider", "outcome")
