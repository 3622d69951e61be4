"""What may stand in a contact: one place cleans and checks it for the API, the pages, imports and merges."""

import math
import re
from typing import Any, TypedDict

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.models import Tenant, User
from contacts.custom_fields import check_types
from contacts.tags import register_tags
from core.phones import InvalidPhone, parse_phone
from core.problems import InvalidInput

LINES = {"first_name": 128, "last_name": 128, "company": 200, "title": 200, "timezone": 64}
MAX_NOTES = 20_000
MAX_CUSTOM_FIELDS = 200
MAX_CUSTOM_TEXT = 2_000
NOT_IN_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069]")
DEFAULTS: dict[str, Any] = {
    "first_name": "",
    "last_name": "",
    "email": None,
    "phone_number": None,
    "company": "",
    "title": "",
    "status": "lead",
    "tags": [],
    "notes": "",
    "custom_fields": {},
    "owner": None,
}


class ContactValues(TypedDict, total=False):
    """The fields of a contact that people and integrations set, as they come in."""

    first_name: str
    last_name: str
    email: str | None
    phone_number: str | None
    company: str
    title: str
    status: str
    tags: list[str]
    notes: str
    custom_fields: dict[str, Any]
    owner: User | None
    timezone: str


def default_region() -> str:
    """The country assumed for numbers written without one."""
    return str(Tenant.objects.values_list("default_region", flat=True).get())


def clean_line(value: str, field: str) -> str:
    """One line of text: trimmed, without control and direction-override characters, within its length."""
    text = " ".join(value.split())
    if NOT_IN_TEXT.search(text):
        raise InvalidInput(
            "This text holds a character that is not allowed.", field=field, field_code="invalid_character"
        )
    if len(text) > LINES[field]:
        raise InvalidInput(f"This has at most {LINES[field]} characters.", field=field, field_code="max_length")
    return text


def clean_email(value: str | None) -> str | None:
    """A trimmed email address, or None for a blank one."""
    text = (value or "").strip()
    if not text:
        return None
    try:
        validate_email(text)
    except ValidationError:
        raise InvalidInput("Enter a valid email address.", field="email") from None
    if len(text) > 256:
        raise InvalidInput("This has at most 256 characters.", field="email", field_code="max_length")
    return text


def clean_phone(value: str | None, region: str = "") -> str | None:
    """A number in E.164, or None for a blank one."""
    text = (value or "").strip()
    if not text:
        return None
    try:  # a number that names its country does not ask for the workspace's
        return parse_phone(text, region=region or ("" if text.startswith("+") else default_region())).e164
    except InvalidPhone as error:
        raise InvalidInput(error.reason, field="phone_number", field_code=error.code) from None


def clean_custom_fields(values: Any) -> dict[str, Any]:
    """A flat object of texts, numbers, yes/no and null under short keys."""
    if not isinstance(values, dict):
        raise InvalidInput("custom_fields is a flat object.", field="custom_fields")
    if len(values) > MAX_CUSTOM_FIELDS:
        raise InvalidInput(f"At most {MAX_CUSTOM_FIELDS} custom fields.", field="custom_fields")
    for key, value in values.items():
        name = f"custom_fields.{str(key)[:60]}"
        if not isinstance(key, str) or not key.strip() or len(key) > 60 or NOT_IN_TEXT.search(key):
            raise InvalidInput("The name of a custom field has 1 to 60 characters.", field=name)
        if isinstance(value, dict | list):
            raise InvalidInput("custom_fields is flat: no lists or objects inside.", field=name)
        if isinstance(value, str) and (len(value) > MAX_CUSTOM_TEXT or "\x00" in value):
            raise InvalidInput(f"A custom field has at most {MAX_CUSTOM_TEXT} characters.", field=name)
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidInput("This is not a number.", field=name)
    return dict(values)


def clean_values(values: ContactValues) -> dict[str, Any]:
    """Clean every given value and register its tags; raises InvalidInput naming the field."""
    clean: dict[str, Any] = dict(values)
    for field in LINES.keys() & clean.keys():
        clean[field] = clean_line(clean[field] or "", field)
    if "email" in values:
        clean["email"] = clean_email(values["email"])
    if "phone_number" in values:
        clean["phone_number"] = clean_phone(values["phone_number"])
    if "notes" in values:
        clean["notes"] = (values["notes"] or "").strip()
        if len(clean["notes"]) > MAX_NOTES or "\x00" in clean["notes"]:
            raise InvalidInput(f"This has at most {MAX_NOTES:,} characters.", field="notes", field_code="max_length")
    if "custom_fields" in values:
        clean["custom_fields"] = check_types(clean_custom_fields(values["custom_fields"]))
    if "tags" in values:
        clean["tags"] = register_tags(values["tags"])
    return clean


def check_reachable(email: str | None, phone_number: str | None) -> None:
    """Raise InvalidInput when a contact would have neither an email nor a phone number."""
    if not email and not phone_number:
        raise InvalidInput("An email address or a phone number is required.", field="email", field_code="required")
