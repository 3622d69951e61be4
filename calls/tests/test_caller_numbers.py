"""Each caller number holds to its own limits, and whatever limits a campaign is said in words."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts import ledger
from accounts.models import Tenant
from calls import caller_numbers
from calls.dialer import brakes
from calls.dialer.claim import claim_calls
from calls.models import Call, CallerNumber
from calls.tests.conftest import numbers
from campaigns.limits import limit_of
from campaigns.models import CampaignLead, ProviderGate
from core.scope import tenant_context

pytestmark = pytest.mark.django_db(transaction=True)
OURS, ALSO = "+12127365000", "+12127365001"


@pytest.fixture(autouse=True)
def real_time(settings):
    settings.SIMULATOR_SPEED = 1.0


def set_limits(desk, number=OURS, **values):
    with desk.workspace.scope():
        return caller_numbers.set_limits(actor=desk.workspace.manager, phone_number=number, **values)


def claim(desk, campaign):
    with tenant_context(desk.workspace.id):
        found = claim_calls(campaign_id=campaign.pk)
    return sorted(call.caller_id for call in desk.calls(pk__in=found.call_ids)), found.limit


def end_all(desk, *, ago=dt.timedelta()):
    with desk.workspace.scope():
        Call.objects.update(dial_state="ended", status="ended", outcome="no_answer", created_at=timezone.now() - ago)
        CampaignLead.objects.filter(status="queued").update(status="done", status_reason="answered")


def said(desk, campaign):
    with desk.workspace.scope():
        found = limit_of(desk.fresh(campaign))
        return (found.code, found.text, found.until) if found else None


def test_a_number_makes_no_more_calls_at_once_than_allowed(desk):
    set_limits(desk, calls_at_once=1)
    set_limits(desk, ALSO, calls_at_once=2)
    campaign = desk.campaign(numbers(6), caller_ids=[OURS, ALSO])
    assert claim(desk, campaign) == ([OURS, ALSO, ALSO], "caller_ids")
    assert claim(desk, campaign) == ([], "caller_ids")


@pytest.mark.parametrize(
    ("limit", "again"), [("calls_per_hour", dt.timedelta(hours=1)), ("calls_per_day", dt.timedelta(days=1))]
)
def test_a_number_rests_when_its_calls_of_the_hour_or_day_are_made(desk, limit, again):
    set_limits(desk, calls_at_once=9, **{limit: 2})
    campaign = desk.campaign(numbers(6), caller_ids=[OURS])
    assert claim(desk, campaign) == ([OURS, OURS], "caller_ids")
    end_all(desk, ago=dt.timedelta(minutes=20))
    assert claim(desk, campaign) == ([], "caller_ids")
    code, text, until = said(desk, campaign)
    assert (code, text) == ("caller_ids", "The caller number is used as much as allowed.")
    assert abs(until - (timezone.now() + again - dt.timedelta(minutes=20))) < dt.timedelta(seconds=20)
    end_all(desk, ago=again)
    assert len(claim(desk, campaign)[0]) == 2


def test_calls_of_other_campaigns_count(desk):
    set_limits(desk, calls_per_day=3, calls_at_once=9)
    one, two = (desk.campaign(tail, caller_ids=[OURS]) for tail in (numbers(2), numbers(4)[2:]))
    assert len(claim(desk, one)[0]) == 2
    assert claim(desk, two) == ([OURS], "caller_ids")


def test_a_person_is_called_from_the_same_number_again(desk):
    for number in (OURS, ALSO):
        set_limits(desk, number, calls_at_once=40, calls_per_hour=100)
    campaign = desk.campaign(numbers(30), caller_ids=[OURS, ALSO], max_concurrent_calls=40)  # drawn: 30 are never alike
    claim(desk, campaign)
    first = {call.campaign_lead_id: call.caller_id for call in desk.calls()}
    with desk.workspace.scope():
        Call.objects.update(dial_state="ended", outcome="busy", created_at=timezone.now() - dt.timedelta(days=3))
        CampaignLead.objects.update(status="retry_wait", next_attempt_at=timezone.now() - dt.timedelta(1))
    claim(desk, campaign)
    again = {call.campaign_lead_id: call.caller_id for call in desk.calls(attempt=2)}
    assert again == first
    assert set(first.values()) == {OURS, ALSO}


def test_the_usual_limits_hold_on_real_networks_only(workspace):
    with workspace.scope():
        assert caller_numbers.limits_of([OURS], "twilio") == {OURS: caller_numbers.Limits(1, 20, 100)}
        assert caller_numbers.limits_of([OURS], "simulated") == {OURS: caller_numbers.NO_LIMITS}


def test_a_campaign_whose_numbers_are_all_off_pauses_and_says_so(desk):
    set_limits(desk, is_active=False)
    campaign = desk.campaign(numbers(2), caller_ids=[OURS])
    assert claim(desk, campaign) == ([], "caller_ids")
    with tenant_context(desk.workspace.id):
        assert brakes.check(campaign.pk)
    assert desk.fresh(campaign).pause_reason == "no_caller_id"


def test_full_lines_are_named_with_their_figures(desk):
    with desk.workspace.scope():
        Tenant.objects.update(max_concurrent_calls=3)
    campaign = desk.campaign(numbers(8), max_concurrent_calls=2)
    claim(desk, campaign)
    assert said(desk, campaign) == ("campaign", "Calls at once: 2 of 2 in the campaign.", None)
    other = desk.campaign(["+14155550171", "+14155550172"], max_concurrent_calls=5)
    claim(desk, other)
    assert said(desk, other) == ("tenant", "Calls at once: 3 of 3 in the workspace.", None)


def test_while_every_limit_leaves_room_nothing_is_said_to_limit(desk):
    campaign = desk.campaign(numbers(4), max_concurrent_calls=2)
    assert said(desk, campaign) is None
    page = desk.workspace.browser("manager").get(f"/campaigns/{campaign.pk}").content.decode()
    assert "The next calls are being placed." in page
    assert "Calls at once" not in page
    claim(desk, campaign)
    assert said(desk, campaign)[0] == "campaign"
    with desk.workspace.scope():
        Call.objects.filter(pk=desk.calls()[0].pk).update(dial_state="ended")
    assert said(desk, campaign) is None


def test_that_nobody_is_due_is_said_with_the_reason_and_the_time(desk):
    campaign = desk.campaign(numbers(2))
    later = timezone.now() + dt.timedelta(hours=3)
    with desk.workspace.scope():
        CampaignLead.objects.update(next_attempt_at=later, status_reason="calling_hours")
    code, text, until = said(desk, campaign)
    assert (code, until) == ("leads", later)
    assert text == "Nobody is due just now. It is too early, too late or a day off where they live."
    with desk.workspace.scope():
        CampaignLead.objects.update(status="done", status_reason="answered")
    assert said(desk, campaign)[1].startswith("Everybody has been called")


def test_minutes_a_slow_network_and_its_wish_to_slow_down_are_named(desk):
    campaign = desk.campaign(numbers(2))
    with desk.workspace.scope():
        ProviderGate.objects.update(tokens=0.0, calls_per_second=0.01)
    assert said(desk, campaign)[:2] == ("rate", "New calls: 0.01 a second over Simulated phone network.")
    with desk.workspace.scope():
        ProviderGate.objects.update(throttled_until=timezone.now() + dt.timedelta(seconds=30))
    assert said(desk, campaign)[0] == "throttled"
    with desk.workspace.scope():
        ProviderGate.objects.update(throttled_until=None, tokens=50, calls_per_second=50)
        ledger.spend(kind="minutes", amount=1_000, key="used")
    assert said(desk, campaign)[:2] == ("minutes", "Call minutes: 0 free, 0 held by calls on the line.")


def test_a_campaign_that_does_not_run_is_limited_by_nothing(desk):
    assert said(desk, desk.campaign(numbers(1), status="paused")) is None


def test_page_and_statistics_say_what_limits(desk):
    campaign = desk.campaign(numbers(4), max_concurrent_calls=1)
    claim(desk, campaign)
    client = desk.workspace.browser("manager")
    page = client.get(f"/campaigns/{campaign.pk}").content.decode()
    assert "Calls at once: 1 of 1 in the campaign." in page
    stats = client.get(f"/api/v1/campaigns/{campaign.pk}/stats").json()
    assert stats["limited_by"] == {"code": "campaign", "text": "Calls at once: 1 of 1 in the campaign.", "until": None}


def test_limits_are_set_on_the_settings_page(desk):
    desk.campaign(numbers(1), caller_ids=[OURS], name="West")
    client = desk.workspace.browser("manager")
    assert "West" in client.get("/settings/numbers").content.decode()
    values = {"phone_number": "(212) 736-5000", "calls_per_day": 5, "calls_per_hour": 2, "calls_at_once": 1}
    assert client.post("/settings/numbers", {**values, "is_active": "on"}).status_code == 302
    with desk.workspace.scope():
        row = CallerNumber.objects.get()
    assert (row.phone_number, row.calls_per_day, row.calls_per_hour, row.is_active) == (OURS, 5, 2, True)
    refused = client.post("/settings/numbers", {**values, "phone_number": "abc"})
    assert "abc" in refused.content.decode()
    assert client.get("/settings/numbers?number=%2B12127365000").context["form"].initial["calls_per_day"] == 5
