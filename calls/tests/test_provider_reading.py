import datetime as dt
from decimal import Decimal

import httpx
import pytest
import respx

from calls.providers import reading
from calls.providers.base import Rejected, Unavailable
from calls.providers.transport import Transport


@pytest.mark.parametrize(
    ("value", "read"),
    [("12", 12), (12.6, 13), (-1, None), (10**12, None), ("NaN", None), (True, None), (None, None), ("1e999", None)],
)
def test_durations_that_make_no_sense_are_dropped(value, read):
    assert reading.seconds(value) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [("-0.0130", "0.0130"), (0.12345, "0.1234"), ("Infinity", None), ("x", None), (10**9, None), ([], None)],
)
def test_costs_are_positive_dollars_to_four_places(value, read):
    assert reading.dollars(value) == (None if read is None else Decimal(read))


def test_times_without_a_zone_are_utc_and_nonsense_is_nothing():
    assert reading.moment("2026-11-21T00:00:00") == dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    assert reading.moment("2026-11-21T01:00:00+01:00") == dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    assert reading.moment("yesterday") is None
    assert reading.moment_of_milliseconds(-5) is None


def test_text_holds_no_nul_and_has_an_end():
    assert reading.text("a\x00b") == "ab"
    assert len(reading.text("x" * 10**6)) == reading.LONGEST_TEXT
    assert reading.text(None) == ""


def test_headers_are_found_in_any_case():
    assert reading.header({"X-Some-Header": "1"}, "x-some-header") == "1"


@respx.mock
def test_a_recording_is_never_fetched_from_another_host():
    transport = Transport(base_url="https://api.provider.test", auth=("user", "pass"))
    hosts = frozenset({"api.provider.test", "media.provider.test"})
    route = respx.get("http://169.254.169.254/latest").respond(200, content=b"secret")
    respx.get("https://api.provider.test/a").respond(302, headers={"location": "http://169.254.169.254/latest"})
    for url in ("http://169.254.169.254/latest", "https://api.provider.test/a", "file:///etc/passwd"):
        with pytest.raises(Rejected):
            list(transport.stream(url, hosts))
    assert not route.called


@respx.mock
def test_credentials_stay_with_the_providers_own_host():
    transport = Transport(base_url="https://api.provider.test", auth=("user", "pass"))
    own = respx.get("https://api.provider.test/a").respond(302, headers={"location": "https://media.provider.test/b"})
    media = respx.get("https://media.provider.test/b").respond(200, content=b"audio")
    hosts = frozenset({"api.provider.test", "media.provider.test"})
    assert b"".join(transport.stream("https://api.provider.test/a", hosts)) == b"audio"
    assert "authorization" in own.calls[0].request.headers
    assert "authorization" not in media.calls[0].request.headers


@respx.mock
def test_a_broken_download_can_be_asked_for_again():
    respx.get("https://api.provider.test/a").mock(side_effect=httpx.ReadError("cut"))
    with pytest.raises(Unavailable):
        list(
            Transport(base_url="https://api.provider.test").stream(
                "https://api.provider.test/a", frozenset({"api.provider.test"})
            )
        )
