"""Forms of the contact pages. Rules live in the services; a form shows what they refuse at its field."""

from typing import Any

from django import forms

from accounts.models import User
from contacts.custom_fields import field_kinds, read_value
from contacts.models import Contact, CustomField
from core.problems import DomainError, InvalidInput


class ContactForm(forms.Form):
    """Everything people set in a contact, with the workspace's custom fields."""

    first_name = forms.CharField(max_length=128, required=False)
    last_name = forms.CharField(max_length=128, required=False)
    email = forms.CharField(max_length=256, required=False, widget=forms.EmailInput)
    phone_number = forms.CharField(
        label="Phone", max_length=64, required=False, widget=forms.TextInput({"type": "tel"})
    )
    company = forms.CharField(max_length=200, required=False)
    title = forms.CharField(label="Job title", max_length=200, required=False)
    status = forms.ChoiceField(choices=Contact.Status.choices, initial="lead")
    owner: Any = forms.ModelChoiceField(queryset=None, required=False, empty_label="Nobody")
    tags = forms.CharField(required=False, max_length=2000, help_text="Separated by commas.")
    timezone = forms.CharField(
        label="Time zone", max_length=64, required=False, help_text="Only if it differs from the phone number's."
    )
    notes = forms.CharField(label="About", max_length=20_000, required=False, widget=forms.Textarea({"rows": 4}))

    def __init__(self, *args: Any, contact: Contact | None = None, **kwargs: Any) -> None:
        if contact is not None:
            kwargs.setdefault("initial", self._initial(contact))
        super().__init__(*args, **kwargs)
        self.contact = contact
        self.kinds = field_kinds()
        owner: Any = self.fields["owner"]
        owner.queryset = User.objects.filter(is_active=True)
        for key, kind in self.kinds.items():
            self.fields[f"custom_{key}"] = _custom_control(kind, (contact.custom_fields if contact else {}).get(key))

    @staticmethod
    def _initial(contact: Contact) -> dict[str, Any]:
        names = ("first_name", "last_name", "email", "phone_number", "company", "title", "status", "timezone", "notes")
        return {name: getattr(contact, name) for name in names} | {
            "owner": contact.owner_id,
            "tags": ", ".join(contact.tags),
        }

    @property
    def custom_controls(self) -> list[Any]:
        """The bound controls of the custom fields."""
        return [self[f"custom_{key}"] for key in self.kinds]

    def clean_tags(self) -> list[str]:
        """The tags as a list."""
        return [tag for tag in self.cleaned_data["tags"].split(",") if tag.strip()]

    def clean(self) -> dict[str, Any]:
        """Read the custom fields as their types and gather them."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        custom = dict(self.contact.custom_fields) if self.contact else {}
        for key, kind in self.kinds.items():
            text = str(data.pop(f"custom_{key}", "") or "")
            try:
                value = read_value(kind, text, key)
            except InvalidInput as error:
                self.add_error(f"custom_{key}", error.detail)
                continue
            if value is None:
                custom.pop(key, None)
            else:
                custom[key] = value
        data["custom_fields"] = custom
        return data

    def show(self, error: DomainError) -> None:
        """Put a service's refusal at the field it speaks of."""
        items = error.extra.get("errors") or [{"field": None, "detail": error.detail}]
        for item in items:
            name = item["field"] if item["field"] in self.fields else None
            self.add_error(name, item["detail"])


def _custom_control(kind: CustomField, value: Any) -> forms.Field:
    shown = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
    options: dict[str, Any] = {"label": kind.label, "required": False, "initial": shown}
    if kind.kind == CustomField.Kind.CHOICE:
        return forms.ChoiceField(choices=[("", "—"), *((c, c) for c in kind.choices)], **options)
    if kind.kind == CustomField.Kind.BOOLEAN:
        return forms.ChoiceField(choices=[("", "—"), ("yes", "Yes"), ("no", "No")], **options)
    kinds = {CustomField.Kind.DATE: "date", CustomField.Kind.NUMBER: "text"}
    return forms.CharField(max_length=2000, widget=forms.TextInput({"type": kinds.get(kind.kind, "text")}), **options)  # type: ignore[call-overload]


class UploadForm(forms.Form):
    """A file to import."""

    file = forms.FileField(allow_empty_file=True)
