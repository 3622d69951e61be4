"""The template filters of the design system say what people read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from core.templatetags import ui

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


def rendered(source: str, **context: object) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Priya Raman", "PR"), ("Ana María del Río", "AR"), ("cher", "C"), ("", "?"), (None, "?"), ("“ Łucja Żółć", "ŁŻ")],
)
def test_initials_come_from_the_first_and_the_last_word(name: str | None, letters: str) -> None:
    assert ui.initials(name) == letters


def test_a_name_keeps_its_hue_whatever_its_letter_case() -> None:
    assert ui.hue("Priya Raman") == ui.hue(" priya raman ")
    assert {ui.hue(str(number)) for number in range(400)} == {f"h{number}" for number in range(12)}


@pytest.mark.parametrize(
    ("stored", "written"),
    [("+14155550134", "+1 415 555 0134"), ("+442079460958", "+44 20 7946 0958"), ("12", "12"), (None, "")],
)
def test_a_phone_number_is_written_for_people(stored: str | None, written: str) -> None:
    assert ui.phone(stored) == written


def test_a_number_of_the_home_country_is_written_nationally() -> None:
    assert ui.phone("+14155550134", 1) == "(415) 555-0134"
    assert ui.phone("+442079460958", 1) == "+44 20 7946 0958"


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=20), "now"),
        (timedelta(minutes=2), "2m"),
        (timedelta(hours=5, minutes=59), "5h"),
        (timedelta(days=6, hours=23), "6d"),
        (timedelta(days=8), "12 Nov"),
        (timedelta(days=400), "16 Oct 2025"),
        (-timedelta(minutes=20), "in 20m"),
    ],
)
def test_relative_words_are_the_shortest_honest_ones(age: timedelta, words: str) -> None:
    assert ui.relative_words(NOW - age, NOW) == words


def test_ago_carries_utc_for_programs_and_the_local_date_for_people() -> None:
    moment = timezone.now() - timedelta(minutes=5)
    shown = ui.ago(moment)
    assert re.fullmatch(r'<time datetime="[\dT:-]+Z" title="\w+ \d+ \w+ \d{4}, \d\d:\d\d" data-ago>5m</time>', shown)
    assert ui.ago(None) == "—"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (222, "3:42"), (3661, "1:01:01"), (59.9, "0:59"), (None, "—"), ("x", "—")]
)
def test_clock_shows_minutes_and_seconds(seconds: object, shown: str) -> None:
    assert ui.clock(seconds) == shown


def test_money_and_shares_are_written_in_full() -> None:
    assert ui.money("1284.1") == "$1,284.10"
    assert ui.money("-3") == "−$3.00"
    assert ui.money("5", "EUR") == "€5.00"
    assert ui.money("5", "CHF") == "CHF 5.00"
    assert ui.money(None) == "—"
    assert ui.percent(0.4334, 1) == "43.3%"
    assert ui.percent(None) == "—"
    assert ui.share_of(1, 4) == 0.25
    assert ui.share_of(1, 0) == 0.0


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (999, "999"),
        (1000, "1k"),
        (12400, "12.4k"),
        (318000, "318k"),
        (1_234_567, "1.2M"),
        (-2500, "−2.5k"),
        (None, "—"),
    ],
)
def test_compact_numbers_fit_a_column_head(number: object, shown: str) -> None:
    assert ui.compact(number) == shown


API_STATES = """
lead opportunity customer churned pending running completed failed undone found not_found skipped reached_out qualified
converted lost draft scheduled paused stopping stopped queued dialing in_call retry_wait callback done blocked exhausted
removed initiated ringing in_progress ended no_answer busy rejected voicemail invalid_number cancelled opt_out interested
not_interested wrong_number do_not_call
""".split()  # noqa: SIM905 - a list of fifty words is read better so


@pytest.mark.parametrize("word", API_STATES)
def test_every_state_of_the_api_wears_a_known_tone(word: str) -> None:
    assert word in ui.TONES
    assert ui.tone(word) in {"gray", "blue", "violet", "amber", "green", "red"}


def test_equal_words_of_two_nouns_are_told_apart() -> None:
    assert ui.tone("running") == "green"
    assert ui.tone("running", "import") == "blue"
    assert ui.tone("never heard of") == "gray"


def test_stored_words_are_read_as_people_say_them() -> None:
    assert ui.label("reached_out") == "Reached out"
    assert ui.label("opt_out") == "Opted out"
    assert ui.label("") == ""


def test_a_query_string_keeps_filters_and_starts_at_the_first_page() -> None:
    request = RequestFactory().get("/leads", {"state": "pending", "page": "3", "cursor": "x"})
    shown = rendered('{% qs ordering="-score" %}|{% qs state=None %}', request=request)
    assert shown == "?state=pending&amp;ordering=-score|?"


def test_undo_only_leads_to_a_path_of_this_site() -> None:
    assert ui.undo_url(Message(constants.INFO, "x", extra_tags="undo=/leads/3/restore")) == "/leads/3/restore"
    assert ui.undo_url(Message(constants.INFO, "x", extra_tags="undo=//evil.example/")) == ""
    assert ui.undo_url(Message(constants.INFO, "x")) == ""


def test_names_are_escaped_wherever_they_are_drawn() -> None:
    shown = rendered("{% chip name %}{% avatar name %}{% status name %}", name='<script>"')
    assert "<script>" not in shown
    assert "&lt;script&gt;&quot;" in shown


def test_a_meter_never_leaves_its_track() -> None:
    assert 'width="100.0%"' in ui.meter(1.7)
    assert 'width="0.0%"' in ui.meter(-1)


def test_every_icon_named_in_a_template_is_in_the_sprite() -> None:
    known = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons.svg").read_text()))
    used: dict[str, str] = {}
    for page in (ROOT / "templates").rglob("*.html"):
        text = page.read_text()
        for name in re.findall(r'{% icon "([^"]+)"', text) + re.findall(r'\bicon(?:_end|_name)?="([a-z0-9-]+)"', text):
            used[name] = page.name
    navigation = (ROOT / "crm/navigation.py").read_text()
    used |= dict.fromkeys(re.findall(r'\("[^"]+", "/[^"]*", "([a-z0-9-]+)"', navigation), "navigation.py")
    assert len(used) > 40
    assert {name: page for name, page in used.items() if name not in known} == {}


def test_columns_fill_the_height_and_say_their_figures() -> None:
    from core.templatetags.ui_charts import columns

    shown = columns("Calls by hour", [("09", 5), ("10", [("green", 8), ("gray", 2)])])
    assert 'aria-label="Calls by hour. 09: 5, 10: 10"' in shown
    assert 'y="50.00%" height="50.00%"' in shown
    assert '<rect class="green" width="100%" y="20.00%" height="80.00%">' in shown
    assert '<rect class="gray" width="100%" y="0.00%" height="20.00%">' in shown


def test_charts_without_figures_draw_nothing_wrong() -> None:
    from core.templatetags.ui_charts import columns, sparkline

    assert 'height="0.00%"' in columns("Empty", [("09", 0)])
    assert columns("None", []) == '<div class="columns" role="img" aria-label="None. "></div>'
    assert sparkline("None", []) == ""
    assert "from 1 to 3, at most 4" in sparkline("Balance", [1, 4, 3])
