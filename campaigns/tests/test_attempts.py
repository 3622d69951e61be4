"""What becomes of a lead when an attempt ends."""

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.models import Call
from campaigns import attempts
from campaigns.consents import record_consent
from campaigns.models import CampaignLead, WhyEntry
from campaigns.suppressions import suppress_number

pytestmark = pytest.mark.django_db


def ended_call(row, attempt, outcome, ago=timedelta(0), **fields):
    at = timezone.now() - ago
    call = Call.objects.create(
        campaign=row.campaign,
        campaign_lead=row,
        attempt=attempt,
        phone_number=row.phone_number,
        callback_token=f"t{attempt}",
        dial_state="ended",
        status="ended",
        outcome=outcome,
        placed_at=at,
        ended_at=at,
        **fields,
    )
    Call.objects.filter(pk=call.pk).update(created_at=at)
    return call


def finish(row, outcome, attempt=1, **kwargs):
    CampaignLead.objects.filter(pk=row.pk).update(status="dialing", attempts=attempt)
    now = timezone.now()
    done = attempts.finish_attempt(campaign_lead_id=row.pk, attempt=attempt, outcome=outcome, now=now, **kwargs)
    done.refresh_from_db()
    return done, now


@pytest.mark.parametrize(
    ("outcome", "status", "reason"),
    [
        ("completed", "done", "answered"),
        ("not_interested", "done", "not_interested"),
        ("opt_out", "blocked", "do_not_call"),
        ("invalid_number", "blocked", "invalid_number"),
        ("busy", "retry_wait", "retry_busy"),
        ("no_answer", "retry_wait", "retry_no_answer"),
        ("failed", "retry_wait", "retry_failed"),
    ],
)
def test_each_outcome_ends_in_a_state_that_explains_itself(make_campaign, make_lead, outcome, status, reason):
    done, _ = finish(make_lead(make_campaign()), outcome)
    assert (done.status, done.status_reason, done.last_outcome) == (status, reason, outcome)
    assert WhyEntry.objects.filter(campaign_lead=done).count() == 1


def test_simulated_waits_pass_sixty_times_as_fast_as_simulated_calls(make_campaign, make_lead, settings):
    settings.SIMULATOR_SPEED = 10
    row = make_lead(make_campaign(retry_rules={"busy": [15]}))
    done, now = finish(row, "busy")
    assert timedelta(seconds=1.4) < done.next_attempt_at - now <= timedelta(seconds=12)


def test_real_waits_keep_their_length(make_campaign, make_lead, settings):
    settings.SIMULATOR_SPEED = 10
    week = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    done, now = finish(make_lead(make_campaign(provider="twilio", calling_hours=week)), "busy")
    assert done.next_attempt_at - now >= timedelta(minutes=15)


def test_the_last_of_the_allowed_attempts_exhausts_the_lead(make_campaign, make_lead):
    row = make_lead(make_campaign(max_retries=1))
    ended_call(row, 1, "no_answer", ago=timedelta(hours=5))
    done, _ = finish(row, "no_answer", attempt=2)
    assert (done.status, done.status_reason) == ("exhausted", "attempts_used_up")


def test_without_retries_one_attempt_is_all(make_campaign, make_lead):
    done, _ = finish(make_lead(make_campaign(retry_failed=False)), "busy")
    assert (done.status, done.status_reason) == ("exhausted", "retry_off")


def test_a_callback_comes_first_and_at_the_agreed_time(make_campaign, make_lead):
    agreed = timezone.now() + timedelta(hours=2)
    done, _ = finish(make_lead(make_campaign()), "callback", callback_at=agreed)
    assert (done.status, done.next_attempt_at, done.priority) == ("callback", agreed, attempts.CALLBACK_FIRST)


def test_the_number_caps_put_a_retry_off(make_campaign, make_lead, settings):
    settings.SIMULATOR_SPEED = 1
    row = make_lead(make_campaign())
    other = make_lead(make_campaign(name="Other"), phone_number=row.phone_number, contact=row.contact)
    for attempt, hours in ((1, 20), (2, 10), (3, 1)):
        ended_call(other, attempt, "no_answer", ago=timedelta(hours=hours))
    done, now = finish(row, "busy")
    assert done.next_attempt_at - now > timedelta(hours=3)


def test_a_simulated_campaign_with_short_rules_sets_its_own_pace(make_campaign, make_lead, settings):
    settings.SIMULATOR_SPEED = 1
    row = make_lead(make_campaign(retry_rules={"no_answer": [0.01]}))
    for attempt in (1, 2):
        ended_call(row, attempt, "no_answer", ago=timedelta(seconds=30 * attempt))
    done, now = finish(row, "no_answer", attempt=3)
    assert done.next_attempt_at - now < timedelta(seconds=2)


def test_an_opt_out_during_the_call_wins_over_its_outcome(make_campaign, make_lead, scoped):
    row = make_lead(make_campaign(), status="in_call")
    suppress_number(actor=scoped.agent, phone_number=row.phone_number, reason="Said so")
    done, _ = finish(row, "busy")
    assert (done.status, done.status_reason) == ("blocked", "do_not_call")


def test_a_second_finish_changes_nothing(make_campaign, make_lead):
    row = make_lead(make_campaign())
    finish(row, "completed")
    again = attempts.finish_attempt(campaign_lead_id=row.pk, attempt=1, outcome="busy", now=timezone.now())
    assert again.status == "done"


def test_a_released_attempt_is_given_back_unless_the_lead_was_blocked(make_campaign, make_lead, scoped):
    campaign = make_campaign()
    kept, lost = make_lead(campaign, status="queued", attempts=1), make_lead(campaign, status="queued", attempts=1)
    suppress_number(actor=scoped.agent, phone_number=lost.phone_number)
    assert attempts.release_attempts([kept.pk, lost.pk]) == 1
    kept.refresh_from_db()
    lost.refresh_from_db()
    assert (kept.status, kept.attempts, lost.status) == ("pending", 0, "blocked")


def test_a_released_attempt_waits_as_what_it_was(make_campaign, make_lead):
    campaign = make_campaign()
    retry = make_lead(campaign, status="queued", attempts=2, priority=attempts.RETRY)
    agreed = make_lead(campaign, status="dialing", attempts=2, priority=attempts.CALLBACK_FIRST)
    attempts.release_attempts([retry.pk, agreed.pk])
    retry.refresh_from_db()
    agreed.refresh_from_db()
    assert (retry.status, agreed.status) == ("retry_wait", "callback")


def test_a_lead_that_waits_again_after_consent_is_no_agreed_callback_any_more(make_campaign, make_lead, scoped):
    row = make_lead(
        make_campaign(), status="blocked", status_reason="no_consent", priority=attempts.CALLBACK_FIRST, attempts=1
    )
    record_consent(actor=scoped.agent, source="form", phone_number=row.phone_number, wording="Call me", proof={})
    row.refresh_from_db()
    assert (row.status, row.priority) == ("pending", attempts.REST)
