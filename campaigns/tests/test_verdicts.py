"""May this lead be called now, and what is written down when not."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from campaigns.consents import record_consent, revoke_consent
from campaigns.models import CampaignLead, Consent, Suppression, WhyEntry
from campaigns.suppressions import suppress_number
from campaigns.tests.test_attempts import ended_call
from campaigns.verdicts import apply_refusals, judge_leads

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
NOON = datetime(2026, 3, 3, 17, 0, tzinfo=UTC)


def verdict(row, now=None):
    now = now or timezone.now()
    return judge_leads(campaign=row.campaign, leads=[row], now=now)[row.pk]


def test_a_lead_without_obstacles_is_called(make_campaign, make_lead):
    assert verdict(make_lead(make_campaign())).kind == "call"


def test_a_listed_number_is_blocked_everywhere_or_in_its_campaign(make_campaign, make_lead, scoped):
    row, other = make_lead(make_campaign()), make_lead(make_campaign(name="Other"))
    suppress_number(actor=scoped.agent, phone_number=other.phone_number, campaign=row.campaign)
    assert verdict(other).kind == "call"
    suppress_number(actor=scoped.agent, phone_number=row.phone_number)
    assert (verdict(row).kind, verdict(row).rule) == ("block", "do_not_call")


def test_consent_is_needed_unless_waived_and_may_be_the_contacts(make_campaign, make_lead, scoped):
    campaign = make_campaign(consent_policy="require")
    without, by_number, by_contact = make_lead(campaign), make_lead(campaign), make_lead(campaign)
    record_consent(actor=scoped.agent, source="form", phone_number=by_number.phone_number)
    record_consent(actor=scoped.agent, source="form", contact=by_contact.contact)
    found = judge_leads(campaign=campaign, leads=[without, by_number, by_contact], now=timezone.now())
    assert [found[r.pk].kind for r in (without, by_number, by_contact)] == ["block", "call", "call"]
    revoke_consent(actor=scoped.agent, consent=Consent.objects.get(contact=by_contact.contact))
    assert verdict(by_contact).rule == "no_consent"


def test_consent_given_later_opens_the_lead_again(make_campaign, make_lead, scoped):
    row = make_lead(make_campaign(consent_policy="require"))
    apply_refusals(leads=[row], verdicts={row.pk: verdict(row)}, now=timezone.now())
    assert CampaignLead.objects.get(pk=row.pk).status_reason == "no_consent"
    record_consent(actor=scoped.agent, source="call", phone_number=row.phone_number)
    assert CampaignLead.objects.get(pk=row.pk).status == "pending"


def test_a_person_in_the_trash_is_not_called(make_campaign, make_lead):
    row = make_lead(make_campaign())
    row.contact.deleted_at = timezone.now()
    row.contact.save()
    assert verdict(row).rule == "contact_deleted"


def test_a_closed_zone_waits_for_its_morning(make_campaign, make_lead):
    row = make_lead(make_campaign(calling_hours=None))
    closed = verdict(row, NIGHT)
    assert (closed.kind, closed.rule) == ("wait", "calling_hours")
    assert closed.until == datetime(2026, 3, 3, 14, 0, tzinfo=UTC)
    assert verdict(row, NOON).kind == "call"


def test_an_unknown_zone_is_closed(make_campaign, make_lead):
    row = make_lead(make_campaign(calling_hours=None))
    row.zones = []
    assert (verdict(row, NOON).kind, verdict(row, NOON).rule) == ("block", "unsupported_region")


def test_calls_of_another_campaign_count_towards_the_caps(make_campaign, make_lead, settings):
    settings.SIMULATOR_SPEED = 1
    row = make_lead(make_campaign())
    other = make_lead(make_campaign(name="Other"), phone_number=row.phone_number, contact=row.contact)
    ended_call(other, 1, "no_answer", ago=timedelta(minutes=30))
    held = verdict(row)
    assert (held.kind, held.rule) == ("wait", "attempt_cap")
    assert timedelta(minutes=85) < held.until - timezone.now() <= timedelta(minutes=90)


def test_refusals_are_carried_out_with_their_reasons(make_campaign, make_lead, scoped):
    campaign = make_campaign(calling_hours=None)
    listed, closed = make_lead(campaign), make_lead(campaign)
    Suppression.objects.create(phone_number=listed.phone_number)
    leads = [listed, closed]
    verdicts = judge_leads(campaign=campaign, leads=leads, now=NIGHT)
    assert apply_refusals(leads=leads, verdicts=verdicts, now=NIGHT) == 0
    listed.refresh_from_db()
    closed.refresh_from_db()
    assert (listed.status, listed.status_reason) == ("blocked", "do_not_call")
    assert (closed.status, closed.status_reason, closed.next_attempt_at) == (
        "pending",
        "calling_hours",
        verdicts[closed.pk].until,
    )
    assert set(WhyEntry.objects.values_list("rule", "allowed")) == {("do_not_call", False), ("calling_hours", False)}


def test_the_number_of_queries_does_not_grow_with_the_leads(make_campaign, make_lead, django_assert_num_queries):
    campaign = make_campaign(consent_policy="require")
    rows = [make_lead(campaign) for _ in range(3)]
    for leads in (rows[:1], rows):
        with django_assert_num_queries(5):
            judge_leads(campaign=campaign, leads=leads, now=timezone.now())
