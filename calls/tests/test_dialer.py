"""Each step of dialling decides by the database alone, and a step that comes too late does nothing."""

import datetime as dt
import threading
import time
import uuid

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts import ledger
from accounts.models import Tenant
from calls.dialer import intent, pacing, place, script, sweep
from calls.dialer.claim import claim_calls
from calls.invariants import check_invariants
from calls.models import Call
from calls.providers.base import Ambiguous, Placed, RateLimited, Rejected
from calls.tests.conftest import numbers
from campaigns import running
from campaigns.models import CampaignLead, ProviderGate
from campaigns.suppressions import suppress_number
from core.scope import tenant_context

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fast(settings):
    settings.SIMULATOR_SPEED = 100.0


def claim(desk, campaign, most=50):
    with tenant_context(desk.workspace.id):
        return claim_calls(campaign_id=campaign.pk, most=most)


def commit(desk, campaign, call_ids):
    with tenant_context(desk.workspace.id):
        return [call for call, _ in intent.commit_intents(campaign_id=campaign.pk, call_ids=call_ids)]


def dialing(desk, campaign):
    """Claim and intend everything that may be called; answers the calls."""
    return commit(desk, campaign, claim(desk, campaign).call_ids)


def record(desk, call, result):
    with tenant_context(desk.workspace.id):
        place.record([place.Answer(call, result)])


def expire(desk):
    with desk.workspace.scope(), connection.cursor() as cursor:
        cursor.execute("UPDATE calls_call SET lease_until = now() - interval '1 second' WHERE dial_state <> 'ended'")


def held(desk):
    with desk.workspace.scope():
        return ledger.get_account("minutes").held


def test_a_claim_takes_no_more_than_the_campaigns_cap(desk):
    campaign = desk.campaign(numbers(8), max_concurrent_calls=3)
    first = claim(desk, campaign)
    assert len(first.call_ids) == 3
    assert claim(desk, campaign) == type(first)([], "campaign")
    assert [lead.status for lead in desk.leads(campaign)].count("queued") == 3


def test_the_tenants_cap_holds_over_all_campaigns(desk):
    with desk.workspace.scope():
        Tenant.objects.update(max_concurrent_calls=4)
    one, two = desk.campaign(numbers(3)), desk.campaign([f"+1415555017{n}" for n in range(3)])
    assert len(claim(desk, one).call_ids) == 3
    second = claim(desk, two)
    assert (len(second.call_ids), second.limit) == (1, "tenant")


def test_the_providers_rate_limits_new_calls(desk, settings):
    settings.SIMULATOR_SPEED = 2.0
    with desk.workspace.scope():
        ProviderGate.objects.update(calls_per_second=1.0, tokens=1.0)
    campaign = desk.campaign(numbers(8))
    first = claim(desk, campaign)
    assert (len(first.call_ids), first.limit) == (1, "rate")


def test_a_throttled_provider_gets_no_call(desk, settings):
    settings.SIMULATOR_SPEED = 1.0
    campaign = desk.campaign(numbers(2))
    call = dialing(desk, campaign)[0]
    record(desk, call, RateLimited(30))
    assert claim(desk, campaign).limit == "throttled"


def test_a_lowered_cap_takes_effect_as_calls_end(desk):
    campaign = desk.campaign(numbers(8), max_concurrent_calls=4)
    claim(desk, campaign)
    desk.update(campaign, max_concurrent_calls=2)
    assert claim(desk, campaign).limit == "campaign"
    with desk.workspace.scope():
        assert check_invariants() == []


def test_claims_at_the_same_moment_never_take_a_lead_twice_or_more_than_the_cap(desk):
    campaign = desk.campaign(numbers(40), max_concurrent_calls=15)
    taken, start = [], threading.Barrier(6)

    def work():
        start.wait()
        limit = ""
        while limit != "campaign":
            found = claim(desk, campaign, most=2)
            taken.extend(found.call_ids)
            limit = found.limit if not found.call_ids else ""
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(taken) == len(set(taken)) == 15
    with desk.workspace.scope():
        assert check_invariants() == []


