"""Forms of the settings pages."""

import zoneinfo
from typing import Any

from django import forms
from django.contrib.auth import password_validation

from accounts.models import Role, Tenant, User
from accounts.webhooks import EVENTS

_CAPS = {
    "per_day": "Calls to one number a day",
    "per_24h": "Calls to one number in 24 hours",
    "per_30_days": "Calls to one number in 30 days",
    "min_gap_minutes": "Minutes between two calls to one number",
}


class AccountForm(forms.Form):
    """A person's own name and password."""

    name = forms.CharField(max_length=150, label="Name")
    current_password = forms.CharField(required=False, widget=forms.PasswordInput, label="Current password")
    new_password = forms.CharField(
        required=False,
        widget=forms.PasswordInput,
        label="New password",
        help_text="At least 8 characters. Empty keeps the present one.",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        """A new password needs the current one."""
        cleaned = super().clean() or {}
        if new := cleaned.get("new_password"):
            if not self.user.check_password(cleaned.get("current_password", "")):
                self.add_error("current_password", "This is not your current password.")
            try:
                password_validation.validate_password(new, self.user)
            except forms.ValidationError as error:
                self.add_error("new_password", error)
        return cleaned


class WorkspaceForm(forms.Form):
    """The workspace's settings."""

    business_name = forms.CharField(max_length=200, label="Business name", help_text="Said to people who are called.")
    timezone = forms.ChoiceField(
        choices=lambda: [(z, z.replace("_", " ")) for z in sorted(zoneinfo.available_timezones())], label="Time zone"
    )
    default_region = forms.CharField(
        min_length=2,
        max_length=2,
        label="Region",
        help_text="Two letters. Numbers without a country code are read as of here.",
    )
    notification_emails = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Notify",
        help_text="Email addresses that hear of each new web lead, one a line.",
    )
    auto_enrich = forms.BooleanField(required=False, label="Enrich each new contact")
    per_day = forms.IntegerField(min_value=0, max_value=10_000, label=_CAPS["per_day"])
    per_24h = forms.IntegerField(min_value=0, max_value=10_000, label=_CAPS["per_24h"])
    per_30_days = forms.IntegerField(min_value=0, max_value=10_000, label=_CAPS["per_30_days"])
    min_gap_minutes = forms.IntegerField(min_value=0, max_value=10_000, label=_CAPS["min_gap_minutes"])
    reason = forms.CharField(
        required=False, max_length=1000, label="Reason", help_text="Needed to loosen a cap; kept in the audit trail."
    )

    @classmethod
    def values_of(cls, tenant: Tenant) -> dict[str, Any]:
        """Initial values."""
        return {
            "business_name": tenant.name,
            "timezone": tenant.timezone,
            "default_region": tenant.default_region,
            "notification_emails": "\n".join(tenant.notification_emails),
            "auto_enrich": tenant.auto_enrich,
            **tenant.number_caps,
        }

    def clean_notification_emails(self) -> list[str]:
        """One address a line."""
        field = forms.EmailField()
        lines = self.cleaned_data["notification_emails"].replace(",", "\n").splitlines()
        return [field.clean(line.strip()) for line in lines if line.strip()]

    def changes(self) -> dict[str, Any]:
        """The cleaned values as `update_settings` takes them."""
        data = self.cleaned_data
        plain = ("timezone", "default_region", "notification_emails", "auto_enrich")
        caps = {name: data[name] for name in _CAPS}
        return {"name": data["business_name"], "number_caps": caps, **{f: data[f] for f in plain}}


class PersonForm(forms.Form):
    """A person of the workspace, for admins."""

    name = forms.CharField(max_length=150, label="Name")
    email = forms.EmailField(max_length=254, label="Email")
    role = forms.ChoiceField(choices=Role.choices, label="Role")
    is_active = forms.BooleanField(required=False, initial=True, label="May sign in")
    password = forms.CharField(
        required=False,
        min_length=8,
        widget=forms.PasswordInput,
        label="New password",
        help_text="At least 8 characters. Empty keeps the present one.",
    )


class ApiKeyForm(forms.Form):
    """A new API key."""

    name = forms.CharField(max_length=100, label="Name", help_text="Who will use it.")
    role = forms.ChoiceField(choices=Role.choices, label="Role")
    expires_at = forms.DateTimeField(
        required=False, label="Expires", widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )


class WebhookForm(forms.Form):
    """A new webhook endpoint."""

    url = forms.URLField(max_length=500, assume_scheme="https", label="Address", help_text="A public https address.")
    description = forms.CharField(required=False, max_length=200, label="What it is for")
    events = forms.MultipleChoiceField(
        required=False,
        choices=[(name, name) for name in EVENTS],
        widget=forms.CheckboxSelectMultiple,
        label="Events",
        help_text="None ticked means all of them.",
    )


class GrantForm(forms.Form):
    """Credits to add."""

    amount = forms.IntegerField(min_value=1, max_value=1_000_000_000, label="Credits")
    note = forms.CharField(required=False, max_length=300, label="Note")
