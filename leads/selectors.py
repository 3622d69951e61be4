"""Reading leads: one by id, lists with what they show, the board, counts."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery

from core.problems import NotFound
from leads.models import Lead, Task

CARDS = 25


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


def lead_rows() -> QuerySet[Lead]:
    """Leads as the list shows them: newest first, with owner, contact and the next open task."""
    open_task = Task.objects.open().filter(lead=OuterRef("pk")).order_by("due_at")
    rows: QuerySet[Lead] = Lead.objects.active().for_display().order_by("-created_at", "-id")
    return rows.annotate(
        next_step_at=Subquery(open_task.values("due_at")[:1]), next_step=Subquery(open_task.values("title")[:1])
    )


def lead_sources() -> list[str]:
    """The sources in use, most used first, at most 20."""
    counted = Lead.objects.active().exclude(source="").values("source").annotate(n=Count("id")).order_by("-n")
    return [row["source"] for row in counted[:20]]


def board_columns(queryset: QuerySet[Lead]) -> list[dict[str, Any]]:
    """One column a state with its exact count and its newest cards."""
    counts = dict(queryset.order_by().values_list("state").annotate(n=Count("id")))
    return [
        {
            "state": state,
            "label": label,
            "count": counts.get(state, 0),
            "cards": column_cards(queryset, state, 0),
            "next": CARDS if counts.get(state, 0) > CARDS else None,
        }
        for state, label in Lead.State.choices
    ]


def column_cards(queryset: QuerySet[Lead], state: str, offset: int) -> list[Lead]:
    """One page of a column's cards, newest first."""
    cards = queryset.filter(state=state).order_by("-created_at", "-id")
    return list(cards[offset : offset + CARDS])
