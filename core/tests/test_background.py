"""Nudges: one waiting task is enough, and a Redis that is away never keeps one back."""

import pytest
from django.db import transaction

from core import background, tasks
from core.email import TASK

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def nudged(monkeypatch):
    seen = []
    monkeypatch.setattr(tasks.send_emails, "delay", lambda *texts: seen.append(texts))
    return seen


def _nudge(workspace):
    with workspace.scope(), transaction.atomic():
        background.nudge_once(TASK)


def test_one_nudge_waits_for_each_workspace_until_its_task_begins(workspace, stranger, nudged):
    for _ in range(3):
        _nudge(workspace)
    _nudge(stranger)
    assert nudged == [(str(workspace.id),), (str(stranger.id),)]
    background.begin(TASK, workspace.id)
    _nudge(workspace)
    assert nudged[2:] == [(str(workspace.id),)]


def test_without_redis_every_nudge_goes_out(workspace, nudged, monkeypatch):
    def gone():
        raise ConnectionError

    monkeypatch.setattr(background, "redis_client", gone)
    _nudge(workspace)
    _nudge(workspace)
    background.begin(TASK, workspace.id)
    assert len(nudged) == 2


def test_more_mails_than_one_turn_takes_ask_for_another(workspace, nudged, settings):
    from core.email import queue_email, send_due
    from leads.models import IntakeSettings

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    context = {"business": "Northwind", "form": IntakeSettings(), "greeting": "", "lead": {"consent": False}}
    with workspace.scope():
        for number in range(3):
            queue_email(kind="lead_confirmation", key=str(number), to=["a@x.test"], context=context)
    assert len(nudged) == 1
    assert send_due(workspace.id, most=2) == 2
    assert len(nudged) == 2
    assert send_due(workspace.id, most=2) == 1
    assert len(nudged) == 2
