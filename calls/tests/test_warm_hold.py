"""Warm before cold from end to end: held, asked, and called only when nobody accepts."""

import datetime as dt

import pytest
from django.utils import timezone

from calls.dialer.claim import claim_calls
from calls.tests.conftest import numbers
from campaigns.models import CampaignLead
from contacts.models import Contact
from core.scope import tenant_context
from network.introductions import expire_introductions
from network.models import Introduction, Relationship

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def real_time(settings):
    settings.SIMULATOR_SPEED = 1.0


@pytest.fixture
def held(desk):
    """A campaign whose one lead a customer's friend knows: two hops, 0.8 · 0.8 = 0.64; the claim has held it."""
    campaign = desk.campaign(numbers(1), warm_path_hold=True)
    with desk.workspace.scope():
        lead = CampaignLead.objects.get()
        friend = Contact.objects.create(first_name="Fri", email="friend@x.test")
        customer = Contact.objects.create(first_name="Cus", email="customer@x.test", status="customer")
        Relationship.objects.create(from_contact=friend, to_contact_id=lead.contact_id, strength="0.80")
        Relationship.objects.create(from_contact=customer, to_contact=friend, strength="0.80")
    assert claim(desk, campaign) == []
    return campaign, customer


def claim(desk, campaign):
    with desk.workspace.scope():
        CampaignLead.objects.filter(status="pending").update(next_attempt_at=timezone.now() - dt.timedelta(minutes=1))
    with tenant_context(desk.workspace.id):
        return claim_calls(campaign_id=campaign.pk).call_ids


def asked(desk):
    return desk.workspace.api().get("/api/v1/graph/introductions").json()["items"]


def test_the_connector_is_asked_once_and_the_lead_waits(desk, held):
    campaign, customer = held
    assert claim(desk, campaign) == []
    assert [(row["status"], row["via_contact_id"]) for row in asked(desk)] == [("requested", str(customer.pk))]


def test_after_five_days_without_an_answer_the_lead_is_called(desk, held):
    campaign, _ = held
    with desk.workspace.scope():
        Introduction.objects.update(expires_at=timezone.now() + dt.timedelta(hours=1))
        expire_introductions(now=timezone.now())
    assert claim(desk, campaign) == []
    with desk.workspace.scope():
        row = Introduction.objects.get()
        Introduction.objects.update(
            created_at=row.created_at - dt.timedelta(days=5), expires_at=row.expires_at - dt.timedelta(days=5)
        )
        expire_introductions(now=timezone.now())
    assert [row["status"] for row in asked(desk)] == ["expired"]
    assert len(claim(desk, campaign)) == 1


def test_once_accepted_over_the_api_the_lead_is_not_called(desk, held):
    campaign, _ = held
    [row] = asked(desk)
    assert desk.workspace.api().post(f"/api/v1/graph/introductions/{row['id']}/accept").status_code == 200
    with desk.workspace.scope():
        Introduction.objects.update(expires_at=timezone.now() - dt.timedelta(days=1))
        expire_introductions(now=timezone.now())
    assert claim(desk, campaign) == []