def test_a_number_on_another_campaigns_line_waits(desk):
    one, two = desk.campaign(numbers(1)), desk.campaign([])
    assert len(claim(desk, one).call_ids) == 1
    lead = desk.leads(one)[0]
    with desk.workspace.scope():
        CampaignLead.objects.create(
            campaign=two,
            lead_id=lead.lead_id,
            contact_id=lead.contact_id,
            phone_number=lead.phone_number,
            zones=["UTC"],
        )
    assert claim(desk, two).call_ids == []
    waiting = desk.leads(two)[0]
    assert (waiting.status, waiting.status_reason) == ("pending", "number_in_use")
    assert waiting.next_attempt_at > timezone.now()


def test_outside_the_calling_hours_a_lead_waits_and_is_not_dialled(desk, settings):
    settings.SIMULATOR_SPEED = 1
    campaign = desk.campaign(numbers(3), calling_hours={"mon": [["09:00", "09:15"]], "holidays": []})
    now = timezone.now()
    if now.weekday() == 0:
        pytest.skip("it is Monday")
    assert claim(desk, campaign).call_ids == []
    assert all(lead.next_attempt_at > now and lead.status_reason == "calling_hours" for lead in desk.leads(campaign))


def test_an_intent_holds_the_minutes_of_the_longest_call(desk):
    campaign = desk.campaign(numbers(2))
    assert [call.minutes_held for call in dialing(desk, campaign)] == [5, 5]
    assert held(desk) == 10


def test_with_few_minutes_left_calls_get_what_is_there_and_the_rest_goes_back(desk):
    with desk.workspace.scope():
        ledger.spend(kind="minutes", amount=997, key="used")
    campaign = desk.campaign(numbers(5))
    calls = dialing(desk, campaign)
    assert sum(call.minutes_held for call in calls) == 3
    with desk.workspace.scope():
        assert ledger.available("minutes") == 0
    assert claim(desk, campaign).limit == "minutes"


@pytest.mark.parametrize("act", ["pause_campaign", "stop_campaign"])
def test_after_a_pause_or_stop_has_committed_nothing_is_dialled(desk, act):
    campaign = desk.campaign(numbers(3))
    reserved = claim(desk, campaign).call_ids
    with desk.workspace.scope():
        getattr(running, act)(actor=desk.workspace.manager, campaign=campaign)
    assert commit(desk, campaign, reserved) == []
    assert desk.calls() == []
    assert {lead.status for lead in desk.leads(campaign)} == {"pending"}
    assert {lead.attempts for lead in desk.leads(campaign)} == {0}


def test_after_an_opt_out_has_committed_the_number_is_not_dialled(desk):
    campaign = desk.campaign(numbers(2))
    reserved = claim(desk, campaign).call_ids
    number = desk.leads(campaign)[0].phone_number
    with desk.workspace.scope():
        suppress_number(actor=desk.workspace.agent, phone_number=number)
    assert [call.phone_number for call in commit(desk, campaign, reserved)] == [desk.leads(campaign)[1].phone_number]
    assert desk.leads(campaign)[0].status == "blocked"


def test_a_reservation_whose_lease_is_over_is_not_dialled(desk):
    campaign = desk.campaign(numbers(1))
    reserved = claim(desk, campaign).call_ids
    expire(desk)
    assert commit(desk, campaign, reserved) == []


def test_the_same_intent_twice_is_dialled_once(desk):
    campaign = desk.campaign(numbers(1))
    reserved = claim(desk, campaign).call_ids
    assert len(commit(desk, campaign, reserved)) == 1
    assert commit(desk, campaign, reserved) == []


def test_a_stalled_worker_does_not_send(desk):
    campaign = desk.campaign(numbers(1))
    reserved = claim(desk, campaign).call_ids
    with tenant_context(desk.workspace.id):
        intents = intent.commit_intents(campaign_id=campaign.pk, call_ids=reserved)
        answer = place.send(intents, began=time.monotonic() - 60)[0].result()
    assert isinstance(answer.result, Ambiguous)
    assert "stalled" in answer.result.detail


