"""How lists of ties, introductions and referrals are narrowed down, over the API and on the pages alike."""

from typing import Any

import django_filters as _django_filters
from django.db.models import Q

from network.models import Introduction, Relationship

filters: Any = _django_filters  # the package carries no types


class RelationshipFilter(_django_filters.FilterSet):  # type: ignore[name-defined,misc]
    """Whose tie, in which direction, how strong."""

    contact = filters.UUIDFilter(method="at_either_end")
    from_contact_id = filters.UUIDFilter(field_name="from_contact_id")
    to_contact_id = filters.UUIDFilter(field_name="to_contact_id")
    mutual = filters.BooleanFilter(field_name="mutual")
    min_strength = filters.NumberFilter(field_name="strength", lookup_expr="gte", min_value=0, max_value=1)

    class Meta:
        model = Relationship
        fields: list[str] = []

    def at_either_end(self, queryset: Any, name: str, value: Any) -> Any:
        """Ties that begin or end at a contact."""
        return queryset.filter(Q(from_contact_id=value) | Q(to_contact_id=value))


class IntroductionFilter(_django_filters.FilterSet):  # type: ignore[name-defined,misc]
    """In which status, to whom, by whom."""

    status = filters.ChoiceFilter(choices=Introduction.Status.choices)
    to_contact_id = filters.UUIDFilter(field_name="to_contact_id")
    via_contact_id = filters.UUIDFilter(field_name="via_contact_id")

    class Meta:
        model = Introduction
        fields: list[str] = []
