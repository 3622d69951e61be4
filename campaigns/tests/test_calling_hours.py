"""Calling hours: nobody is ever called outside the window of their own zone, on any day of the year."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.regions import region_zones
from campaigns.schedule import (
    ALWAYS,
    DEFAULT_HOURS,
    INTENT_MARGIN,
    Hours,
    InvalidRules,
    hours_to_json,
    is_open,
    lead_zones,
    next_open,
    open_spans,
    parse_hours,
)

NEW_YORK, LOS_ANGELES, BERLIN = "America/New_York", "America/Los_Angeles", "Europe/Berlin"
ZONES = [
    NEW_YORK,
    LOS_ANGELES,
    BERLIN,
    "Pacific/Honolulu",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "America/St_Johns",
    "Africa/Casablanca",
    "Asia/Beirut",
]


def local(zone: str, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold)  # type: ignore[arg-type,misc]


# --- the zone of a lead


def test_a_leads_own_zone_beats_everything() -> None:
    zones = lead_zones(own="Asia/Tokyo", region="US-CA", phone="+14155550134", tenant=BERLIN)
    assert zones == ("Asia/Tokyo",)


@pytest.mark.parametrize("own", ["Mars/Olympus", "../etc/passwd", "America", "\x00", "EST5EDT4"])
def test_an_own_zone_that_does_not_exist_is_closed(own: str) -> None:
    assert lead_zones(own=own, phone="+14155550134", tenant=BERLIN) == ()


def test_a_region_of_one_zone_beats_the_number() -> None:
    assert lead_zones(region="US-NY", phone="+14155550134", tenant=BERLIN) == (NEW_YORK,)
    assert lead_zones(region="de-by", phone="+14155550134", tenant=NEW_YORK) == (BERLIN, "Europe/Busingen")


def test_a_country_of_many_zones_is_narrowed_by_the_number() -> None:
    assert lead_zones(region="US", phone="+14155550134", tenant=BERLIN) == (LOS_ANGELES,)
    assert len(lead_zones(region="US", phone="+41446681800", tenant=BERLIN)) > 20


def test_the_number_beats_the_workspace_and_the_workspace_is_last() -> None:
    assert lead_zones(phone="+14155550134", tenant=BERLIN) == (LOS_ANGELES,)
    assert lead_zones(phone="+882160001234", tenant=BERLIN) == (BERLIN,)
    assert lead_zones(region="nowhere", phone="+14155550134") == (LOS_ANGELES,)


def test_nothing_known_is_closed() -> None:
    assert lead_zones() == ()
    assert lead_zones(tenant="Nowhere/Land") == ()
    noon = datetime(2026, 11, 18, 12, tzinfo=UTC)
    assert not is_open(DEFAULT_HOURS, (), noon)
    assert not is_open(DEFAULT_HOURS, ("Nowhere/Land",), noon)
    assert not is_open(DEFAULT_HOURS, (BERLIN, "Nowhere/Land"), noon)
    assert next_open(DEFAULT_HOURS, (), noon) is None
    assert next_open(DEFAULT_HOURS, ("Nowhere/Land",), noon) is None


def test_every_region_names_zones_that_exist() -> None:
    for region in ["US", "US-TX", "US-HI", "CA-NB", "AU-QLD", "GB", "RU", "KI"]:
        assert region_zones(region)
        for zone in region_zones(region):
            ZoneInfo(zone)
    assert region_zones("XX") == ()


# --- open or closed


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (local(NEW_YORK, 2026, 11, 18, 8, 59), False),
        (local(NEW_YORK, 2026, 11, 18, 9, 0), True),
        (local(NEW_YORK, 2026, 11, 18, 19, 59, 59), True),
        (local(NEW_YORK, 2026, 11, 18, 20, 0), False),
        (local(NEW_YORK, 2026, 11, 21, 9, 59), False),
        (local(NEW_YORK, 2026, 11, 21, 16, 59), True),
        (local(NEW_YORK, 2026, 11, 22, 12, 0), False),
    ],
)
def test_the_default_window_is_weekdays_9_to_20_and_saturday_10_to_17(at: datetime, expected: bool) -> None:
    assert is_open(DEFAULT_HOURS, (NEW_YORK,), at.astimezone(UTC)) is expected


def test_the_lawful_bound_cuts_wider_hours() -> None:
    wide = parse_hours({"wed": [["00:00", "24:00"]]}, allow_always=False)
    assert not is_open(wide, (BERLIN,), local(BERLIN, 2026, 11, 18, 7, 59))
    assert is_open(wide, (BERLIN,), local(BERLIN, 2026, 11, 18, 8, 0))
    assert is_open(wide, (BERLIN,), local(BERLIN, 2026, 11, 18, 20, 59))
    assert not is_open(wide, (BERLIN,), local(BERLIN, 2026, 11, 18, 21, 0))


def test_the_margin_closes_the_last_minutes() -> None:
    late = local(NEW_YORK, 2026, 11, 18, 19, 58, 30)
    assert is_open(DEFAULT_HOURS, (NEW_YORK,), late)
    assert not is_open(DEFAULT_HOURS, (NEW_YORK,), late, INTENT_MARGIN)
    assert is_open(DEFAULT_HOURS, (NEW_YORK,), late - timedelta(minutes=1), INTENT_MARGIN)


def test_several_zones_must_all_be_open() -> None:
    morning = local(NEW_YORK, 2026, 11, 18, 9, 30)
    assert is_open(DEFAULT_HOURS, (NEW_YORK,), morning)
    assert not is_open(DEFAULT_HOURS, (NEW_YORK, LOS_ANGELES), morning)
    assert next_open(DEFAULT_HOURS, (NEW_YORK, LOS_ANGELES), morning) == local(LOS_ANGELES, 2026, 11, 18, 9)


def test_a_holiday_is_closed_in_the_zone_where_it_is_that_day() -> None:
    hours = parse_hours({"fri": [["09:00", "20:00"]], "holidays": ["2026-12-25"]}, allow_always=False)
    assert not is_open(hours, (BERLIN,), local(BERLIN, 2026, 12, 25, 12))
    assert next_open(hours, (BERLIN,), local(BERLIN, 2026, 12, 25, 12)) == local(BERLIN, 2027, 1, 1, 9)


def test_always_is_open_at_any_hour_also_where_the_zone_is_unknown() -> None:
    night = local(NEW_YORK, 2026, 11, 22, 3)
    assert is_open(ALWAYS, (), night)
    assert next_open(ALWAYS, (), night) == night


def test_hours_that_never_overlap_never_open() -> None:
    hours = parse_hours({"mon": [["09:00", "10:00"]]}, allow_always=False)
    assert next_open(hours, (BERLIN, LOS_ANGELES), datetime(2026, 11, 18, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        (NEW_YORK, (2026, 3, 9)),
        (NEW_YORK, (2026, 11, 2)),
        (BERLIN, (2026, 3, 30)),
        ("Australia/Lord_Howe", (2026, 4, 6)),
    ],
)
def test_nine_o_clock_stays_nine_o_clock_after_the_clocks_change(zone: str, day: tuple[int, ...]) -> None:
    saturday_night = local(zone, *day) - timedelta(days=1, hours=2)
    assert next_open(DEFAULT_HOURS, (zone,), saturday_night) == local(zone, *day, 9)


def test_an_evening_over_utc_midnight_is_one_stretch() -> None:
    start, end = local(LOS_ANGELES, 2026, 11, 18, 0), local(LOS_ANGELES, 2026, 11, 19, 0)
    spans = list(open_spans(DEFAULT_HOURS, (LOS_ANGELES,), start, end))
    assert spans == [(local(LOS_ANGELES, 2026, 11, 18, 9), local(LOS_ANGELES, 2026, 11, 18, 20))]


instants = st.datetimes(datetime(2025, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
clock_changes = st.sampled_from(
    [datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC)]
).flatmap(lambda day: st.integers(0, 48 * 60).map(lambda minutes: day + timedelta(minutes=minutes)))
windows = st.tuples(st.integers(0, 1438), st.integers(1, 600)).map(lambda w: ((w[0], min(w[0] + w[1], 1440)),))
weeks = st.builds(Hours, days=st.tuples(*[st.one_of(st.just(()), windows)] * 7))
zone_sets = st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True).map(tuple)


@settings(max_examples=1000, deadline=None)
@given(weeks, zone_sets, st.one_of(instants, clock_changes))
def test_next_open_is_lawful_everywhere_and_nothing_before_it_is_open(
    hours: Hours, zones: tuple[str, ...], after: datetime
) -> None:
    start = next_open(hours, zones, after, INTENT_MARGIN)
    if is_open(hours, zones, after, INTENT_MARGIN):
        assert start == after
    if start is None:
        return
    assert start >= after
    for zone in zones:
        clock = start.astimezone(ZoneInfo(zone))
        assert 8 <= clock.hour < 21
        minute = clock.hour * 60 + clock.minute
        assert any(opens <= minute < closes for opens, closes in hours.days[clock.weekday()])
    gap = (start - after) / 50
    assert not any(is_open(hours, zones, after + gap * step, INTENT_MARGIN) for step in range(50) if gap)


# --- reading the setting


def test_hours_survive_a_round_trip() -> None:
    raw = {
        "mon": [["09:00", "12:00"], ["13:30", "20:00"]],
        "sun": [["10:00", "24:00"]],
        "holidays": ["2026-12-25"],
    }
    hours = parse_hours(raw, allow_always=False)
    assert hours.holidays == frozenset({date(2026, 12, 25)})
    assert hours_to_json(hours) == raw
    assert hours_to_json(parse_hours("always", allow_always=True)) == "always"
    assert parse_hours(None, allow_always=False) == DEFAULT_HOURS
    assert parse_hours(hours_to_json(DEFAULT_HOURS), allow_always=False) == DEFAULT_HOURS


@pytest.mark.parametrize(
    ("raw", "where", "code"),
    [
        ("always", "calling_hours", "not_allowed"),
        ("sometimes", "calling_hours", "invalid"),
        ([], "calling_hours", "invalid"),
        (5, "calling_hours", "invalid"),
        ({}, "calling_hours", "empty"),
        ({"mon": []}, "calling_hours", "empty"),
        ({"monday": [["09:00", "20:00"]]}, "calling_hours.monday", "unknown_field"),
        ({"mon": "09:00-20:00"}, "calling_hours.mon", "invalid"),
        ({"mon": None}, "calling_hours.mon", "invalid"),
        ({"mon": [["09:00"]]}, "calling_hours.mon.0", "invalid"),
        ({"mon": [["9am", "5pm"]]}, "calling_hours.mon.0", "invalid"),
        ({"mon": [["09:00", 20]]}, "calling_hours.mon.0", "invalid"),
        ({"mon": [["25:00", "26:00"]]}, "calling_hours.mon.0", "invalid"),
        ({"mon": [["20:00", "09:00"]]}, "calling_hours.mon.0", "invalid"),
        ({"mon": [["09:00", "09:00"]]}, "calling_hours.mon.0", "invalid"),
        ({"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}, "calling_hours.mon", "overlap"),
        ({"mon": [["09:00", "10:00"]] * 7}, "calling_hours.mon", "invalid"),
        ({"mon": [["09:00", "20:00"]], "holidays": ["Christmas"]}, "calling_hours.holidays", "invalid"),
        ({"mon": [["09:00", "20:00"]], "holidays": [5]}, "calling_hours.holidays", "invalid"),
        ({"mon": [["09:00", "20:00"]], "holidays": "x"}, "calling_hours.holidays", "invalid"),
    ],
)
def test_unusable_hours_name_the_field_at_fault(raw: object, where: str, code: str) -> None:
    with pytest.raises(InvalidRules) as refused:
        parse_hours(raw, allow_always=False)
    assert [(error["field"], error["code"]) for error in refused.value.errors] == [(where, code)]