def test_a_429_gives_the_attempt_and_its_minutes_back(desk, settings):
    settings.SIMULATOR_SPEED = 1.0
    campaign = desk.campaign(numbers(1))
    call = dialing(desk, campaign)[0]
    record(desk, call, RateLimited(2))
    lead = desk.leads(campaign)[0]
    assert (lead.status, lead.attempts) == ("pending", 0)
    assert lead.next_attempt_at > timezone.now()
    assert (desk.calls(), held(desk)) == ([], 0)


@pytest.mark.parametrize(("speed", "shortest", "longest"), [(1.0, 20, 30), (100.0, 0, 1)])
def test_how_long_a_429_slows_down_is_meant_in_the_networks_own_time(desk, settings, speed, shortest, longest):
    settings.SIMULATOR_SPEED = speed
    record(desk, dialing(desk, desk.campaign(numbers(1)))[0], RateLimited(20))
    with desk.workspace.scope():
        gate = ProviderGate.objects.get()
    waits = (gate.throttled_until - gate.refilled_at).total_seconds()
    assert shortest <= waits <= longest


def test_a_refused_number_ends_the_attempt(desk):
    campaign = desk.campaign(numbers(1))
    record(desk, dialing(desk, campaign)[0], Rejected("invalid_number", "No such number."))
    call, lead = desk.calls()[0], desk.leads(campaign)[0]
    assert (call.dial_state, call.outcome, call.outcome_detail) == ("ended", "invalid_number", "No such number.")
    assert (lead.status, lead.status_reason) == ("blocked", "invalid_number")
    assert held(desk) == 0


def test_a_fault_of_our_account_pauses_the_campaign_and_burns_no_attempt(desk):
    campaign = desk.campaign(numbers(1))
    record(desk, dialing(desk, campaign)[0], Rejected("auth", "The key is wrong."))
    paused = desk.fresh(campaign)
    assert (paused.status, paused.pause_reason, paused.pause_detail) == ("paused", "provider_down", "The key is wrong.")
    assert desk.leads(campaign)[0].attempts == 0


def test_an_unclear_answer_keeps_the_line_and_is_never_sent_again(desk):
    campaign = desk.campaign(numbers(1), max_concurrent_calls=1)
    record(desk, dialing(desk, campaign)[0], Ambiguous("timed out"))
    assert desk.calls()[0].dial_state == "unknown"
    assert claim(desk, campaign).limit == "campaign"
    assert held(desk) == 5


def test_the_sweep_gives_expired_reservations_back(desk):
    campaign = desk.campaign(numbers(2))
    claim(desk, campaign)
    expire(desk)
    sweep.sweep_all()
    assert desk.calls() == []
    assert {(lead.status, lead.attempts) for lead in desk.leads(campaign)} == {("pending", 0)}


def test_a_sweep_with_time_goes_on_until_nothing_is_left(desk, monkeypatch):
    monkeypatch.setattr(sweep, "AT_ONCE", 2)
    claim(desk, desk.campaign(numbers(5)))
    expire(desk)
    assert sweep.sweep_all() == 2
    assert sweep.sweep_all(seconds=20) == 3
    assert desk.calls() == []


def test_the_sweep_adopts_a_call_that_was_made_after_all(phones, client):
    desk, network = phones(speed=1.0)
    campaign = desk.campaign(numbers(1))
    call = dialing(desk, campaign)[0]
    network.receiver_url = f"{desk.receiver.url}/lost"
    made = network.request_call(call.phone_number, reference=str(call.pk)).json()
    record(desk, call, Ambiguous("500 after placing"))
    expire(desk)
    sweep.sweep_all()
    adopted = desk.calls()[0]
    assert (adopted.dial_state, adopted.provider_call_id) == ("placed", made["id"])
    assert len(network.get("/log").json()["calls"]) == 1


