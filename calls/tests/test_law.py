"""The law over whole lives of leads: whatever the hours, zones, caps, outcomes and clock changes, no dial breaks it.

The rules that judge here are written a second time, from the law and not from the code. `script/prove law` runs
10,000 lives instead of 100.
"""

import uuid
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns import verdicts
from campaigns.call_history import retry_outcome
from campaigns.caps import CALLBACK, Caps, PastCall
from campaigns.models import Campaign, CampaignLead
from campaigns.pace import cap_decision, hours_of, next_attempt_of
from campaigns.retries import Attempt
from campaigns.schedule import next_open
from campaigns.states import FINAL, LEAD_STEPS
from campaigns.verdicts import may_still_dial

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONES = (
    *("America/New_York", "America/Los_Angeles", "America/Phoenix", "Europe/London", "Europe/Berlin"),
    *("Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Kiritimati", "Asia/Beirut"),
)
CLOCK_CHANGES = (datetime(2026, 3, 8), datetime(2026, 11, 1), datetime(2026, 3, 29), datetime(2026, 10, 25))  # noqa: DTZ001
NUMBER = "+12127360100"

starts = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001
    st.tuples(st.sampled_from(CLOCK_CHANGES), st.integers(-1_440, 2_880)).map(
        lambda pair: pair[0] + timedelta(minutes=pair[1])
    ),
).map(lambda moment: moment.replace(tzinfo=UTC))
clock = "{:02}:{:02}".format
windows = st.tuples(st.integers(0, 60), st.integers(1, 60)).map(
    lambda pair: [clock(n // 4, n % 4 * 15) for n in (pair[0], min(sum(pair), 95))]
)
weeks = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {day: st.one_of(*[windows.map(lambda window: [window])] * 4, st.just([])) for day in DAYS},
        optional={"holidays": st.lists(st.dates(date(2026, 1, 1), date(2027, 12, 31)).map(str), max_size=4)},
    ).map(lambda week: week if any(week[day] for day in DAYS) else None),
)
one_zone = st.sampled_from(ZONES).map(lambda zone: [zone])
zone_sets = st.one_of(
    *[one_zone] * 7,
    st.lists(st.sampled_from(ZONES), min_size=2, max_size=2, unique=True),
    st.sampled_from([[], ["Mars/Olympus"], ["America/New_York", "Mars/Olympus"]]),
)
caps_in_use = st.builds(
    Caps,
    per_day=st.integers(1, 4),
    per_24h=st.integers(1, 5),
    per_30_days=st.integers(1, 9),
    min_gap_minutes=st.integers(0, 300),
)
ends = st.sampled_from(
    [
        *("no_answer", "busy", "rejected", "voicemail", "failed", "hung_up"),
        *("callback", "completed", "invalid_number", "not_interested"),
    ]
)
outcomes = st.lists(st.one_of(ends, st.sampled_from(["no_answer", "busy", "voicemail"])), min_size=5, max_size=9)


