"""The pipeline: leads as cards in one column a state."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.problems import InvalidInput
from leads.filters import LeadFilter
from leads.forms import people
from leads.models import Lead
from leads.selectors import board_column, board_columns, get_lead, lead_sources


def board(request: HttpRequest) -> HttpResponse:
    """Every state as a column; `state` and `after` (a card) answer the next cards of one column only."""
    query = request.GET.copy()
    state, after = query.pop("state", [""])[-1], query.pop("after", [""])[-1]
    filterset = LeadFilter(query, queryset=Lead.objects.active().for_display())
    leads = filterset.qs if filterset.is_valid() else Lead.objects.none()
    if request.headers.get("HX-Request") and state:
        if state not in Lead.State.values:
            raise InvalidInput("There is no such part of the board.")
        column = board_column(leads, state, get_lead(request.user, after, deleted=True))
        return render(request, "leads/board_cards.html", {"column": column})
    context = {"people": people(), "sources": lead_sources(), "columns": board_columns(leads)}
    return render(request, "leads/board.html", context | {"filtered": any(query.values())})
