"""Merging two contacts is safe for the dialer, and splitting them gives back what was."""

import datetime as dt

import pytest
from django.utils import timezone

from calls.models import Call
from campaigns.attempts import finish_attempt
from campaigns.consents import record_consent, revoke_consent
from campaigns.models import CampaignLead, Consent, Suppression
from campaigns.suppressions import suppress_number
from contacts.merging import merge_contacts, undo_merge
from contacts.models import Contact

pytestmark = pytest.mark.django_db


@pytest.fixture
def merge(workspace):
    def run(kept, other):
        return merge_contacts(
            actor=workspace.admin, contact=Contact.objects.get(pk=kept.contact_id), other_id=other.contact_id
        )

    return run


def states(*rows):
    fresh = {row.pk: row for row in CampaignLead.objects.filter(pk__in=[row.pk for row in rows])}
    return [(fresh[row.pk].status, fresh[row.pk].status_reason) for row in rows]


def counts(row):
    row.refresh_from_db()
    return row.attempts, row.counted_attempts


def test_a_doubled_queued_call_is_cancelled_and_comes_back_with_the_split(make_campaign, make_lead, merge, workspace):
    campaign = make_campaign()
    first, second = make_lead(campaign), make_lead(campaign)
    done = merge(first, second)
    assert states(first, second) == [("pending", ""), ("blocked", "duplicate_number")]
    undo_merge(actor=workspace.admin, merge=done)
    assert states(first, second) == [("pending", ""), ("pending", "")]


def test_tries_add_up_and_are_taken_apart_again(make_campaign, make_lead, merge, workspace):
    campaign = make_campaign(max_retries=5)
    first = make_lead(campaign, status="retry_wait", attempts=2, counted_attempts=2)
    second = make_lead(campaign, status="pending", attempts=1, counted_attempts=1)
    done = merge(first, second)
    assert counts(first) == (3, 3)
    undo_merge(actor=workspace.admin, merge=done)
    assert counts(first) == (2, 2)
    assert counts(second) == (1, 1)


def test_whose_tries_are_used_up_together_is_not_called_again(make_campaign, make_lead, merge):
    campaign = make_campaign(max_retries=3)
    first = make_lead(campaign, status="retry_wait", attempts=2)
    second = make_lead(campaign, status="retry_wait", attempts=2)
    merge(first, second)
    assert states(first)[0] == ("exhausted", "attempts_used_up")


def test_the_rules_count_the_tries_of_both_numbers(make_campaign, make_lead, merge):
    campaign = make_campaign(max_retries=1)
    first, second = make_lead(campaign), make_lead(campaign, status="blocked", status_reason="invalid_number")
    now = timezone.now()
    ended = {
        "campaign": campaign,
        "dial_state": "ended",
        "outcome": "no_answer",
        "ended_at": now,
        "callback_token": "t",
    }
    Call.objects.create(campaign_lead=second, phone_number=second.phone_number, **ended)
    merge(first, second)
    CampaignLead.objects.filter(pk=first.pk).update(status="in_call")
    row = finish_attempt(campaign_lead_id=first.pk, attempt=1, outcome="no_answer", now=now)
    assert (row.status, row.status_reason) == ("exhausted", "attempts_used_up")


def test_a_person_already_reached_under_the_other_number_is_left_alone(make_campaign, make_lead, merge):
    campaign = make_campaign()
    reached, waits = make_lead(campaign, status="done", status_reason="answered"), make_lead(campaign)
    merge(waits, reached)
    assert states(waits) == [("blocked", "duplicate_number")]


def test_an_opt_out_holds_for_both_numbers_until_the_split(make_campaign, make_lead, merge, workspace):
    first, second = make_lead(make_campaign()), make_lead(make_campaign())
    suppress_number(actor=workspace.agent, phone_number=second.phone_number, source="call")
    done = merge(first, second)
    assert states(first) == [("blocked", "do_not_call")]
    assert set(Suppression.objects.values_list("phone_number", flat=True)) == {first.phone_number, second.phone_number}
    undo_merge(actor=workspace.admin, merge=done)
    assert [entry.phone_number for entry in Suppression.objects.all()] == [second.phone_number]
    assert states(first, second) == [("pending", ""), ("blocked", "do_not_call")]


def test_an_opt_out_said_after_the_merge_survives_the_split(make_campaign, make_lead, merge, workspace):
    first, second = make_lead(make_campaign()), make_lead(make_campaign())
    done = merge(first, second)
    suppress_number(actor=workspace.agent, phone_number=first.phone_number, source="call")
    undo_merge(actor=workspace.admin, merge=done)
    assert states(first) == [("blocked", "do_not_call")]


def test_a_consent_counts_for_the_person_and_one_taken_back_ends_the_other(make_campaign, make_lead, merge, workspace):
    first = make_lead(make_campaign(), status="blocked", status_reason="no_consent")
    second = make_lead(make_campaign())
    given = record_consent(actor=None, source="form", contact=second.contact)
    done = merge(first, second)
    assert states(first) == [("pending", "")]
    undo_merge(actor=workspace.admin, merge=done)
    assert states(first) == [("blocked", "no_consent")]
    earlier = timezone.now() - dt.timedelta(days=2)
    own = record_consent(actor=None, source="form", contact=first.contact, given_at=earlier)
    revoke_consent(actor=workspace.agent, consent=given)
    done = merge(first, second)
    assert Consent.objects.get(pk=own.pk).revoked_at is not None
    undo_merge(actor=workspace.admin, merge=done)
    assert Consent.objects.get(pk=own.pk).revoked_at is None
