"""A campaign from its first claim to its last call, against a simulated network."""

import time

import pytest

from calls.tests.conftest import deliver, numbers

pytestmark = pytest.mark.django_db(transaction=True)


def until_done(desk, client, campaign, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        desk.drive(0.3)
        deliver(desk.receiver, client)
        if desk.fresh(campaign).status == "completed":
            return
    raise AssertionError([(lead.status, lead.status_reason) for lead in desk.leads(campaign)])


def test_people_who_talk_are_called_once_and_the_campaign_completes(phones, client, settings):
    settings.SIMULATOR_SPEED = 400.0
    desk, network = phones(speed=400.0)
    campaign = desk.campaign(numbers(6, 70))
    until_done(desk, client, campaign)
    assert len(network.get("/log").json()["calls"]) >= 6
    assert all(call.outcome == "completed" for call in desk.calls())
    assert all(lead.status in ("done", "callback") or lead.attempts for lead in desk.leads(campaign))
