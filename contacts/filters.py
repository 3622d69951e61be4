"""The filters of the contact list, for the API and the page alike."""

import datetime as dt
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.dateparse import parse_date, parse_datetime
from django_filters import filters, filterset

from contacts.custom_fields import field_kinds, read_value
from contacts.models import Contact
from contacts.search import narrow
from contacts.tags import resolve_tags
from contacts.values import default_region
from core.phones import InvalidPhone, parse_phone
from core.problems import InvalidInput


class MomentField(forms.Field):
    """An ISO 8601 date or time; without a zone it is UTC."""

    def to_python(self, value: Any) -> dt.datetime | None:
        if value in self.empty_values:
            return None
        text = str(value).strip().replace(" ", "+") if "T" in str(value) else str(value).strip()
        try:
            moment = parse_datetime(text)
            if moment is None and (day := parse_date(text)):
                moment = dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
            if moment is None:
                raise ValueError(text)
            return moment.replace(tzinfo=moment.tzinfo or dt.UTC).astimezone(dt.UTC)
        except (ValueError, OverflowError):
            raise forms.ValidationError("This is not a time in ISO 8601.", code="invalid_date") from None


class MomentFilter(filters.Filter):
    """Filter by a moment."""

    field_class = MomentField


class WordsFilter(filters.CharFilter):
    """Text that is found in the record; see contacts.search."""

    def filter(self, qs: Any, value: str) -> Any:
        return narrow(qs, value) if value else qs


class AnyOfField(forms.Field):
    """A repeatable parameter: every value given."""

    widget = forms.SelectMultiple

    def to_python(self, value: Any) -> list[str]:
        values = value if isinstance(value, list | tuple) else [value] if value else []
        return [str(v) for v in values if str(v).strip()]


class AnyTagFilter(filters.Filter):
    """`?tag=a&tag=b`: having any of the tags."""

    field_class = AnyOfField

    def filter(self, qs: Any, value: list[str] | None) -> Any:
        return qs.with_tags(any_of=resolve_tags(value)) if value else qs


class CustomFieldFilter(filters.Filter):
    """`?custom=plan:Gold`: holding these values in custom fields, each read as the field's type."""

    field_class = AnyOfField

    def filter(self, qs: Any, value: list[str] | None) -> Any:
        if not value:
            return qs
        kinds = field_kinds()
        wanted = {}
        for pair in value:
            key, _, text = pair.partition(":")
            try:
                wanted[key] = read_value(kinds.get(key), text, key)
            except InvalidInput:
                return qs.none()
        return qs.filter(custom_fields__contains=wanted)


class ContactFilters(filterset.FilterSet):
    """Filters of the contact list."""

    email = filters.CharFilter(method="by_email")
    phone_number = filters.CharFilter(method="by_phone", strip=False)
    tag = AnyTagFilter()
    custom = CustomFieldFilter()
    tags_all = filters.CharFilter(method="by_all_tags")
    status = filters.ChoiceFilter(choices=Contact.Status.choices)
    company = filters.CharFilter(method="by_company")
    owner = filters.UUIDFilter(field_name="owner_id")
    is_active = filters.ChoiceFilter(
        choices=[("true", "In use"), ("false", "In the trash"), ("all", "All")], method="by_activity"
    )
    search = WordsFilter()
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")
    updated_after = MomentFilter(field_name="updated_at", lookup_expr="gte")

    class Meta:
        model = Contact
        fields: tuple[str, ...] = ()

    @staticmethod
    def unfiltered(queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Without those in the trash, unless asked for."""
        return queryset.filter(deleted_at__isnull=True)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.form.cleaned_data.get("is_active"):
            queryset = self.unfiltered(queryset)
        return super().filter_queryset(queryset)  # type: ignore[no-any-return]

    def by_email(self, queryset: Any, name: str, value: str) -> Any:
        """By email, letter case ignored."""
        return queryset.with_email(value)

    def by_phone(self, queryset: Any, name: str, value: str) -> Any:
        """By number in any writing; a leading blank is a + that was not escaped in the address."""
        text = f"+{value.strip()}" if value.startswith(" ") else value
        for candidate in (text, value.strip()):
            try:
                return queryset.filter(phone_number=parse_phone(candidate, region=default_region()).e164)
            except InvalidPhone:
                continue
        return queryset.none()

    def by_all_tags(self, queryset: Any, name: str, value: str) -> Any:
        """Having all of the comma-separated tags."""
        return queryset.with_tags(all_of=resolve_tags(value.split(",")))

    def by_company(self, queryset: Any, name: str, value: str) -> Any:
        """By the company's name, letter case ignored."""
        return queryset.of_company(value)

    def by_activity(self, queryset: Any, name: str, value: str) -> Any:
        """In use, in the trash, or both."""
        return queryset if value == "all" else queryset.filter(deleted_at__isnull=value == "true")


FILTER_NAMES: frozenset[str] = frozenset(ContactFilters.base_filters)  # type: ignore[attr-defined]
"""What a list can be narrowed down by."""