def test_the_sweep_spends_an_attempt_the_provider_knows_nothing_of(phones):
    desk, _ = phones()
    campaign = desk.campaign(numbers(1))
    call = dialing(desk, campaign)[0]
    record(desk, call, Ambiguous("500 before placing"))
    expire(desk)
    sweep.sweep_all()
    assert desk.calls()[0].dial_state == "unknown", "too early: the request may still be on its way"
    desk.update(call, started_at=timezone.now() - dt.timedelta(minutes=1))
    expire(desk)
    sweep.sweep_all()
    spent, lead = desk.calls()[0], desk.leads(campaign)[0]
    assert (spent.dial_state, spent.outcome) == ("ended", "failed")
    assert (lead.status, lead.attempts) == ("retry_wait", 1)
    assert held(desk) == 0


def test_the_sweep_learns_the_end_that_no_webhook_told(phones):
    desk, network = phones(speed=2000.0)
    campaign = desk.campaign(numbers(1))
    call = dialing(desk, campaign)[0]
    network.receiver_url = f"{desk.receiver.url}/lost"
    made = network.request_call(call.phone_number, reference=str(call.pk)).json()
    record(desk, call, Placed(provider_call_id=made["id"]))
    network.wait_for_end(made["id"])
    expire(desk)
    sweep.sweep_all()
    ended = desk.calls()[0]
    assert (ended.dial_state, ended.outcome) == ("ended", "completed")
    assert ended.duration_seconds
    with desk.workspace.scope():
        assert check_invariants() == []


def test_a_provider_that_cannot_be_asked_costs_nothing(desk, settings):
    settings.SIMULATOR_URL = "http://127.0.0.1:9"
    campaign = desk.campaign(numbers(1))
    record(desk, dialing(desk, campaign)[0], Ambiguous("timed out"))
    expire(desk)
    sweep.sweep_all()
    assert desk.calls()[0].dial_state == "unknown"


def test_two_sweeps_at_once_look_a_call_up_once(desk):
    campaign = desk.campaign(numbers(4))
    for call in dialing(desk, campaign):
        record(desk, call, Ambiguous("timed out"))
    expire(desk)
    with tenant_context(desk.workspace.id):
        with transaction.atomic():
            first = sweep._lease_again()
            taken = []
            thread = threading.Thread(target=lambda: taken.extend(_other_sweep(desk)))
            thread.start()
            thread.join()
        assert (len(first), taken) == (4, [])


def _other_sweep(desk):
    with tenant_context(desk.workspace.id):
        found = sweep._lease_again()
    connections.close_all()
    return found


def test_the_voice_is_told_whom_it_speaks_to_for_whom_and_about_what(desk):
    campaign = desk.campaign(numbers(1), name="Spring renewals", voice_id="robin")
    reserved = claim(desk, campaign).call_ids
    with tenant_context(desk.workspace.id):
        ((_, request),) = intent.commit_intents(campaign_id=campaign.pk, call_ids=reserved)
    told = {"company": "Northwind", "person": "Ada", "offer": "spring renewals", "agent": "Robin"}
    assert request.metadata == told


@pytest.mark.parametrize("count", [1, 4])
def test_what_the_voices_are_told_takes_the_same_few_queries_for_any_number_of_calls(
    desk, django_assert_num_queries, count
):
    campaign = desk.campaign(numbers(count))
    with tenant_context(desk.workspace.id):
        reserved = claim_calls(campaign_id=campaign.pk).call_ids
        with transaction.atomic(), django_assert_num_queries(5):
            requests = script.requests_for(list(Call.objects.filter(pk__in=reserved)))
    assert len(requests) == count


def test_a_gate_is_made_once(desk):
    campaign = desk.campaign(numbers(1))
    with tenant_context(desk.workspace.id), transaction.atomic():
        assert pacing.lock_gates(campaign)
        assert pacing.lock_gates(campaign)
        assert ProviderGate.objects.count() == 1


def test_a_campaign_that_is_not_there_claims_nothing(desk):
    with tenant_context(desk.workspace.id):
        assert claim_calls(campaign_id=uuid.uuid4()).limit == "state"
