"""One opt-out closes every queued job, at its commit."""

import pytest

from campaigns.consents import record_consent
from campaigns.models import CampaignLead, Consent, Suppression, WhyEntry
from campaigns.suppressions import remove_suppression, suppress_number

pytestmark = pytest.mark.django_db


def test_an_opt_out_closes_the_number_in_every_campaign(make_campaign, make_lead, scoped):
    first = make_lead(make_campaign())
    second = make_lead(make_campaign(name="B"), phone_number=first.phone_number, contact=first.contact, status="queued")
    talking = make_lead(
        make_campaign(name="C"), phone_number=first.phone_number, contact=first.contact, status="in_call"
    )
    entry, is_new = suppress_number(
        actor=scoped.agent, phone_number=first.phone_number, reason="Asked", source="call", proof={"call_id": "1"}
    )
    assert is_new
    assert entry.proof == {"call_id": "1"}
    states = dict(CampaignLead.objects.values_list("pk", "status"))
    assert [states[r.pk] for r in (first, second, talking)] == ["blocked", "blocked", "in_call"]
    assert WhyEntry.objects.filter(rule="do_not_call", allowed=False).count() == 2


def test_a_second_opt_out_keeps_the_first_proof(scoped):
    suppress_number(actor=scoped.agent, phone_number="+12125550155", proof={"n": 1})
    entry, is_new = suppress_number(actor=scoped.agent, phone_number="+12125550155", proof={"n": 2})
    assert (is_new, entry.proof) == (False, {"n": 1})


def test_an_entry_of_the_national_list_becomes_the_workspaces_own(scoped):
    Suppression.objects.create(phone_number="+12125550155", scope="national", source="national")
    entry, _ = suppress_number(actor=scoped.agent, phone_number="+12125550155", source="call")
    assert (entry.scope, entry.source) == ("tenant", "call")


def test_an_opt_out_ends_consent_to_calls_but_not_to_email(make_campaign, make_lead, scoped):
    row = make_lead(make_campaign())
    for scope in ("ai_voice", "human_call", "email"):
        record_consent(actor=scoped.agent, source="form", contact=row.contact, scope=scope)
    suppress_number(actor=scoped.agent, phone_number=row.phone_number)
    assert list(Consent.objects.filter(revoked_at=None).values_list("scope", flat=True)) == ["email"]


def test_taking_an_entry_off_the_list_reopens_nothing(make_campaign, make_lead, scoped):
    row = make_lead(make_campaign())
    entry, _ = suppress_number(actor=scoped.agent, phone_number=row.phone_number)
    remove_suppression(actor=scoped.manager, suppression=entry)
    row.refresh_from_db()
    assert row.status == "blocked"
    assert not Suppression.objects.exists()


def test_another_workspaces_list_does_not_count(scoped, stranger, make_campaign, make_lead):
    row = make_lead(make_campaign())
    with stranger.scope():
        suppress_number(actor=stranger.agent, phone_number=row.phone_number)
    row.refresh_from_db()
    assert row.status == "pending"
