"""Workspace, people, keys, purses and the audit trail in the Django admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.forms import ReadOnlyPasswordHashField
from django.http import HttpRequest

from accounts import services
from accounts.models import (
    ApiKey,
    AuditEntry,
    LedgerAccount,
    LedgerEntry,
    Role,
    Tenant,
    User,
    WebhookDelivery,
    WebhookEndpoint,
)
from accounts.tenant_admin import ReadOnlyAdmin, TenantAdmin
from core.models import Email, OutboxMessage
from core.problems import DomainError


class UserForm(forms.ModelForm):  # type: ignore[type-arg]
    """A person; the password is changed by giving a new one."""

    password = ReadOnlyPasswordHashField()
    new_password = forms.CharField(required=False, min_length=8, widget=forms.PasswordInput(render_value=False))

    class Meta:
        model = User
        fields = ("email", "name", "role", "is_active", "password")

    def clean(self) -> dict[str, Any]:
        """Keep at least one active admin, and one person per email address."""
        cleaned = super().clean() or {}
        person = self.instance
        weaker = cleaned.get("role") != Role.ADMIN or not cleaned.get("is_active")
        others = User.objects.exclude(pk=person.pk)
        demoted = person.role == Role.ADMIN and not person._state.adding and weaker
        if demoted and not others.filter(role=Role.ADMIN, is_active=True).exists():
            raise forms.ValidationError(services.LastAdmin.title)
        if others.filter(email__iexact=cleaned.get("email", "")).exists():
            raise forms.ValidationError({"email": services.DuplicateUser.title})
        return cleaned


@admin.register(User)
class UserAdmin(TenantAdmin):
    """People; only admins see them."""

    role = Role.ADMIN
    form = UserForm
    list_display = ("email", "name", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("email", "name")
    fields = ("email", "name", "role", "is_active", "password", "new_password", "created_at", "updated_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        values = {f: form.cleaned_data[f] for f in ("email", "name", "role", "is_active")}
        password = form.cleaned_data["new_password"] or None
        try:
            if change:
                changed = services.update_user(actor=request.user, user=obj, password=password, **values)  # type: ignore[arg-type]
            else:
                changed = services.create_user(actor=request.user, password=password, **values)  # type: ignore[arg-type]
        except DomainError as error:
            self.message_user(request, error.detail, "error")
        else:
            obj.pk = changed.pk
            obj.refresh_from_db()


@admin.register(Tenant)
class TenantSettingsAdmin(TenantAdmin):
    """The workspace's own settings."""

    role = Role.ADMIN
    list_display = ("name", "timezone", "default_region", "auto_enrich")
    fields = ("name", "timezone", "default_region", "notification_emails", "auto_enrich", "max_concurrent_calls")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """API keys; made and ended on the settings page, which shows the whole key once."""

    role = Role.ADMIN
    list_display = ("name", "prefix", "role", "last_used_at", "expires_at", "revoked_at")
    list_filter = ("role",)


@admin.register(LedgerAccount)
class LedgerAccountAdmin(ReadOnlyAdmin):
    """Purses."""

    list_display = ("kind", "balance", "held", "updated_at")


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    """Every move of a purse."""

    list_display = ("created_at", "account", "kind", "amount", "held_delta", "reference", "note", "actor_name")
    list_filter = ("account__kind", "kind")
    search_fields = ("reference", "note", "key")
    list_select_related = ("account",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what."""

    list_display = ("at", "actor_name", "action", "object_type", "object_id")
    list_filter = ("action",)
    search_fields = ("actor_name", "object_id")


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    """Addresses that are told of events; made and removed on the settings page."""

    role = Role.ADMIN
    list_display = ("url", "description", "disabled_at", "failing_since", "created_at")
    exclude = ("secret",)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """What became of each event."""

    role = Role.ADMIN
    list_display = ("created_at", "endpoint", "event", "status", "attempts", "response_status", "error")
    list_filter = ("status", "event")
    list_select_related = ("endpoint",)


@admin.register(OutboxMessage)
class OutboxAdmin(ReadOnlyAdmin):
    """Promised effects: what waits, what failed and why."""

    role = Role.ADMIN
    list_display = ("created_at", "topic", "attempts", "run_at", "done_at", "failed_at", "last_error")
    list_filter = ("topic",)


@admin.register(Email)
class EmailAdmin(ReadOnlyAdmin):
    """Mails owed and sent; a failed one is sent again on the settings page."""

    role = Role.ADMIN
    list_display = ("created_at", "kind", "subject", "status", "failure", "attempts", "sent_at")
    list_filter = ("status", "failure", "kind")
    search_fields = ("subject", "message_id")
