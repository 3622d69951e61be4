"""The first real conversation moves a lead on and stops the clock of how fast leads are answered."""

import datetime as dt

import pytest
from django.utils import timezone

from leads.models import Lead, LeadEvent
from leads.services import change_state, create_lead, note_conversation
from leads.today import today_of


@pytest.fixture
def lead(scoped):
    return create_lead(actor=scoped.agent, first_name="Ada", phone_number="+14155550134", owner_id=scoped.agent.pk)


def test_a_conversation_moves_a_pending_lead_once_and_says_why(scoped, lead):
    assert note_conversation(lead_id=lead.pk) is True
    assert note_conversation(lead_id=lead.pk) is False
    lead.refresh_from_db()
    assert lead.state == "reached_out"
    (event,) = LeadEvent.objects.filter(kind="state")
    assert (event.data["before"], event.data["after"], event.data["reason"]) == (
        "pending",
        "reached_out",
        "conversation",
    )


@pytest.mark.parametrize("state", ["qualified", "lost"])
def test_a_conversation_leaves_a_lead_that_is_further_on(scoped, lead, state):
    change_state(actor=scoped.agent, lead=lead, state=state)
    assert note_conversation(lead_id=lead.pk) is False
    lead.refresh_from_db()
    assert lead.state == state


def test_the_clock_stops_at_the_first_answer_and_shows_on_today(scoped, lead):
    answered = timezone.now()
    Lead.objects.filter(pk=lead.pk).update(created_at=answered - dt.timedelta(minutes=4))
    assert today_of(person=scoped.agent, now=answered).waiting_total == 1
    note_conversation(lead_id=lead.pk, now=answered)
    lead.refresh_from_db()
    change_state(actor=scoped.agent, lead=lead, state="qualified", now=answered + dt.timedelta(hours=1))
    lead.refresh_from_db()
    assert lead.reached_out_at == answered
    day = today_of(person=scoped.agent, now=answered + dt.timedelta(seconds=1))
    assert (day.waiting_total, day.figures["answered"]) == (0, 1)
    assert day.figures["speed_seconds"] == pytest.approx(240, abs=1)


def test_giving_a_lead_up_unanswered_does_not_count_as_an_answer(scoped, lead):
    change_state(actor=scoped.agent, lead=lead, state="lost")
    lead.refresh_from_db()
    assert lead.reached_out_at is None
