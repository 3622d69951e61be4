"""A manager tries a campaign's words on their own phone."""

import datetime as dt

import pytest
from django.utils import timezone

from calls import manual
from calls.dialer import intent, sweep
from calls.dialer.finish import apply_facts
from calls.models import Call
from calls.providers.base import CallFacts, CallStatus, Outcome
from calls.tests.conftest import numbers
from campaigns.call_history import number_history
from campaigns.models import CampaignLead, Suppression
from campaigns.stats import campaign_stats

pytestmark = pytest.mark.django_db(transaction=True)
OWN = "+12125550170"


def start(desk, **fields):
    campaign = desk.campaign(numbers(1), status="draft", first_sentence="Good day {{first_name}}", **fields)
    with desk.workspace.scope():
        lead = CampaignLead.objects.get()
        call = manual.start_test_call(actor=desk.workspace.manager, campaign=campaign, phone_number=OWN, lead=lead)
    return campaign, lead, call


def test_the_words_are_said_as_the_lead_would_hear_them(phones):
    desk, _ = phones()
    _, lead, call = start(desk)
    with desk.workspace.scope():
        ((_, request),) = intent.commit_manual(call_id=call.pk)
    assert (request.to, request.first_sentence) == (OWN, f"Good day {lead.first_name}")


def test_a_test_is_nobodys_attempt(desk):
    campaign, lead, call = start(desk)
    with desk.workspace.scope():
        facts = CallFacts(provider_call_id="T1", status=CallStatus.ENDED, outcome=Outcome.OPT_OUT)
        apply_facts(call=Call.objects.for_update().get(pk=call.pk), facts=facts)
        assert not Suppression.objects.exists()
        assert number_history([OWN], now=timezone.now()) == {}
        assert not any(campaign_stats(campaign)["calls_by_outcome"].values())
        lead.refresh_from_db()
        assert (lead.status, lead.attempts) == ("pending", 0)


def test_the_manager_is_led_to_the_call_and_the_number_is_kept(desk):
    campaign, lead, _call = start(desk)
    with desk.workspace.scope():
        Call.objects.update(dial_state="ended", status="ended", lease_until=None)
    browser = desk.workspace.browser("manager")
    answer = browser.post(f"/campaigns/{campaign.pk}/test-call", {"phone_number": "(212) 555-0170", "lead": lead.pk})
    page = browser.get(answer["Location"]).content.decode()
    assert "Test of" in page
    assert 'name="disposition"' not in page
    assert OWN in browser.get(f"/campaigns/{campaign.pk}/prompt").content.decode()


def test_a_number_that_may_not_be_dialled_is_refused_with_the_reason(desk):
    campaign = desk.campaign(numbers(1), status="draft")
    browser = desk.workspace.browser("manager")
    answer = browser.post(f"/campaigns/{campaign.pk}/test-call", {"phone_number": "911"}, follow=True)
    assert not desk.calls()
    assert answer.redirect_chain[-1][0] == f"/campaigns/{campaign.pk}/prompt"


def test_a_test_no_worker_took_ends_with_the_reason(desk):
    _, _, call = start(desk)
    with desk.workspace.scope():
        Call.objects.update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    sweep.sweep_tenant(desk.workspace.id)
    assert desk.fresh(call).outcome_detail == "No worker dialled in time."
