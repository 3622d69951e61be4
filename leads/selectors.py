"""Reading leads: one by id, lists with what they show, the board, counts."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from core.problems import NotFound
from core.scope import current_tenant_id
from leads.models import Lead, Task
from leads.states import legal_steps

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


def owner_of(lead_id: uuid.UUID | None) -> uuid.UUID | None:
    """Whose lead it is; None for nobody's, and for no lead."""
    owner: uuid.UUID | None = Lead.objects.filter(pk=lead_id).values_list("owner_id", flat=True).first()
    return owner


def lead_rows() -> QuerySet[Lead]:
    """Leads as the list shows them: newest first, with owner, contact and the next open task."""
    open_task = Task.objects.open().filter(lead=OuterRef("pk")).order_by("due_at")
    rows: QuerySet[Lead] = Lead.objects.active().for_display().order_by("-created_at", "-id")
    return rows.annotate(
        next_step_at=Subquery(open_task.values("due_at")[:1]), next_step=Subquery(open_task.values("title")[:1])
    )


_SOURCES = """
WITH RECURSIVE walk AS (
  SELECT ''::text AS source
  UNION ALL
  SELECT (SELECT source FROM leads_lead WHERE tenant_id = %(tenant)s AND deleted_at IS NULL
          AND lower(source) > lower(walk.source) ORDER BY lower(source) LIMIT 1) FROM walk WHERE source IS NOT NULL
) SELECT source FROM walk WHERE source <> '' LIMIT %(most)s
"""


def lead_sources(*, most: int = 50) -> list[str]:
    """The sources in use, by name, letter case ignored: one step through their index for each, not for each lead."""
    with connection.cursor() as cursor:
        cursor.execute(_SOURCES, {"tenant": current_tenant_id(), "most": most})
        return [source for (source,) in cursor.fetchall()]


def board_columns(queryset: QuerySet[Lead]) -> list[dict[str, Any]]:
    """One column a state with its exact count and its newest cards."""
    counts = dict(queryset.order_by().values_list("state").annotate(n=Count("id")))
    return [{**board_column(queryset, state), "count": counts.get(state, 0)} for state in Lead.State.values]


def board_column(queryset: QuerySet[Lead], state: str, after: Lead | None = None) -> dict[str, Any]:
    """A page of a state's cards, newest first; `next` names the last one when there are more.

    Pages go on after a card and not at a position, so that cards moved away meanwhile make none skipped.
    """
    cards = queryset.filter(state=state).order_by("-created_at", "-id")
    if after is not None:
        cards = cards.filter(Q(created_at__lt=after.created_at) | Q(created_at=after.created_at, id__lt=after.pk))
    page = list(cards[: CARDS + 1])
    return {
        "state": state,
        "label": Lead.State(state).label,
        "steps": [(step, Lead.State(step).label) for step in legal_steps(state)],
        "cards": page[:CARDS],
        "next": page[CARDS - 1].pk if len(page) > CARDS else None,
    }
