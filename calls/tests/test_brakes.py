"""What pauses a campaign by itself, and the invariants that must hold at every moment."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts import ledger
from calls.dialer import brakes
from calls.invariants import check_invariants, invariants
from calls.models import Call
from calls.tests.conftest import numbers
from core.scope import tenant_context

pytestmark = pytest.mark.django_db(transaction=True)


def ended_calls(desk, campaign, outcomes):
    with desk.workspace.scope():
        for position, outcome in enumerate(outcomes):
            Call.objects.create(
                campaign=campaign,
                phone_number=f"+1415555{position:04}",
                callback_token="t",
                dial_state="ended",
                status="ended",
                outcome=outcome,
                ended_at=timezone.now() + dt.timedelta(seconds=1),
                cost=Decimal("0.50"),
            )


def check_brakes(desk, campaign):
    with tenant_context(desk.workspace.id):
        brakes.check(campaign.pk)
    return desk.fresh(campaign)


def test_half_of_the_calls_failing_pulls_the_brake_with_words(desk):
    campaign = desk.campaign(numbers(1))
    ended_calls(desk, campaign, ["failed"] * 3 + ["busy"] * 3)
    braked = check_brakes(desk, campaign)
    assert (braked.status, braked.pause_reason) == ("paused", "breaker_failures")
    assert "3 of the last 6 calls failed" in braked.pause_detail


def test_a_few_failures_pull_no_brake(desk):
    campaign = desk.campaign(numbers(1))
    ended_calls(desk, campaign, ["failed"] * 2 + ["busy"] * 3)
    assert check_brakes(desk, campaign).status == "running"


def test_a_spent_budget_pauses(desk):
    campaign = desk.campaign(numbers(1), budget=Decimal("1.00"))
    ended_calls(desk, campaign, ["completed", "completed"])
    braked = check_brakes(desk, campaign)
    assert (braked.pause_reason, "budget of 1 is spent" in braked.pause_detail) == ("budget", True)


def test_no_minutes_left_pauses(desk):
    campaign = desk.campaign(numbers(1))
    with desk.workspace.scope():
        ledger.spend(kind="minutes", amount=1000, key="used")
    assert check_brakes(desk, campaign).pause_reason == "minutes"


def test_the_invariants_are_read_from_their_file_and_find_what_is_broken(desk):
    assert {name[:2] for name, _, _ in invariants()} >= {"I1", "I2", "I3", "I4", "I5", "I6", "I8"}
    campaign = desk.campaign(numbers(1))
    desk.update(desk.leads(campaign)[0], status="in_call")
    with desk.workspace.scope():
        assert [line[:10] for line in check_invariants()] == ["I4inflight"]
