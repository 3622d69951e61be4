"""Ways to narrow contacts down; views and services chain them."""

from collections.abc import Iterable
from typing import Self

from django.db.models import Value
from django.db.models.functions import Lower

from core.models import TenantQuerySet


class ContactQuerySet(TenantQuerySet):
    """Contacts of the open scope."""

    def active(self) -> Self:
        """Without those in the trash."""
        return self.filter(deleted_at__isnull=True)

    def deleted(self) -> Self:
        """Only those in the trash."""
        return self.filter(deleted_at__isnull=False)

    def with_email(self, email: str) -> Self:
        """By email, letter case ignored, through the unique index."""
        return self.alias(email_lower=Lower("email")).filter(email_lower=email.strip().lower())

    def of_company(self, company: str) -> Self:
        """By company, letter case ignored, through its index."""
        return self.alias(company_lower=Lower("company")).filter(company_lower=Lower(Value(company.strip())))

    def with_tags(self, *, any_of: Iterable[str] = (), all_of: Iterable[str] = ()) -> Self:
        """Having any, or all, of the given tags (stored in the registry's writing)."""
        queryset = self
        if names := list(any_of):
            queryset = queryset.filter(tags__overlap=names)
        if names := list(all_of):
            queryset = queryset.filter(tags__contains=names)
        return queryset