class Life:
    """A lead of a real-time campaign, dialled as the claim, the intent and the finish would."""

    tally = Counter()

    def __init__(self, *, zones, week, caps, start, max_retries, foreign, opts_out_after):
        self.campaign = Campaign(
            id=uuid.uuid4(), provider="twilio", calling_hours=week, max_retries=max_retries, consent_policy="waived"
        )
        self.lead = CampaignLead(campaign=self.campaign, phone_number=NUMBER, contact_id=uuid.uuid4(), zones=zones)
        self.week, self.caps, self.now, self.opts_out_after = week, caps, start, opts_out_after
        self.foreign = [PastCall(at=start - timedelta(minutes=minutes), outcome=end) for minutes, end in foreign]
        self.dials, self.history, self.states, self.suppressed = [], [], ["pending"], False

    def run(self, outcomes, delays):
        """Live until the outcomes are used up or nobody calls any more."""
        for outcome, delay in zip(outcomes, delays, strict=False):
            if self.lead.status in FINAL or not self._wait_for_verdict():
                return
            agreed = self.lead.status == "callback"
            self._step("queued")
            self.now += timedelta(seconds=delay)  # a claim that is acted upon late
            if not self.may_dial():
                self._step("callback" if agreed else "pending")
                continue
            self._dial(outcome, agreed)

    def _wait_for_verdict(self):
        for _ in range(60):
            found = verdicts._judge(self.campaign, self.lead, self._facts(), self.now)
            if found.kind == "call":
                return True
            if found.kind == "block":
                self._step("blocked")
                return False
            assert found.until is not None
            assert found.until > self.now, found
            self.now = found.until
        return False

    def may_dial(self):
        return not self.suppressed and may_still_dial(campaign=self.campaign, zones=self.lead.zones, now=self.now)

    def _facts(self):
        return verdicts._Facts(
            suppressed={NUMBER: "tenant list, call"} if self.suppressed else {},
            consented=frozenset(),
            consent_needed=False,
            gone=frozenset(),
            history={NUMBER: self._past()},
            caps=self.caps,
            hours=hours_of(self.campaign),
        )

    def _past(self):
        recent = [*self.foreign, *[call for call, _ in self.dials]]
        return [call for call in recent if call.at > self.now - timedelta(days=30)]

    def _dial(self, outcome, agreed):
        kept = [call for call, was_agreed in self.dials if not was_agreed]
        self.check_law(agreed, [*self.foreign, *kept])
        self._step("dialing")
        told = outcome if outcome != "hung_up" else "completed"
        seconds = 5 if outcome == "hung_up" else 60
        word = outcome if outcome == "callback" else retry_outcome(outcome=told, duration_seconds=seconds)
        kind = CALLBACK if agreed else ""
        self.dials.append((PastCall(at=self.now, outcome="" if outcome == "callback" else told, kind=kind), agreed))
        if len(self.dials) == self.opts_out_after:
            self.suppressed, word = True, "opt_out"
            self.tally["opt_outs"] += 1
        self._finish(word)

    def _finish(self, word):
        ended = self.now + timedelta(minutes=1)
        self.history.append(Attempt(at=ended, outcome=word))
        decision = next_attempt_of(
            self.campaign,
            outcome=word,
            history=self.history,
            now=ended,
            zones=tuple(self.lead.zones),
            callback_at=ended + timedelta(minutes=200) if word == "callback" else None,
        )
        self.now = ended
        if decision.at is None:
            self._step("blocked" if word in ("opt_out", "invalid_number") else "exhausted")
            return
        self._step("callback" if decision.reason == "callback" else "retry_wait")
        self.now = decision.at
        if decision.reason != "callback":
            self.now = self._after_caps(decision.at)

    def _after_caps(self, at):
        past, zones = self._past(), tuple(self.lead.zones)
        cap = cap_decision(self.campaign, history=past, at=at, zones=zones, caps=self.caps)
        if cap.next_time is None:
            return at
        return next_open(hours_of(self.campaign), zones, cap.next_time) or cap.next_time

    def _step(self, status):
        assert status in LEAD_STEPS[self.lead.status], f"{self.lead.status} may not become {status}"
        self.lead.status = status
        self.states.append(status)

    def check_law(self, agreed, calls):
        """The law, written down a second time."""
        assert not self.suppressed
        assert self.lead.zones, "an unknown zone is closed"
        for zone in self.lead.zones:
            clock = self.now.astimezone(ZoneInfo(zone))
            minute = clock.hour * 60 + clock.minute
            assert 8 * 60 <= minute < 21 * 60, f"{clock} in {zone}"
            assert any(opens <= minute < closes for opens, closes in self._windows(clock)), f"{clock} in {zone}"
        if agreed:
            return
        rings = [call for call in calls if call.outcome != "failed"]
        heard = [call for call in rings if call.outcome != "busy"]
        for zone in self.lead.zones:
            today = self.now.astimezone(ZoneInfo(zone)).date()
            assert sum(call.at.astimezone(ZoneInfo(zone)).date() == today for call in heard) < self.caps.per_day
        assert sum(call.at > self.now - timedelta(hours=24) for call in rings) < self.caps.per_24h
        assert sum(call.at > self.now - timedelta(days=30) for call in heard) < self.caps.per_30_days
        assert all(self.now - call.at >= timedelta(minutes=self.caps.min_gap_minutes) for call in heard)

    def _windows(self, clock):
        if self.week is None:
            return [[(540, 1_200)], [(600, 1_020)], []][max(0, clock.weekday() - 4)]
        if clock.date().isoformat() in self.week.get("holidays", []):
            return []
        return [
            [int(text[:2]) * 60 + int(text[3:]) for text in pair] for pair in self.week.get(DAYS[clock.weekday()], [])
        ]


lives = st.builds(
    Life,
    zones=zone_sets,
    week=weeks,
    caps=caps_in_use,
    start=starts,
    max_retries=st.integers(0, 6),
    foreign=st.lists(
        st.tuples(st.integers(0, 43_000), st.sampled_from(["completed", "busy", "failed", ""])), max_size=4
    ),
    opts_out_after=st.one_of(st.none(), st.integers(1, 4)),
)


@settings(deadline=None)
@given(life=lives, outcomes=outcomes, delays=st.lists(st.integers(0, 30), min_size=9, max_size=9))
def test_no_dial_of_any_life_breaks_the_law(life, outcomes, delays):
    life.run(outcomes, delays)
    Life.tally.update(lives=1, dials=len(life.dials), refused=life.states.count("blocked"))
    invited = sum(agreed for _, agreed in life.dials)
    assert len(life.dials) - invited <= life.campaign.max_retries + 1
    if life.opts_out_after:
        assert len(life.dials) <= life.opts_out_after
