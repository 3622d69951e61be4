"""Any order of claims, answers, webhooks, sweeps, pauses and opt-outs keeps every promise of the dialer.

Hypothesis makes the orders up; after each step the invariants are asked of the database. `script/prove law` runs
500 orders instead of five.
"""

import itertools
import uuid

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import ledger
from calls.dialer import intent, place, sweep
from calls.dialer.claim import claim_calls
from calls.dialer.finish import apply_facts
from calls.invariants import check_invariants
from calls.models import Call
from calls.providers.base import (
    Ambiguous,
    AnsweredBy,
    CallFacts,
    CallStatus,
    Disposition,
    Outcome,
    Placed,
    RateLimited,
    Rejected,
)
from calls.tests.conftest import Desk
from campaigns import running
from campaigns.models import Campaign, CampaignLead
from campaigns.states import LEAD_STEPS
from campaigns.suppressions import suppress_number
from core.scope import tenant_scope

pytestmark = pytest.mark.django_db(transaction=True)
RANKS = {"reserved": 0, "dialing": 1, "placed": 2, "unknown": 2, "ended": 3}
STATUS_RANKS = {"initiated": 0, "ringing": 1, "in_progress": 2, "ended": 3}
LEADS = 3
_numbers = itertools.count()

positions = st.integers(0, LEADS - 1)
steps = st.one_of(
    st.tuples(st.just("claim"), st.integers(1, LEADS)),
    st.tuples(st.just("intend"), st.just(0)),
    st.tuples(st.just("answer"), st.sampled_from(["placed", "placed", "unknown", "too_many", "refused"])),
    st.tuples(
        st.just("event"),
        st.tuples(
            positions,
            st.sampled_from(["ringing", "answered", "completed", "busy", "no_answer", "opt_out", "callback", "late"]),
        ),
    ),
    st.tuples(st.just("opt_out"), positions),
    st.tuples(st.just("move"), st.sampled_from(["pause", "resume", "resume"])),
    st.tuples(st.just("time_passes"), st.just(0)),
)
EVENTS = {
    "ringing": {"status": CallStatus.RINGING},
    "answered": {"status": CallStatus.IN_PROGRESS, "answered_by": AnsweredBy.HUMAN},
    "completed": {"status": CallStatus.ENDED, "outcome": Outcome.COMPLETED, "duration_seconds": 42},
    "busy": {"status": CallStatus.ENDED, "outcome": Outcome.BUSY},
    "no_answer": {"status": CallStatus.ENDED, "outcome": Outcome.NO_ANSWER},
    "opt_out": {"status": CallStatus.ENDED, "outcome": Outcome.OPT_OUT, "disposition": Disposition.DO_NOT_CALL},
    "callback": {
        "status": CallStatus.ENDED,
        "outcome": Outcome.COMPLETED,
        "disposition": Disposition.CALLBACK,
        "callback_in_minutes": 30,
        "answered_by": AnsweredBy.HUMAN,
        "duration_seconds": 30,
    },
    "late": {"duration_seconds": 7, "summary": "Told late."},
}


