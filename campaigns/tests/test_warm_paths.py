"""Leads whom a customer can introduce wait for the introduction."""

import pytest
from django.utils import timezone

from campaigns.models import CampaignLead
from campaigns.preflight import count_leads, leads_in_group
from campaigns.verdicts import apply_refusals, judge_leads
from campaigns.warm_paths import connectors_of
from contacts.models import Contact
from network.models import Introduction, Relationship
from network.paths import warm_introduction

pytestmark = pytest.mark.django_db


@pytest.fixture
def known(make_campaign, make_lead):
    """A lead whom a customer knows well, and one nobody knows."""
    campaign = make_campaign(warm_path_hold=True)
    warm, cold = make_lead(campaign), make_lead(campaign)
    customer = Contact.objects.create(first_name="Cus", email="customer@x.test", status="customer")
    Relationship.objects.create(from_contact=customer, to_contact=warm.contact, strength="0.80")
    return campaign, warm, cold, customer


def judge(campaign, *leads):
    now = timezone.now()
    found = judge_leads(campaign=campaign, leads=list(leads), now=now)
    apply_refusals(leads=list(leads), verdicts=found, now=now)
    return [found[lead.pk].rule for lead in leads]


def test_a_warm_lead_waits_and_its_connector_is_asked_once(known):
    campaign, warm, cold, customer = known
    assert judge(campaign, warm, cold) == ["warm_path_hold", "allowed"]
    asked = Introduction.objects.get()
    assert (asked.to_contact_id, asked.via_contact_id) == (warm.contact_id, customer.pk)
    assert judge(campaign, warm) == ["warm_path_hold"]
    assert Introduction.objects.count() == 1
    row = CampaignLead.objects.get(pk=warm.pk)
    assert (row.status, row.status_reason) == ("pending", "warm_path_hold")
    assert row.next_attempt_at > timezone.now()


def test_the_pre_flight_counts_whom_it_would_hold_and_lists_them(known):
    campaign, warm, cold, _ = known
    now = timezone.now()
    counts = count_leads(campaign, now)
    assert (counts.callable_now, counts.waiting_for) == (1, {"warm_path_hold": 1})
    assert list(leads_in_group(campaign, "warm_path_hold", now)) == [warm]
    assert list(leads_in_group(campaign, "callable", now)) == [cold]
    judge(campaign, warm)  # put off: the count stays the same
    assert count_leads(campaign, timezone.now()).waiting_for == {"warm_path_hold": 1}
    assert list(leads_in_group(campaign, "waiting", timezone.now())) == [warm]


def test_a_friend_of_a_customer_is_warm_while_the_path_is_strong(make_campaign, make_lead):
    lead = make_lead(make_campaign(warm_path_hold=True))
    friend = Contact.objects.create(first_name="Fri", email="friend@x.test")
    customer = Contact.objects.create(first_name="Cus", email="customer@x.test", status="customer")
    near = Relationship.objects.create(from_contact=friend, to_contact=lead.contact, strength="0.80")
    Relationship.objects.create(from_contact=friend, to_contact=customer, strength="0.80", mutual=True)
    assert connectors_of([lead.contact_id]) == {lead.contact_id: customer.pk}
    assert warm_introduction(lead.contact_id) == customer.pk
    Relationship.objects.filter(pk=near.pk).update(strength="0.70")
    assert connectors_of([lead.contact_id]) == {}


def test_an_introduction_that_was_made_takes_the_lead_out_of_the_dialer(known):
    campaign, warm, _, _ = known
    judge(campaign, warm)
    Introduction.objects.update(status="completed")
    judge(campaign, warm)
    row = CampaignLead.objects.get(pk=warm.pk)
    assert (row.status, row.status_reason) == ("blocked", "warm_path_hold")


@pytest.mark.parametrize("status", ["declined", "expired"])
def test_without_an_introduction_the_lead_is_called_after_all(known, status):
    campaign, warm, _, _ = known
    judge(campaign, warm)
    Introduction.objects.update(status=status)
    assert judge(campaign, warm) == ["allowed"]


def test_a_campaign_that_does_not_want_it_calls_cold(known):
    campaign, warm, _, _ = known
    campaign.warm_path_hold = False
    assert judge(campaign, warm) == ["allowed"]
    assert not Introduction.objects.exists()
