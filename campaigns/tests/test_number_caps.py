"""Number caps: over all campaigns, no number rings more often than the caps say."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.caps import Caps, PastCall, cap_allows, loosened_caps, parse_caps
from campaigns.schedule import InvalidRules

ZONE = "America/New_York"
NOON = datetime(2026, 11, 18, 12, tzinfo=ZoneInfo(ZONE))
LOOSE = Caps(per_day=100, per_24h=100, per_30_days=100, min_gap_minutes=0)


def ago(outcome: str = "no_answer", kind: str = "", **span: float) -> PastCall:
    return PastCall(NOON - timedelta(**span), outcome, kind)


def test_a_number_never_called_may_be_called() -> None:
    assert cap_allows([], NOON, (ZONE,), Caps()).allowed


def test_two_calls_lie_two_hours_apart() -> None:
    decision = cap_allows([ago(minutes=119)], NOON, (ZONE,), Caps())
    assert (decision.allowed, decision.reason) == (False, "min_gap_minutes")
    assert decision.next_time == NOON + timedelta(minutes=1)
    assert cap_allows([ago(minutes=120)], NOON, (ZONE,), Caps()).allowed


def test_two_calls_a_local_day() -> None:
    history = [ago(hours=2.5), ago(hours=5)]
    decision = cap_allows(history, NOON, (ZONE,), Caps())
    assert (decision.allowed, decision.reason) == (False, "per_day")
    assert decision.next_time == datetime(2026, 11, 19, 0, tzinfo=ZoneInfo(ZONE))
    assert cap_allows([ago(hours=13), ago(hours=14)], NOON, (ZONE,), Caps()).allowed


def test_three_calls_in_24_rolling_hours() -> None:
    history = [ago(hours=4), ago(hours=16), ago(hours=23)]
    decision = cap_allows(history, NOON, (ZONE,), Caps())
    assert (decision.allowed, decision.reason) == (False, "per_24h")
    assert decision.next_time == NOON + timedelta(hours=1)


def test_eight_calls_in_30_days() -> None:
    history = [ago(days=3 * day) for day in range(1, 9)]
    decision = cap_allows(history, NOON, (ZONE,), Caps())
    assert (decision.allowed, decision.reason) == (False, "per_30_days")
    assert decision.next_time == NOON + timedelta(days=6)


def test_busy_counts_towards_the_24_hours_only() -> None:
    assert cap_allows([ago("busy", minutes=15), ago("busy", minutes=30)], NOON, (ZONE,), Caps()).allowed
    three = [ago("busy", minutes=15), ago("busy", minutes=30), ago("busy", minutes=45)]
    assert cap_allows(three, NOON, (ZONE,), Caps()).reason == "per_24h"


def test_callbacks_and_provider_failures_count_towards_nothing() -> None:
    history = [ago("failed", minutes=2), ago("completed", kind="callback", minutes=10)] * 5
    assert cap_allows(history, NOON, (ZONE,), Caps()).allowed


def test_an_agreed_callback_is_held_back_by_nothing() -> None:
    history = [ago(minutes=10), ago(hours=3), ago(hours=5)]
    assert cap_allows(history, NOON, (ZONE,), Caps(), kind="callback").allowed


def test_a_call_in_flight_counts() -> None:
    assert not cap_allows([ago("", minutes=1)], NOON, (ZONE,), Caps()).allowed


def test_the_day_is_the_persons_own() -> None:
    evening = datetime(2026, 11, 18, 22, tzinfo=ZoneInfo(ZONE))
    history = [PastCall(evening - timedelta(hours=hours)) for hours in (3, 6)]
    later = datetime(2026, 11, 19, 3, 30, tzinfo=UTC)  # 22:30 the same day in New York
    assert cap_allows(history, later, (ZONE,), Caps()).reason == "per_day"
    assert cap_allows(history, later, ("Europe/Berlin",), Caps(per_day=3)).allowed


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 40 * 24 * 60), st.sampled_from(["no_answer", "busy", "failed", ""])),
        max_size=14,
    )
)
def test_the_time_named_is_allowed_and_no_earlier_one_is(calls: list[tuple[int, str]]) -> None:
    history = [ago(outcome, minutes=minutes) for minutes, outcome in calls]
    decision = cap_allows(history, NOON, (ZONE,), Caps())
    if decision.allowed:
        return
    assert decision.next_time is not None
    assert decision.next_time > NOON
    assert cap_allows(history, decision.next_time, (ZONE,), Caps()).allowed
    step = (decision.next_time - NOON) / 40
    assert not any(cap_allows(history, NOON + step * n, (ZONE,), Caps()).allowed for n in range(40))


def test_caps_are_read_over_those_in_force() -> None:
    assert parse_caps({"per_day": 1}) == Caps(per_day=1)
    assert parse_caps({"min_gap_minutes": 0}, base=Caps(per_day=5)) == Caps(per_day=5, min_gap_minutes=0)
    assert parse_caps({}) == Caps()


def test_only_looser_caps_are_named() -> None:
    assert loosened_caps(Caps()) == []
    assert loosened_caps(Caps(per_day=1, min_gap_minutes=240)) == []
    assert loosened_caps(LOOSE) == ["per_day", "per_24h", "per_30_days", "min_gap_minutes"]
    assert loosened_caps(Caps(per_day=3), than=Caps(per_day=4)) == []


@pytest.mark.parametrize(
    ("raw", "field", "code"),
    [
        (None, "number_caps", "invalid"),
        ([], "number_caps", "invalid"),
        ({"per_week": 5}, "number_caps.per_week", "unknown_field"),
        ({"per_day": "2"}, "number_caps.per_day", "invalid"),
        ({"per_day": True}, "number_caps.per_day", "invalid"),
        ({"per_day": 2.5}, "number_caps.per_day", "invalid"),
        ({"per_day": 0}, "number_caps.per_day", "out_of_range"),
        ({"per_day": 10**30}, "number_caps.per_day", "out_of_range"),
        ({"min_gap_minutes": -1}, "number_caps.min_gap_minutes", "out_of_range"),
    ],
)
def test_unusable_caps_name_the_field_at_fault(raw: object, field: str, code: str) -> None:
    with pytest.raises(InvalidRules) as refused:
        parse_caps(raw)
    assert [(error["field"], error["code"]) for error in refused.value.errors] == [(field, code)]
