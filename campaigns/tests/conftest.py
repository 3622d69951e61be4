"""Makers of campaigns and of people in them."""

import itertools

import pytest

from campaigns.models import Campaign, CampaignLead
from contacts.models import Contact
from leads.models import Lead

_numbers = itertools.count(1000)


def fresh_number() -> str:
    """A valid US number that no other test has used."""
    return f"+1212736{next(_numbers):04}"


@pytest.fixture
def make_campaign(scoped):
    def make(**fields):
        given = {"name": "Spring renewals", "calling_hours": "always", "consent_policy": "waived"}
        campaign = Campaign.objects.create(**{**given, "consent_waiver_reason": "Simulated calls", **fields})
        campaign.refresh_from_db()
        return campaign

    return make


@pytest.fixture
def make_lead(scoped):
    """A campaign lead with its contact and lead: `make(campaign, phone_number=…, status=…)`."""

    def make(campaign, phone_number="", **fields):
        number = phone_number or fresh_number()
        person = {"first_name": "Hannah", "last_name": "Lewis"}
        contact = fields.pop("contact", None) or Contact.objects.create(phone_number=number, **person)
        lead = Lead.objects.create(contact=contact, phone_number=number, **person)
        row = CampaignLead.objects.create(
            campaign=campaign,
            lead=lead,
            contact=contact,
            phone_number=number,
            zones=["America/New_York"],
            **person,
            **fields,
        )
        row.refresh_from_db()
        return row

    return make


@pytest.fixture
def with_twilio(settings):
    """An installation that offers a real provider."""
    settings.TELEPHONY = {"twilio": {"account_sid": "AC1", "auth_token": "token"}}
