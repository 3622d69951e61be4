"""Forms of the lead pages."""

import datetime as dt
import zoneinfo
from typing import Any

from django import forms

from accounts.models import User
from leads.local_time import moment_there
from leads.models import IntakeSettings, Lead, Task


def people() -> list[tuple[str, str]]:
    """Active colleagues as choices."""
    return [(str(u.pk), str(u)) for u in User.objects.filter(is_active=True).order_by("name", "email")]


def people_or_nobody() -> list[tuple[str, str]]:
    """Active colleagues, and nobody."""
    return [("", "Nobody"), *people()]


class LeadForm(forms.Form):
    """A lead, by hand."""

    first_name = forms.CharField(max_length=128, required=False, label="First name")
    last_name = forms.CharField(max_length=128, required=False, label="Last name")
    email = forms.EmailField(max_length=256, required=False, label="Email")
    phone_number = forms.CharField(
        max_length=64, required=False, label="Phone", widget=forms.TextInput(attrs={"type": "tel"})
    )
    company = forms.CharField(max_length=200, required=False, label="Company")
    source = forms.CharField(max_length=60, required=False, label="Source", help_text="Where the lead came from.")
    owner_id = forms.ChoiceField(choices=people_or_nobody, required=False, label="Owner")
    consent = forms.BooleanField(required=False, label="Agreed to be called")

    def clean(self) -> dict[str, Any]:
        """One way to reach the person is needed."""
        cleaned = super().clean() or {}
        if not cleaned.get("email") and not cleaned.get("phone_number") and not self.errors:
            raise forms.ValidationError("An email or a phone number is needed, so that the person can be reached.")
        cleaned["owner_id"] = cleaned.get("owner_id") or None
        return cleaned

    @classmethod
    def values_of(cls, lead: Lead) -> dict[str, Any]:
        """A lead's values as the form shows them."""
        return {name: getattr(lead, name) for name in cls.base_fields}


class TaskForm(forms.Form):
    """Something to do by a time; the time is meant in `zone`."""

    kind = forms.ChoiceField(choices=Task.Kind.choices, label="What")
    title = forms.CharField(max_length=200, required=False, label="About", help_text="Empty takes the person's name.")
    due_at = forms.CharField(label="When", widget=forms.TextInput(attrs={"type": "datetime-local"}))
    owner_id = forms.ChoiceField(choices=people, required=False, label="Who")

    def __init__(self, *args: Any, zone: zoneinfo.ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    def clean_due_at(self) -> dt.datetime:
        """The typed wall-clock time, in the zone it is meant in."""
        try:
            return moment_there(self.cleaned_data["due_at"], self.zone)
        except ValueError:
            raise forms.ValidationError("Give a day and a time.") from None


class IntakeSettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """The public form's texts, fields and what follows."""

    assignees = forms.MultipleChoiceField(
        choices=people, required=False, label="Whose turn", widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = IntakeSettings
        fields = (
            "title",
            "intro",
            "button",
            "thanks",
            "shows_phone",
            "requires_phone",
            "shows_company",
            "shows_message",
            "shows_resume",
            "consent_wording",
            "confirms_by_email",
            "assignment",
            "answer_within_minutes",
        )
        labels = {
            "shows_phone": "Ask for a phone number",
            "requires_phone": "A phone number is required",
            "shows_company": "Ask for the company",
            "shows_message": "Ask for a message",
            "shows_resume": "Take a file",
            "consent_wording": "Consent to calls",
            "confirms_by_email": "Confirm by email to the sender",
            "assignment": "New leads",
            "answer_within_minutes": "Answer within (minutes)",
        }
        help_texts = {
            "thanks": "Shown after sending, and in the confirmation mail.",
            "consent_wording": "Each consent is kept with the exact wording. Empty asks for none.",
            "answer_within_minutes": "The clock of a new lead turns red after this.",
        }
        widgets = {
            "intro": forms.Textarea(attrs={"rows": 2}),
            "thanks": forms.Textarea(attrs={"rows": 2}),
            "consent_wording": forms.Textarea(attrs={"rows": 3}),
        }

    def changes(self) -> dict[str, Any]:
        """The cleaned values as `update_intake_settings` takes them."""
        data = dict(self.cleaned_data)
        data["assignee_ids"] = data.pop("assignees")
        return data


class PublicForm(forms.Form):
    """The hosted form; which fields it has is the workspace's choice."""

    first_name = forms.CharField(max_length=128, label="First name")
    last_name = forms.CharField(max_length=128, label="Last name")
    email = forms.EmailField(max_length=256, label="Email")
    phone_number = forms.CharField(
        max_length=64, required=False, label="Phone", widget=forms.TextInput(attrs={"type": "tel"})
    )
    company = forms.CharField(max_length=200, required=False, label="Company")
    message = forms.CharField(
        max_length=20_000, required=False, label="Message", widget=forms.Textarea(attrs={"rows": 4})
    )
    resume = forms.FileField(
        required=False, label="File", help_text="PDF, DOC, DOCX, ODT, RTF or TXT, up to 10 MB.", allow_empty_file=True
    )
    consent = forms.BooleanField(required=False)

    def __init__(self, *args: Any, settings: IntakeSettings, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown = {"phone_number": settings.shows_phone, "company": settings.shows_company}
        shown |= {"message": settings.shows_message, "resume": settings.shows_resume}
        shown |= {"consent": bool(settings.consent_wording.strip())}
        for name in [n for n, is_shown in shown.items() if not is_shown]:
            del self.fields[name]
        if settings.shows_phone and settings.requires_phone:
            self.fields["phone_number"].required = True
        self.phone_is_optional = not settings.requires_phone
        if "consent" in self.fields:
            self.fields["consent"].label = settings.consent_wording
        for name, hint in (("first_name", "given-name"), ("last_name", "family-name"), ("email", "email")):
            self.fields[name].widget.attrs["autocomplete"] = hint
