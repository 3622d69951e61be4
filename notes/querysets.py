"""Ways to narrow notes down."""

import uuid
from typing import Self

from django.db.models import F, Q

from core.models import TenantQuerySet


class NoteQuerySet(TenantQuerySet):
    """Notes of the open scope."""

    def active(self) -> Self:
        """Without deleted ones, and without those of leads and contacts in the trash."""
        return self.filter(
            Q(lead__isnull=True) | Q(lead__deleted_at__isnull=True),
            Q(contact__isnull=True) | Q(contact__deleted_at__isnull=True),
            deleted_at__isnull=True,
        )

    def matching(self, words: str) -> Self:
        """Every word somewhere in the text."""
        queryset = self
        for word in words.lower().split()[:10]:
            queryset = queryset.filter(search_text__contains=word)
        return queryset

    def mentioning(self, user_id: uuid.UUID) -> Self:
        """Naming a colleague."""
        return self.filter(mentions__contains=[user_id])

    def pinned_first(self) -> Self:
        """Pinned ones on top, then the newest."""
        return self.order_by(F("pinned_at").desc(nulls_last=True), "-created_at", "-id")