class Floor:
    """A campaign of a few leads, and everything that can happen to it."""

    def __init__(self, workspace):
        self.workspace, self.in_hand, self.unheard = workspace, [], []
        self.forbidden, self.dialed, self.seen = set(), set(), {}
        with workspace.scope():
            self.campaign = _campaign(workspace)
            leads = CampaignLead.objects.filter(campaign=self.campaign).order_by("phone_number")
            self.numbers = [lead.phone_number for lead in leads]

    def claim(self, most):
        self.in_hand += claim_calls(campaign_id=self.campaign.pk, most=most).call_ids

    def intend(self, _):
        status = Campaign.objects.values_list("status", flat=True).get(pk=self.campaign.pk)
        taken, self.in_hand = self.in_hand, []
        passed = [call for call, _ in intent.commit_intents(campaign_id=self.campaign.pk, call_ids=taken)]
        assert not passed or status == "running"
        assert not self.forbidden & {call.phone_number for call in passed}, "dialled after an opt-out"
        assert not self.dialed & {call.pk for call in passed}, "an attempt was dialled twice"
        self.dialed |= {call.pk for call in passed}
        self.unheard += passed

    def answer(self, kind):
        results = {
            "placed": Placed(provider_call_id=uuid.uuid4().hex),
            "unknown": Ambiguous("timed out"),
            "too_many": RateLimited(0.2),
            "refused": Rejected("invalid_number", "No such number."),
        }
        if self.unheard:
            place.record([place.Answer(self.unheard.pop(0), results[kind])])

    def event(self, what):
        position, kind = what
        rows = Call.objects.for_update().filter(phone_number=self.numbers[position]).exclude(dial_state="reserved")
        call = rows.order_by("-attempt").first()
        if call is not None and call.pk not in {waiting.pk for waiting in self.unheard}:
            apply_facts(call=call, facts=CallFacts(provider_call_id=call.provider_call_id or "", **EVENTS[kind]))
            if kind == "opt_out":
                self.forbidden.add(call.phone_number)

    def opt_out(self, position):
        suppress_number(actor=None, phone_number=self.numbers[position])
        self.forbidden.add(self.numbers[position])

    def move(self, act):
        campaign = Campaign.objects.get(pk=self.campaign.pk)
        if act == "pause" and campaign.status == "running":
            running.pause_campaign(actor=self.workspace.manager, campaign=campaign)
        if act == "resume" and campaign.status == "paused":
            running.resume_campaign(actor=self.workspace.manager, campaign=campaign)

    def time_passes(self, _):
        """Leases run out, the sweep comes by, waits are over."""
        with connection.cursor() as cursor:
            cursor.execute("UPDATE calls_call SET lease_until = now() - interval '1 s' WHERE dial_state = 'reserved'")
            cursor.execute("UPDATE campaigns_campaignlead SET next_attempt_at = now() - interval '1 s'")
            cursor.execute("UPDATE campaigns_providergate SET tokens = 100, throttled_until = NULL")
        sweep._release_reserved()

    def check(self):
        """Nothing is broken, nothing has gone back down a ladder."""
        assert check_invariants() == []
        calls = Call.objects.filter(campaign=self.campaign).values_list("pk", "dial_state", "status")
        for pk, state, status in calls:
            rank = RANKS[state], STATUS_RANKS[status]
            before = self.seen.get(pk, (0, 0))
            assert rank[0] >= before[0], f"{state} after {before}"
            assert rank[1] >= before[1], f"{status} after {before}"
            self.seen[pk] = rank
        for pk, status in CampaignLead.objects.filter(campaign=self.campaign).values_list("pk", "status"):
            before = self.seen.get(pk, status)
            assert before == status or _leads_to(before, status), f"{before} became {status}"
            self.seen[pk] = status


def _leads_to(before, after):
    """Whether legal steps lead from one state to the other; one act may take several of them."""
    reached, new = set(), {before}
    while new:
        reached |= new
        new = {target for state in new for target in LEAD_STEPS[state]} - reached
    return after in reached


def _campaign(workspace):
    first = next(_numbers) * LEADS
    numbers = [f"+1{212 + (first + n) // 9000}736{1000 + (first + n) % 9000}" for n in range(LEADS)]
    return Desk(workspace).campaign(numbers, max_concurrent_calls=2, max_retries=2)


@settings(
    deadline=None,
    max_examples=max(5, settings().max_examples // 20),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(course=st.lists(steps, min_size=8, max_size=16))
def test_any_order_of_events_keeps_every_promise(workspace, settings, course):
    settings.SIMULATOR_SPEED = 100.0
    floor = Floor(workspace)
    for verb, argument in course:
        with tenant_scope(workspace.id):
            getattr(floor, verb)(argument)
        with tenant_scope(workspace.id):
            floor.check()
    with tenant_scope(workspace.id):
        assert ledger.drift() == []
        CampaignLead.objects.filter(campaign=floor.campaign).waiting().update(status="removed")
