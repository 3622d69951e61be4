"""The counters of campaigns equal the rows, whatever is done to those and by how many at once."""

import datetime as dt
import random
import threading

import pytest
from django.db import connection, connections, transaction
from django.db.models import Count
from django.utils import timezone

from calls.invariants import check_invariants
from calls.models import Call
from calls.tests.conftest import numbers
from campaigns import tallies
from campaigns.live import look_at
from campaigns.models import CampaignLead
from campaigns.selectors import attach_counters
from campaigns.stats import campaign_stats, lead_counts
from campaigns.tally_models import CallTally, LeadReach, LeadTally
from core.scope import tenant_context

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 8
STATES = ("pending", "retry_wait", "done", "exhausted", "blocked")
ENDS = (
    {"outcome": "completed", "answered_by": "human", "duration_seconds": 70, "cost": "0.1400"},
    {"outcome": "completed", "answered_by": "human", "duration_seconds": 4, "cost": "0.0100"},
    {"outcome": "no_answer", "duration_seconds": 0},
    {"outcome": "cancelled"},
)


def make_call(lead, attempt=1, **fields):
    return Call.objects.create(
        campaign_id=lead.campaign_id,
        campaign_lead=lead,
        phone_number=lead.phone_number,
        attempt=attempt,
        callback_token="t",
        **fields,
    )


def end(call, **facts):
    answered = timezone.now() if facts.get("answered_by") else None
    rows = Call.objects.filter(pk=call.pk)
    rows.update(dial_state="ended", status="ended", answered_at=answered, ended_at=timezone.now(), **facts)


def broken(desk):
    """What the counters get wrong; other invariants are not of interest here."""
    with desk.workspace.scope():
        return [words for words in check_invariants() if words.startswith("I9")]


def test_every_figure_follows_a_life_of_calls(desk):
    campaign = desk.campaign(numbers(4))
    with desk.workspace.scope():
        first, second, third, fourth = CampaignLead.objects.order_by("id")
        end(make_call(first), **ENDS[1])
        end(make_call(first, 2), **ENDS[0])
        end(make_call(second), **ENDS[2])
        make_call(third, dial_state="placed", answered_at=timezone.now())
        make_call(fourth)
        CampaignLead.objects.filter(pk=first.pk).update(status="done", status_reason="answered")
        attach_counters([campaign])
        stats, live = campaign_stats(campaign), look_at(campaign, timezone.now())
    assert (campaign.total_leads, campaign.calls_completed, campaign.calls_failed) == (4, 2, 1)
    assert stats["job_status_counts"] | {"done": 1, "pending": 3} == stats["job_status_counts"]
    assert (stats["in_flight"], stats["cost"], stats["answer_rate"]) == (2, "0.1500", 0.6667)
    assert (stats["average_duration_seconds"], stats["minutes"]) == (37.0, 1.23)
    assert [(hour["calls"], hour["answered"], hour["completed"]) for hour in stats["by_hour"]] == [(3, 2, 2)]
    assert [step.value for step in live.funnel] == [4, 3, 2, 1, 0]
    assert (live.today, live.yesterday, live.lines_taken, len(live.on_line)) == (4, 0, 2, 2)
    assert broken(desk) == []


def test_a_later_fact_takes_back_what_an_earlier_one_said(desk):
    desk.campaign(numbers(1))
    with desk.workspace.scope():
        call = make_call(CampaignLead.objects.get(), dial_state="placed", answered_at=timezone.now())
        assert LeadReach.objects.get().answered == 1
        Call.objects.update(answered_by="voicemail")
        reach = LeadReach.objects.get()
        names = tallies.leads_by_name([call.campaign_id])[call.campaign_id]
    assert (reach.dialed, reach.answered, names["dialed"], names["answered"]) == (1, 0, 1, 0)
    assert broken(desk) == []


def test_yesterday_is_counted_to_the_minute(desk):
    campaign = desk.campaign(numbers(3))
    now = dt.datetime(2026, 3, 11, 18, 30, tzinfo=dt.UTC)
    with desk.workspace.scope():
        for lead, minutes in zip(CampaignLead.objects.order_by("id"), (5, 24 * 60 + 5, 24 * 60 - 5), strict=True):
            make_call(lead, dial_state="placed", created_at=now - dt.timedelta(minutes=minutes))
        live = look_at(campaign, now)
    assert (live.today, live.yesterday) == (1, 1)


