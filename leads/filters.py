"""How a list of leads is narrowed down, over the API and on the page alike."""

from typing import Any

import django_filters as _django_filters

from leads.models import Lead

filters: Any = _django_filters  # the package carries no types


class LeadFilter(_django_filters.FilterSet):  # type: ignore[name-defined,misc]
    """State, owner, source, email, campaign, words and times."""

    state = filters.MultipleChoiceFilter(choices=Lead.State.choices)
    owner = filters.UUIDFilter(field_name="owner_id")
    contact = filters.UUIDFilter(field_name="contact_id")
    source = filters.CharFilter(method="by_source")
    email = filters.CharFilter(method="by_email")
    campaign = filters.UUIDFilter(method="by_campaign")
    search = filters.CharFilter(method="by_words")
    created_after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")
    updated_after = filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")

    class Meta:
        model = Lead
        fields: list[str] = []

    @staticmethod
    def unfiltered(queryset: Any) -> Any:
        """All."""
        return queryset

    def by_source(self, queryset: Any, name: str, value: str) -> Any:
        """Letter case ignored."""
        return queryset.of_source(value)

    def by_email(self, queryset: Any, name: str, value: str) -> Any:
        """Letter case ignored."""
        return queryset.with_email(value)

    def by_campaign(self, queryset: Any, name: str, value: Any) -> Any:
        """Leads that are, or were, in the campaign."""
        return queryset.filter(campaign_leads__campaign_id=value).exclude(campaign_leads__status="removed").distinct()

    def by_words(self, queryset: Any, name: str, value: str) -> Any:
        """Words of name, email and company, or part of a phone number."""
        return queryset.matching(value)
