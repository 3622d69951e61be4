"""How a list of calls is narrowed down, over the API and on the page alike."""

from typing import Any

import django_filters as _django_filters

from calls.dispositions import DISPOSITIONS
from calls.models import Call

filters: Any = _django_filters  # the package carries no types


class CallFilter(_django_filters.FilterSet):  # type: ignore[name-defined,misc]
    """Status, outcome, what it belongs to, words that were said, and times."""

    status = filters.MultipleChoiceFilter(choices=Call.Status.choices)
    outcome = filters.MultipleChoiceFilter(choices=Call.Outcome.choices)
    disposition = filters.MultipleChoiceFilter(choices=list(DISPOSITIONS.items()))
    campaign = filters.UUIDFilter(field_name="campaign_id")
    lead = filters.UUIDFilter(field_name="lead_id")
    contact = filters.UUIDFilter(field_name="contact_id")
    created_after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")
    search = filters.CharFilter(method="by_words")

    class Meta:
        model = Call
        fields: list[str] = []

    def by_words(self, queryset: Any, name: str, value: str) -> Any:
        """Words said in the call."""
        return queryset.said(value)
