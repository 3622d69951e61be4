"""How lists of campaigns, campaign leads and do-not-call entries are narrowed down, over the API and on pages."""

from typing import Any

from django.db.models import Q, QuerySet
from django_filters import filters, filterset

from accounts.models import Tenant
from campaigns.models import Campaign, CampaignLead, Suppression, WhyEntry
from core.phones import InvalidPhone, parse_phone, search_digits


class CampaignFilters(filterset.FilterSet):
    """By state and by name."""

    status = filters.MultipleChoiceFilter(choices=Campaign.Status.choices)
    provider = filters.ChoiceFilter(choices=Campaign.Provider.choices)
    search = filters.CharFilter(field_name="name", lookup_expr="icontains")

    class Meta:
        model = Campaign
        fields: list[str] = []


class CampaignLeadFilters(filterset.FilterSet):
    """By state, its reason, and the person."""

    status = filters.MultipleChoiceFilter(choices=CampaignLead.Status.choices)
    reason = filters.CharFilter(field_name="status_reason")
    outcome = filters.CharFilter(field_name="last_outcome")
    search = filters.CharFilter(method="by_words")

    class Meta:
        model = CampaignLead
        fields: list[str] = []

    def by_words(self, queryset: Any, name: str, value: str) -> QuerySet[CampaignLead]:
        """Part of a name, or of a number's digits."""
        where = Q(first_name__icontains=value.strip()) | Q(last_name__icontains=value.strip())
        if digits := search_digits(value):
            where |= Q(phone_number__contains=digits)
        return queryset.filter(where)  # type: ignore[no-any-return]


class NumberFilters(filterset.FilterSet):
    """By a phone number in any writing."""

    phone_number = filters.CharFilter(method="by_number", strip=False)

    def by_number(self, queryset: Any, name: str, value: str) -> Any:
        """The number in any writing; a leading blank is a + that was not escaped in the address."""
        text = f"+{value.strip()}" if value.startswith(" ") else value
        try:
            number = parse_phone(text, region=Tenant.objects.values_list("default_region", flat=True).get())
        except InvalidPhone:
            return queryset.none()
        return queryset.filter(phone_number=number.e164)


class SuppressionFilters(NumberFilters):
    """By number, scope and source."""

    scope = filters.ChoiceFilter(choices=Suppression.Scope.choices)
    source = filters.CharFilter()
    search = filters.CharFilter(method="by_words")

    class Meta:
        model = Suppression
        fields: list[str] = []

    def by_words(self, queryset: Any, name: str, value: str) -> Any:
        """Part of the number's digits or of the reason."""
        where = Q(reason__icontains=value.strip())
        if digits := search_digits(value):
            where |= Q(phone_number__contains=digits)
        return queryset.filter(where)


class WhyFilters(NumberFilters):
    """By number, person, campaign and rule."""

    contact = filters.UUIDFilter(field_name="contact_id")
    lead = filters.UUIDFilter(field_name="campaign_lead__lead_id")
    campaign_lead = filters.UUIDFilter(field_name="campaign_lead_id")
    campaign = filters.UUIDFilter(field_name="campaign_id")
    rule = filters.CharFilter()
    allowed = filters.BooleanFilter()

    class Meta:
        model = WhyEntry
        fields: list[str] = []
