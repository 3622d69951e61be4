"""Reading leads: one by id, lists with what they show, counts."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError

from core.problems import NotFound
from leads.models import Lead


def get_lead(actor: Any, pk: uuid.UUID | str, *, deleted: bool = False) -> Lead:
    """The lead with that id, or NotFound; those in the trash only when asked for."""
    queryset = Lead.objects.for_display()
    queryset = queryset if deleted else queryset.active()
    try:
        lead: Lead | None = queryset.filter(pk=pk).first()
    except ValidationError:
        lead = None
    if lead is None:
        raise NotFound("There is no such lead.")
    return lead
