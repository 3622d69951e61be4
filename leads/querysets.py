"""Ways to narrow leads and tasks down."""

import datetime as dt
from typing import Any, Self

from django.db.models import Value
from django.db.models.functions import Lower

from core.models import TenantQuerySet
from core.phones import search_digits


class LeadQuerySet(TenantQuerySet):
    """Leads of the open scope."""

    def active(self) -> Self:
        """Without those in the trash."""
        return self.filter(deleted_at__isnull=True)

    def deleted(self) -> Self:
        """Only those in the trash."""
        return self.filter(deleted_at__isnull=False)

    def with_email(self, email: str) -> Self:
        """By email, letter case ignored, through its index."""
        return self.alias(email_lower=Lower("email")).filter(email_lower=email.strip().lower())

    def of_source(self, source: str) -> Self:
        """By source, letter case ignored, through its index."""
        return self.alias(source_lower=Lower("source")).filter(source_lower=Lower(Value(source.strip())))

    def matching(self, words: str) -> Self:
        """Every word somewhere in name, email or company, or the whole as part of the phone number."""
        digits = search_digits(words)
        if len(digits) >= 4:
            return self.filter(search_text__contains=digits)
        queryset = self
        for word in words.lower().split()[:10]:
            queryset = queryset.filter(search_text__contains=word)
        return queryset

    def for_display(self) -> Self:
        """With what a list row shows, in one query."""
        return self.select_related("owner", "contact")


class TaskQuerySet(TenantQuerySet):
    """Tasks of the open scope."""

    def open(self) -> Self:
        """Not done yet."""
        return self.filter(done_at__isnull=True)

    def of_owner(self, user: Any) -> Self:
        """Of one person."""
        return self.filter(owner=user)

    def due_before(self, moment: dt.datetime) -> Self:
        """Due before a moment."""
        return self.filter(due_at__lt=moment)
