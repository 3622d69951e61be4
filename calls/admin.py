"""Calls in the Django admin: to look things up; what is done about a call is done on its page."""

from django.contrib import admin

from accounts.models import Role
from accounts.tenant_admin import ReadOnlyAdmin, TenantAdmin
from calls.models import Call, CallerNumber, CallEvent, Conversation, ProviderAccount, Recording


@admin.register(Call)
class CallAdmin(ReadOnlyAdmin):
    """Every attempt, with the dialler's own state."""

    list_display = (
        "phone_number",
        "campaign",
        "attempt",
        "status",
        "outcome",
        "disposition",
        "duration_seconds",
        "cost",
        "started_at",
    )
    list_filter = ("status", "outcome", "answered_by", "disposition", "provider", "dial_state")
    list_select_related = ("campaign",)
    search_fields = ("phone_number", "provider_call_id", "summary")
    exclude = ("callback_token",)
    date_hierarchy = "created_at"


@admin.register(CallEvent)
class CallEventAdmin(ReadOnlyAdmin):
    """What providers reported, as it came."""

    list_display = ("kind", "provider", "call", "event_key", "received_at")
    list_filter = ("provider", "kind")
    list_select_related = ("call",)
    search_fields = ("event_key", "call__phone_number")


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    """What was said."""

    list_display = ("call", "status", "created_at")
    list_select_related = ("call",)
    search_fields = ("transcript", "call__phone_number")


@admin.register(Recording)
class RecordingAdmin(ReadOnlyAdmin):
    """The sound of calls, and where it could not be fetched."""

    list_display = ("call", "status", "duration_seconds", "size_bytes", "error", "created_at")
    list_filter = ("status",)
    list_select_related = ("call",)
    search_fields = ("call__phone_number", "provider_recording_id")
    exclude = ("provider_url",)


@admin.register(CallerNumber)
class CallerNumberAdmin(TenantAdmin):
    """Numbers calls are made from, and how much each may be used."""

    list_display = ("phone_number", "label", "calls_per_day", "calls_per_hour", "calls_at_once", "is_active")
    list_filter = ("is_active",)
    search_fields = ("phone_number", "label")


@admin.register(ProviderAccount)
class ProviderAccountAdmin(ReadOnlyAdmin):
    """The workspace's own accounts at voice providers; they are changed, and tried, on their settings page."""

    role = Role.ADMIN
    list_display = ("provider", "account_name", "verified_at", "updated_at")
    exclude = ("credentials",)
