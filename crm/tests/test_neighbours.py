"""What the roof carries between apps that do not know each other."""

import datetime as dt

import pytest
from django.utils import timezone

from calls.models import Call
from contacts.models import Contact
from enrichment import gains

pytestmark = pytest.mark.django_db
FOUND = "+12065550133"


@pytest.fixture
def contact(scoped):
    return Contact.objects.create(
        phone_number=FOUND,
        enrichment_data={"phone_number": {"value": FOUND, "provider": "simulated", "confidence": 0.9}},
    )


def call(contact, **fields):
    values = {"phone_number": FOUND, "answered_by": "human", "duration_seconds": 45, **fields}
    return Call.objects.create(contact=contact, **values)


def gained():
    return gains.conversations_since(timezone.now() - dt.timedelta(days=1))


def test_a_conversation_over_a_number_that_was_found_counts_as_gained(contact):
    assert gained() == 0
    call(contact)
    assert gained() == 1


@pytest.mark.parametrize(
    "otherwise",
    [{"phone_number": "+12065550144"}, {"answered_by": "voicemail"}, {"duration_seconds": 4}],
    ids=["over a typed number", "with a machine", "of a moment"],
)
def test_other_calls_do_not_count_as_gained(contact, otherwise):
    call(contact, **otherwise)
    assert gained() == 0


def test_a_call_to_a_contact_without_finds_does_not_count_as_gained(scoped):
    call(Contact.objects.create(phone_number=FOUND))
    assert gained() == 0