def test_what_is_rolled_back_was_never_counted(desk):
    campaign = desk.campaign(numbers(3))
    with desk.workspace.scope():
        before = lead_counts(campaign)
        with transaction.atomic():
            CampaignLead.objects.update(status="done", status_reason="answered")
            make_call(CampaignLead.objects.first())
            transaction.set_rollback(True)
        assert lead_counts(campaign) == before
        assert not CallTally.objects.exists()


def test_deleting_and_moving_rows_is_counted_too(desk):
    campaign = desk.campaign(numbers(3))
    with desk.workspace.scope():
        first, second, third = CampaignLead.objects.order_by("id")
        end(make_call(first), **ENDS[0])
        end(make_call(third), **ENDS[0])
        Call.objects.filter(campaign_lead=first).update(campaign_lead=second)
        Call.objects.filter(campaign_lead=third).delete()
        CampaignLead.objects.filter(pk=third.pk).delete()
        assert [step.value for step in look_at(campaign, timezone.now()).funnel] == [2, 1, 1, 1, 0]
    assert broken(desk) == []


def test_folding_changes_no_figure_and_leaves_one_row_a_key(desk):
    campaign = desk.campaign(numbers(6))
    with desk.workspace.scope():
        for lead in CampaignLead.objects.order_by("id"):
            end(make_call(lead), **ENDS[0])
        before = campaign_stats(campaign)
    tallies.fold()
    with desk.workspace.scope():
        assert campaign_stats(campaign) == before
        assert not LeadTally.objects.filter(folded=False).exists()
        assert not CallTally.objects.exclude(state="completed").exists()
        assert CallTally.objects.get().n == 6
    assert broken(desk) == []


def test_a_counter_that_was_tampered_with_is_found_and_set_right(desk):
    campaign = desk.campaign(numbers(2))
    with desk.workspace.scope():
        end(make_call(CampaignLead.objects.order_by("id").first()), **ENDS[0])
        before = campaign_stats(campaign), look_at(campaign, timezone.now()).funnel
        LeadTally.objects.filter(name="pending").update(n=7)
        LeadTally.objects.filter(name="answered").delete()
        CallTally.objects.filter(state="completed").update(cost=9)
    assert [words.partition(":")[0] for words in broken(desk)] == ["I9leads", "I9calls", "I9reached"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT recount_campaign_tallies()")
    with desk.workspace.scope():
        assert (campaign_stats(campaign), look_at(campaign, timezone.now()).funnel) == before
    assert broken(desk) == []


def _write(desk, campaign, seed, stop, errors):
    """One worker: claims, ends, bulk changes, deletions, some of it rolled back."""
    chance = random.Random(seed)
    try:
        while not stop.is_set():
            with tenant_context(desk.workspace.id), transaction.atomic():
                leads = list(
                    CampaignLead.objects.filter(campaign=campaign)
                    .select_for_update(skip_locked=True)
                    .order_by("?")[: chance.randint(1, 4)]
                )
                ids = [lead.pk for lead in leads]
                CampaignLead.objects.filter(pk__in=ids).update(status=chance.choice(STATES), status_reason="test")
                for lead in leads:
                    attempt = Call.objects.filter(campaign_lead=lead).count() + 1
                    call = make_call(lead, attempt)
                    Call.objects.filter(pk=call.pk).update(dial_state="placed", answered_at=timezone.now())
                    end(call, **chance.choice(ENDS))
                if chance.random() < 0.2:
                    transaction.set_rollback(True)
    except Exception as error:
        errors.append(error)
    finally:
        connections.close_all()


def test_eight_writers_and_a_folding_never_make_a_figure_wrong(desk):
    campaign = desk.campaign(numbers(60))
    stop, errors, looks = threading.Event(), [], 0
    writers = [threading.Thread(target=_write, args=(desk, campaign, n, stop, errors)) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    ends = timezone.now() + dt.timedelta(seconds=4)
    while timezone.now() < ends:
        tallies.fold()
        assert broken(desk) == []
        looks += 1
    stop.set()
    for writer in writers:
        writer.join()
    assert errors == []
    assert looks > 5
    with desk.workspace.scope():
        rows = dict(CampaignLead.objects.order_by().values_list("status").annotate(Count("id")))
        assert {name: n for name, n in lead_counts(campaign).items() if n} == rows
        assert Call.objects.count() == tallies.calls_of(campaign.pk).ended > 100
    assert broken(desk) == []
