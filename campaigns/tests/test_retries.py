"""Retries: each way a call can end has its own consequence, and none of them ever rings too often."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.retries import (
    DEFAULT_MINUTES,
    Attempt,
    RetryDecision,
    RetryRules,
    may_leave_message,
    next_attempt,
    parse_retry_rules,
)
from campaigns.schedule import ALWAYS, DEFAULT_HOURS, Hours, InvalidRules, is_open, parse_hours

ZONE = "America/New_York"


def ny(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(ZONE))  # type: ignore[arg-type,misc]


WEDNESDAY_10 = ny(2026, 11, 18, 10)


def after(
    *outcomes: str,
    now: datetime = WEDNESDAY_10,
    rules: RetryRules | None = None,
    hours: Hours = DEFAULT_HOURS,
    callback_at: datetime | None = None,
    apart: timedelta = timedelta(days=1),
) -> RetryDecision:
    """The decision after these outcomes, the last of which ended now."""
    history = [
        Attempt(at=now - apart * (len(outcomes) - 1 - place), outcome=outcome) for place, outcome in enumerate(outcomes)
    ]
    return next_attempt(
        outcome=outcomes[-1],
        history=history,
        now=now,
        rules=rules or RetryRules(),
        zones=(ZONE,),
        hours=hours,
        callback_at=callback_at,
    )


def test_busy_waits_15_minutes_and_then_an_hour() -> None:
    assert after("busy").at == WEDNESDAY_10 + timedelta(minutes=15)
    assert after("busy", "busy").at == WEDNESDAY_10 + timedelta(minutes=60)
    assert after("busy", "busy", "busy").at == WEDNESDAY_10 + timedelta(minutes=60)


@pytest.mark.parametrize("outcome", ["no_answer", "rejected"])
def test_no_answer_is_tried_in_another_part_of_the_day(outcome: str) -> None:
    assert after(outcome).at == ny(2026, 11, 18, 14)
    afternoon = after(outcome, now=ny(2026, 11, 18, 12, 30))
    assert afternoon.at == ny(2026, 11, 18, 17)
    evening = after(outcome, now=ny(2026, 11, 18, 17, 30))
    assert evening.at == ny(2026, 11, 19, 9)


def test_no_answer_is_tried_at_most_twice_a_day() -> None:
    second = after("no_answer", "no_answer", now=ny(2026, 11, 18, 13, 30), apart=timedelta(hours=4))
    assert second.at == ny(2026, 11, 19, 9)


def test_hours_of_one_part_of_the_day_are_tried_on_another_day() -> None:
    mornings = parse_hours({"wed": [["09:00", "11:00"]], "thu": [["09:00", "11:00"]]}, allow_always=False)
    assert after("no_answer", hours=mornings).at == ny(2026, 11, 19, 9)


def test_voicemail_waits_a_day_and_after_a_message_three() -> None:
    assert after("voicemail").at == ny(2026, 11, 19, 10)
    assert after("voicemail_message").at == ny(2026, 11, 21, 10)


def test_a_message_is_left_once_in_seven_days() -> None:
    history = [Attempt(WEDNESDAY_10, "voicemail_message")]
    assert may_leave_message([], WEDNESDAY_10)
    assert not may_leave_message(history, WEDNESDAY_10 + timedelta(days=6, hours=23))
    assert may_leave_message(history, WEDNESDAY_10 + timedelta(days=7))


def test_someone_who_hangs_up_is_called_once_more_a_day_later() -> None:
    assert after("hung_up").at == ny(2026, 11, 19, 10)
    assert after("hung_up", "hung_up") == RetryDecision(None, True, "hung_up_twice")
    assert after("hung_up", "no_answer", "hung_up").at is None


def test_a_providers_failure_is_tried_soon_and_does_not_count() -> None:
    first, second, third = after("failed"), after("failed", "failed"), after("failed", "failed", "failed")
    waits = [decision.at - WEDNESDAY_10 for decision in (first, second, third) if decision.at]
    assert waits == [timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30)]
    assert not first.counts


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("completed", "answered"),
        ("opt_out", "do_not_call"),
        ("not_interested", "not_interested"),
        ("invalid_number", "invalid_number"),
        ("cancelled", "cancelled"),
        ("something_new", "no_retry_rule"),
    ],
)
def test_some_ends_are_final(outcome: str, reason: str) -> None:
    decision = after(outcome)
    assert (decision.at, decision.reason) == (None, reason)


def test_three_retries_are_four_attempts_whatever_the_outcomes() -> None:
    assert after("busy", "no_answer", "voicemail").at is not None
    assert after("busy", "no_answer", "voicemail", "busy").reason == "attempts_used_up"
    assert after("busy", rules=RetryRules(max_retries=0)).reason == "attempts_used_up"


def test_a_campaign_may_switch_retries_off() -> None:
    assert after("busy", rules=RetryRules(retry_failed=False)).reason == "retry_off"


def test_an_agreed_callback_comes_at_its_time_even_when_attempts_are_used_up() -> None:
    agreed = ny(2026, 11, 20, 16, 20)
    decision = after("busy", "busy", "busy", "busy", "callback", callback_at=agreed)
    assert decision == RetryDecision(agreed, False, "callback")


@pytest.mark.parametrize(
    ("agreed", "expected"),
    [
        (ny(2026, 11, 20, 20, 5), ny(2026, 11, 20, 19, 50)),
        (ny(2026, 11, 20, 8, 50), ny(2026, 11, 20, 9, 0)),
        (ny(2026, 11, 20, 21, 0), ny(2026, 11, 21, 10, 0)),
        (ny(2026, 11, 17, 9, 0), WEDNESDAY_10),
    ],
)
def test_a_callback_out_of_hours_moves_as_little_as_is_lawful(agreed: datetime, expected: datetime) -> None:
    assert after("callback", callback_at=agreed).at == expected


def test_a_retry_waits_for_the_window_to_open() -> None:
    assert after("busy", now=ny(2026, 11, 20, 19, 55)).at == ny(2026, 11, 21, 10)


def test_where_no_window_ever_opens_the_lead_waits_instead_of_being_given_up() -> None:
    decision = next_attempt(
        outcome="busy",
        history=[Attempt(WEDNESDAY_10, "busy")],
        now=WEDNESDAY_10,
        rules=RetryRules(),
        zones=(),
        hours=DEFAULT_HOURS,
    )
    assert decision.at == WEDNESDAY_10 + timedelta(minutes=15)
    assert not is_open(DEFAULT_HOURS, (), decision.at)


def test_simulated_campaigns_may_retry_at_once_at_any_hour() -> None:
    rules = parse_retry_rules({"no_answer": [0], "busy": [0.5]}, simulated=True)
    night = ny(2026, 11, 22, 3)
    assert after("no_answer", now=night, rules=rules, hours=ALWAYS).at == night
    assert after("busy", now=night, rules=rules, hours=ALWAYS).at == night + timedelta(seconds=30)


def test_an_empty_list_means_not_again() -> None:
    rules = parse_retry_rules({"voicemail": []}, simulated=False)
    assert after("voicemail", rules=rules).reason == "no_retry_rule"
    assert after("busy", rules=rules).at is not None


@pytest.mark.parametrize(
    ("raw", "field", "code"),
    [
        ([], "retry_rules", "invalid"),
        ({"asleep": [5]}, "retry_rules.asleep", "unknown_field"),
        ({"busy": 15}, "retry_rules.busy", "invalid"),
        ({"busy": ["15"]}, "retry_rules.busy", "invalid"),
        ({"busy": [True]}, "retry_rules.busy", "invalid"),
        ({"busy": [-1]}, "retry_rules.busy", "invalid"),
        ({"busy": [float("nan")]}, "retry_rules.busy", "invalid"),
        ({"busy": [10**9]}, "retry_rules.busy", "invalid"),
        ({"busy": [60] * 11}, "retry_rules.busy", "invalid"),
        ({"busy": [14]}, "retry_rules.busy", "too_short"),
        ({"busy": [15, 59]}, "retry_rules.busy", "too_short"),
        ({"no_answer": [239]}, "retry_rules.no_answer", "too_short"),
    ],
)
def test_unusable_rules_name_the_field_at_fault(raw: object, field: str, code: str) -> None:
    with pytest.raises(InvalidRules) as refused:
        parse_retry_rules(raw, simulated=False)
    assert [(error["field"], error["code"]) for error in refused.value.errors] == [(field, code)]


outcomes = st.sampled_from([*DEFAULT_MINUTES, "callback", "completed", "opt_out", "invalid_number"])
seconds = st.integers(0, 366 * 24 * 3600)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(outcomes, min_size=1, max_size=6),
    seconds,
    st.sampled_from(["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"]),
    st.integers(0, 4),
)
def test_no_retry_is_ever_unlawful_early_or_one_too_many(
    past: list[str], offset: int, zone: str, max_retries: int
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=offset)
    history = [Attempt(now - timedelta(hours=5 * back), outcome) for back, outcome in enumerate(reversed(past))]
    decision = next_attempt(
        outcome=past[-1],
        history=history[::-1],
        now=now,
        rules=RetryRules(max_retries=max_retries),
        zones=(zone,),
        hours=DEFAULT_HOURS,
        callback_at=now + timedelta(hours=3),
    )
    if past[-1] in ("completed", "opt_out", "invalid_number"):
        assert decision.at is None
    if decision.at is None:
        return
    assert is_open(DEFAULT_HOURS, (zone,), decision.at)
    if past[-1] != "callback":
        assert len(past) <= max_retries
        assert decision.at >= now + timedelta(minutes=DEFAULT_MINUTES[past[-1]][0])
