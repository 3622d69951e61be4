"""Calls stand in the timelines of the people who were called."""

import pytest

from calls.models import Call
from contacts.models import Contact
from contacts.timeline import timeline_of
from leads.models import Lead
from leads.timeline import lead_timeline

pytestmark = pytest.mark.django_db


def test_a_call_stands_in_the_timelines_of_its_lead_and_its_contact(scoped):
    contact = Contact.objects.create(first_name="Vic", email="vic@example.test")
    lead = Lead.objects.create(contact=contact, first_name="Vic")
    kept = {"lead": lead, "contact": contact, "phone_number": "+12025550171", "callback_token": "t"}
    call = Call.objects.create(
        **kept, dial_state="ended", status="ended", outcome="completed", duration_seconds=83, summary="Wants a demo."
    )
    Call.objects.create(**{**kept, "callback_token": "u"}, dial_state="ended", status="ended", outcome="cancelled")

    [event] = [event for event in timeline_of(contact) if event.kind == "call"]
    assert (event.title, event.detail, event.body) == ("Call: completed", "1:23 · by hand", "Wants a demo.")
    assert event.data["call_id"] == str(call.pk)
    assert [entry.title for entry in lead_timeline(lead) if entry.title.startswith("Call")] == ["Call: completed"]
