"""Tasks: a callback agreed twice moves, a lead without a sure place keeps the workspace's time."""

import datetime as dt

import pytest
from django.utils import timezone

from core.problems import InvalidInput
from leads.local_time import local_time
from leads.models import Task
from leads.services import create_lead
from leads.todo import create_task, plan_callback


@pytest.fixture
def lead(scoped):
    return create_lead(actor=scoped.agent, first_name="Ada", phone_number="+12125550134")


def test_a_callback_agreed_again_moves_the_open_one(scoped, lead):
    now = timezone.now()
    first = plan_callback(actor=scoped.agent, lead=lead, contact=lead.contact, due_at=now)
    again = plan_callback(actor=scoped.agent, lead=lead, contact=lead.contact, due_at=now + dt.timedelta(hours=2))
    assert first.pk == again.pk
    assert Task.objects.get().due_at == now + dt.timedelta(hours=2)
    assert Task.objects.get().title == "Call back Ada"


def test_a_task_without_an_owner_is_the_planners_own(scoped, lead):
    assert create_task(actor=scoped.manager, lead=lead, due_at=timezone.now()).owner == scoped.manager


def test_a_task_for_someone_elses_workspace_is_refused(scoped, stranger, lead):
    with pytest.raises(InvalidInput):
        create_task(actor=scoped.agent, lead=lead, due_at=timezone.now(), owner_id=stranger.agent.pk)


def test_local_time_is_told_only_where_it_is_certain(lead):
    noon = dt.datetime(2026, 7, 1, 16, 0, tzinfo=dt.UTC)
    assert local_time(lead, noon)["clock"] == "12:00"
    lead.phone_number = "+18005550199"
    assert local_time(lead, noon) is None
    lead.contact.timezone = "Asia/Tokyo"
    assert local_time(lead, noon) == {"clock": "01:00", "city": "Tokyo", "usual": False, "zone": "Asia/Tokyo"}
