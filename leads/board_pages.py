"""The pipeline: leads as cards in one column a state."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.problems import InvalidInput
from leads.filters import LeadFilter
from leads.forms import people
from leads.models import Lead
from leads.selectors import CARDS, board_columns, column_cards, lead_sources
from leads.states import STEPS


def board(request: HttpRequest) -> HttpResponse:
    """Every state as a column; `state` and `offset` answer the next cards of one column only."""
    query = request.GET.copy()
    state, offset = query.pop("state", [""])[-1], query.pop("offset", ["0"])[-1]
    filterset = LeadFilter(query, queryset=Lead.objects.active().for_display())
    leads = filterset.qs if filterset.is_valid() else Lead.objects.none()
    context = {"people": people(), "sources": lead_sources(), "choices": Lead.State.choices, "steps": STEPS}
    if request.headers.get("HX-Request") and state:
        return _more(request, leads, state, offset)
    context |= {"columns": board_columns(leads), "filtered": any(query.values())}
    return render(request, "leads/board.html", context)


def _more(request: HttpRequest, leads: object, state: str, offset: str) -> HttpResponse:
    if not (offset.isdigit() and len(offset) < 8) or state not in Lead.State.values:
        raise InvalidInput("There is no such part of the board.")
    cards = column_cards(leads, state, int(offset))  # type: ignore[arg-type]
    after = int(offset) + CARDS if len(cards) == CARDS else None
    column = {"state": state, "cards": cards, "next": after}
    return render(request, "leads/board_cards.html", {"column": column, "choices": Lead.State.choices})
