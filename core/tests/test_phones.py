"""Phone numbers: every usual writing is read, everything doubtful is refused with a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.phones import (
    InvalidPhone,
    check_dialable,
    digits,
    parse_e164,
    parse_phone,
    search_digits,
    time_zones,
)


@pytest.mark.parametrize(
    ("raw", "region", "expected"),
    [
        ("(415) 555-2671", "US", "+14155552671"),
        ("415.555.2671", "US", "+14155552671"),
        ("1 415 555 2671", "US", "+14155552671"),
        ("+1 (415) 555‑2671", "DE", "+14155552671"),
        ("tel:+1-415-555-2671", "US", "+14155552671"),
        ("TEL: 415 555 2671", "US", "+14155552671"),
        ("'+14155552671", "US", "+14155552671"),
        ("\u202a+1\u00a0415\u00a0555\u00a02671\u202c", "US", "+14155552671"),
        ("０４４ ６６８ １８ ００", "CH", "+41446681800"),
        ("٠٤٤ ٦٦٨ ١٨ ٠٠", "CH", "+41446681800"),
        ("＋41 44 668 18 00", "US", "+41446681800"),
        ("0041 44 668 18 00", "CH", "+41446681800"),
        ("0041 44 668 18 00", "US", "+41446681800"),
        ("011 41 44 668 18 00", "US", "+41446681800"),
        ("0011 41 44 668 18 00", "AU", "+41446681800"),
        ("+49 (0) 30 901820", "US", "+4930901820"),
        ("030/901820", "DE", "+4930901820"),
        ("06 69812345", "IT", "+390669812345"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("(02) 9374 4000", "AU", "+61293744000"),
        (14155550134, "US", "+14155550134"),
        (14155550134.0, "US", "+14155550134"),
        (4155550134.0, "US", "+14155550134"),
        ("416-555-2671", "CA", "+14165552671"),
    ],
)
def test_a_usual_writing_becomes_e164(raw: object, region: str, expected: str) -> None:
    assert parse_phone(raw, region=region).e164 == expected


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("abc", "letters"),
        ("1-800-FLOWERS", "letters"),
        ("call 4155552671", "letters"),
        ("1.55512E+10", "spreadsheet"),
        ("1,55512e10", "spreadsheet"),
        ("+1 415 555 2671 ext 5", "extension"),
        ("415-555-2671 x12", "extension"),
        ("415-555-2671#12", "extension"),
        ("+1-415-555-2671;ext=5", "extension"),
        ("415 555 2671,,3", "extension"),
        ("+1911", "short"),
        ("911", "short"),
        ("112", "short"),
        ("1234567890123456", "long"),
        ("+1234567890123456789", "long"),
        ("9" * 200, "long"),
        ("+999 1234567", "not a phone"),
        ("+14155552671 / +14155552672", "signs"),
        ("\x00", "signs"),
        (None, "text"),
        (True, "not a phone"),
        (0, "not a phone"),
        (float("nan"), "not a phone"),
        (float("inf"), "not a phone"),
        (1.5, "not a phone"),
        (["+14155552671"], "text"),
        ("1" * 10, "No such"),
        ("+1 115 555 2671", "No such"),
    ],
)
def test_a_doubtful_number_is_refused_with_its_reason(raw: object, words: str) -> None:
    with pytest.raises(InvalidPhone) as refused:
        parse_phone(raw, region="US")
    assert refused.value.code == "invalid_phone"
    assert words in refused.value.reason


def test_an_unknown_region_takes_only_international_writing() -> None:
    assert parse_phone("+41446681800", region="").e164 == "+41446681800"
    with pytest.raises(InvalidPhone, match="country code"):
        parse_phone("044 668 18 00", region="XX")


@pytest.mark.parametrize("area", ["212", "415", "555", "999", "201"])
@pytest.mark.parametrize("last", ["00", "34", "99"])
def test_fictional_numbers_are_valid_in_every_area_code(area: str, last: str) -> None:
    number = parse_phone(f"({area}) 555-01{last}", region="US")
    assert number.e164 == f"+1{area}55501{last}"
    assert number.region == "US"
    check_dialable(number)


def test_only_the_hundred_fictional_numbers_of_an_unassigned_area_are_valid() -> None:
    with pytest.raises(InvalidPhone):
        parse_phone("+1 555 555 0200", region="US")


@pytest.mark.parametrize("raw", ["+19005551234", "+1 900 555 0134", "+44 9098790123", "+49 900 1234567"])
def test_premium_numbers_are_valid_but_never_dialled(raw: str) -> None:
    number = parse_phone(raw, region="US")
    with pytest.raises(InvalidPhone) as refused:
        check_dialable(number)
    assert refused.value.code == "phone_type_not_allowed"


def test_shared_cost_numbers_are_never_dialled() -> None:
    with pytest.raises(InvalidPhone, match="Shared-cost"):
        check_dialable(parse_phone("+49 180 1234567", region="DE"))


def test_a_number_knows_its_country_and_kind() -> None:
    mobile = parse_phone("+4915123456789", region="US")
    assert (mobile.region, mobile.number_type, mobile.zones) == ("DE", "mobile", ("Europe/Berlin",))
    assert parse_phone("+18002530000", region="US").number_type == "toll_free"
    assert parse_phone("+14165552671", region="US").region == "CA"


def test_zones_are_all_that_the_number_may_ring_in() -> None:
    assert time_zones("+14155550134") == ("America/Los_Angeles",)
    assert {"Australia/Perth", "Australia/Sydney"} <= set(time_zones("+61412345678"))
    assert len(time_zones("+18002530000")) > 20
    assert time_zones("+882160001234") == ()
    assert time_zones("nonsense") == ()


@pytest.mark.parametrize(
    ("query", "region", "expected"),
    [
        ("(415) 555-0134", "US", "4155550134"),
        ("+1 415 555", "US", "1415555"),
        ("001 415 555", "CH", "1415555"),
        ("0041 44", "US", "4144"),
        ("011 41 44", "US", "4144"),
        ("044 668", "CH", "44668"),
        ("06 6981", "IT", "66981"),
        ("+49 (0) 30 90", "DE", "493090"),
        ("555-0134", "US", "5550134"),
        ("٥٥٥٠١", "US", "55501"),
        ("tel:+1415", "US", "1415"),
        ("anna 4155", "US", ""),
        ("a1@b.example", "US", ""),
        ("", "US", ""),
    ],
)
def test_search_digits_occur_in_the_stored_number(query: str, region: str, expected: str) -> None:
    assert search_digits(query, region=region) == expected


def test_digits_are_those_of_the_stored_number() -> None:
    assert digits("+14155550134") == "14155550134"


@given(st.integers(min_value=2_000_000_000, max_value=9_999_999_999))
def test_the_fast_path_agrees_with_the_general_parser(national: int) -> None:
    import phonenumbers

    general = phonenumbers.parse(str(national), "US")
    try:
        number = parse_phone(str(national), region="US")
    except InvalidPhone:
        assert not phonenumbers.is_valid_number(general)
    else:
        fictional = "55501" in number.e164[5:10]
        assert phonenumbers.is_valid_number(general) or fictional
        assert number.e164 == phonenumbers.format_number(general, phonenumbers.PhoneNumberFormat.E164)


@given(st.one_of(st.text(max_size=80), st.floats(), st.integers(), st.none()), st.sampled_from(["US", "DE", ""]))
def test_no_input_does_anything_but_parse_or_be_refused(raw: object, region: str) -> None:
    try:
        number = parse_phone(raw, region=region)
    except InvalidPhone:
        return
    assert parse_phone(number.e164, region="").e164 == number.e164


@given(st.integers(min_value=2_000_000_000, max_value=9_999_999_999), st.sampled_from(("US", "CA")))
def test_the_stored_form_alone_is_what_the_whole_reading_gives(national: int, region: str) -> None:
    def read(parse):
        try:
            return parse(str(national), region=region)
        except InvalidPhone as error:
            return error.reason

    whole = read(parse_phone)
    assert read(parse_e164) == (whole if isinstance(whole, str) else whole.e164)
