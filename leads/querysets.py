"""Ways to narrow leads down."""

from typing import Self

from core.models import TenantQuerySet


class LeadQuerySet(TenantQuerySet):
    """Leads of the open scope."""

    def active(self) -> Self:
        """Without those in the trash."""
        return self.filter(deleted_at__isnull=True)
