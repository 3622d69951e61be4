"""A number that is not in service: the campaign buys the next one and reaches the person."""

import time

import pytest

from calls.tests.conftest import deliver
from contacts.models import Contact
from core.scope import tenant_context
from enrichment import waterfall
from enrichment.models import EnrichmentRun

pytestmark = pytest.mark.django_db(transaction=True)
DEAD = "+12065550144"
"""The simulated network says of numbers that end so: not in service."""


def test_a_dead_number_is_replaced_and_the_person_called_under_the_next(phones, client, settings):
    settings.SIMULATOR_SPEED, settings.ENRICHMENT_SIMULATED_MS = 400.0, 0
    desk, _ = phones(speed=400.0)
    campaign = desk.campaign([DEAD], provider="simulated")
    with desk.workspace.scope():
        Contact.objects.update(email="jo.li@blue-ridge.example")
    deadline = time.monotonic() + 60
    while desk.fresh(campaign).status != "completed" and time.monotonic() < deadline:
        desk.drive(0.3)
        deliver(desk.receiver, client)
        with tenant_context(desk.workspace.id):
            for claimed in waterfall.claim():
                waterfall.work(*claimed)
    first, second, *_ = desk.calls()
    assert (first.phone_number, first.outcome) == (DEAD, "invalid_number")
    with desk.workspace.scope():
        contact, run = Contact.objects.get(), EnrichmentRun.objects.get(dead_number=DEAD)
    assert (run.status, run.trigger) == ("completed", "dead_number")
    assert second.phone_number != DEAD
    assert DEAD in contact.enrichment_data["dead_numbers"]
    assert desk.leads(campaign)[0].attempts >= 2
