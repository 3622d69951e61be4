"""How a list of notes is narrowed down, over the API and on the page alike."""

from typing import Any

import django_filters as _django_filters

from notes.models import Note

filters: Any = _django_filters  # the package carries no types


class NoteFilter(_django_filters.FilterSet):  # type: ignore[name-defined,misc]
    """Words, who wrote it, whom it is about, when."""

    search = filters.CharFilter(method="by_words")
    author = filters.UUIDFilter(field_name="author_id")
    lead = filters.UUIDFilter(field_name="lead_id")
    contact = filters.UUIDFilter(field_name="contact_id")
    mentions = filters.UUIDFilter(method="by_mention")
    created_after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Note
        fields: list[str] = []

    def by_words(self, queryset: Any, name: str, value: str) -> Any:
        """Every word somewhere in the text."""
        return queryset.matching(value)

    def by_mention(self, queryset: Any, name: str, value: Any) -> Any:
        """Notes that name a colleague."""
        return queryset.mentioning(value)
