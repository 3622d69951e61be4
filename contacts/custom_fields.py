"""Typed custom fields: defined by admins, filled by people, imports and the API."""

import datetime as dt
import re
from typing import Any

from accounts import audit
from accounts.permissions import require_role
from accounts.principals import Actor
from contacts.models import CustomField
from contacts.targets import slug
from core.problems import DomainError, InvalidInput

_TRUE = frozenset(("yes", "y", "true", "1", "x", "ja", "oui", "si", "sí", "on"))
_FALSE = frozenset(("no", "n", "false", "0", "nein", "non", "off"))
_DATES = ("%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%d-%m-%Y")
KEY = re.compile(r"[a-z][a-z0-9_]{0,49}")


class DuplicateField(DomainError):
    """The workspace already has a custom field with this key."""

    code = "duplicate_custom_field"
    title = "There is already a custom field with this name."


def field_kinds() -> dict[str, CustomField]:
    """The workspace's custom fields by key."""
    return {field.key: field for field in CustomField.objects.all()}


def _refuse(key: str, detail: str) -> InvalidInput:
    return InvalidInput(detail, field=f"custom_fields.{key}")


def read_value(field: CustomField | None, text: str, key: str) -> Any:
    """A cell or form text as the field's type; a field that is not defined keeps the text. Raises InvalidInput."""
    text = text.strip()
    if field is None or field.kind == CustomField.Kind.TEXT or not text:
        return text or None
    if field.kind == CustomField.Kind.NUMBER:
        return _number(text, key, field)
    if field.kind == CustomField.Kind.DATE:
        return _date(text, key, field)
    if field.kind == CustomField.Kind.BOOLEAN:
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise _refuse(key, f"{field.label} takes yes or no.")
    for choice in field.choices:
        if choice.lower() == text.lower():
            return choice
    raise _refuse(key, f"{field.label} is one of {', '.join(field.choices)[:150]}.")


def _number(text: str, key: str, field: CustomField) -> int | float:
    plain = re.sub(r"[\s'$€£]", "", text)
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    try:
        number = float(plain)
    except ValueError:
        raise _refuse(key, f"{field.label} takes a number.") from None
    if not abs(number) < 1e15:
        raise _refuse(key, f"{field.label} takes a number below 10^15.")
    return int(number) if number.is_integer() else number


def _date(text: str, key: str, field: CustomField) -> str:
    for pattern in _DATES:
        try:
            return dt.datetime.strptime(text[:10], pattern).date().isoformat()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise _refuse(key, f"{field.label} takes a date such as 2026-11-21.")


def check_types(values: dict[str, Any]) -> dict[str, Any]:
    """Check values given as JSON against the defined fields; texts are read as their type. Raises InvalidInput."""
    if not values:
        return values
    kinds = field_kinds()
    checked = dict(values)
    for key, value in values.items():
        field = kinds.get(key)
        if field is None or value is None:
            continue
        if isinstance(value, str):
            checked[key] = read_value(field, value, key)
        elif field.kind == CustomField.Kind.BOOLEAN and isinstance(value, bool):
            continue
        elif field.kind != CustomField.Kind.NUMBER or isinstance(value, bool):
            raise _refuse(key, f"{field.label} does not take this value.")
    return checked


def create_custom_field(
    *, actor: Actor, label: str, kind: str = "text", choices: list[str] | None = None, key: str = ""
) -> CustomField:
    """Define a field (admins); raises DuplicateField or InvalidInput."""
    require_role(actor, "admin")
    key = key or slug(label)
    if not KEY.fullmatch(key):
        raise InvalidInput("A key is lower-case letters, digits and underscores.", field="key")
    options = [c.strip() for c in choices or [] if c.strip()]
    if kind == CustomField.Kind.CHOICE and not options:
        raise InvalidInput("A choice field needs its choices.", field="choices", field_code="required")
    made, new = CustomField.objects.get_or_create(
        key=key, defaults={"label": label.strip(), "kind": kind, "choices": options, "position": _next_position()}
    )
    if not new:
        raise DuplicateField
    audit.record(actor=actor, action="custom_field.created", record=made, key=key)
    made.refresh_from_db()
    return made  # type: ignore[no-any-return]


def ensure_fields(labels: dict[str, str]) -> None:
    """Define the text fields an import brings along; those that exist are left as they are."""
    position = _next_position()
    CustomField.objects.bulk_create(
        [
            CustomField(key=key[:60], label=label[:100] or key, position=position + i)
            for i, (key, label) in enumerate(labels.items())
        ],
        ignore_conflicts=True,
    )


def _next_position() -> int:
    last = CustomField.objects.order_by("-position").values_list("position", flat=True).first()
    return 0 if last is None else last + 1


def update_custom_field(*, actor: Actor, field: CustomField, **changes: Any) -> CustomField:
    """Change label, choices or position of a field (admins); its key and kind never change."""
    require_role(actor, "admin")
    if changes.get("key", field.key) != field.key or changes.get("kind", field.kind) != field.kind:
        raise InvalidInput("Key and kind of a field cannot be changed.", field="kind", field_code="read_only")
    for name in ("label", "choices", "position"):
        if name in changes:
            setattr(field, name, changes[name])
    field.save()
    audit.record(actor=actor, action="custom_field.updated", record=field, fields=sorted(changes))
    field.refresh_from_db()
    return field


def delete_custom_field(*, actor: Actor, field: CustomField) -> None:
    """Remove a definition (admins); values that contacts hold stay with them."""
    require_role(actor, "admin")
    audit.record(actor=actor, action="custom_field.deleted", record=field, key=field.key)
    CustomField.objects.filter(pk=field.pk).delete()
