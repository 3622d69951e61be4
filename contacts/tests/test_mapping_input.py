"""Mappings that someone sends, and cells that hold several things at once."""

import pytest

from contacts.cells import split_name, split_several, split_tags
from contacts.mapping import (
    CONTACT_FIELDS,
    InvalidMapping,
    guess_mapping,
    header_shape,
    parse_mapping,
    slug,
)

# --- cells that hold several things


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("Anna Lee", ("Anna", "Lee")),
        ("Lee, Anna", ("Anna", "Lee")),
        ("  Anna   Maria  Lee ", ("Anna Maria", "Lee")),
        ("Ludwig van Beethoven", ("Ludwig", "van Beethoven")),
        ("Dr. Anna Lee", ("Anna", "Lee")),
        ("Prof. Dr. Anna von der Lee", ("Anna", "von der Lee")),
        ("Martin King Jr.", ("Martin", "King")),
        ("Martin King, PhD", ("Martin", "King")),
        ("Cher", ("Cher", "")),
        ("Dr", ("Dr", "")),
        ("", ("", "")),
    ],
)
def test_a_whole_name_is_split(full: str, parts: tuple[str, str]) -> None:
    assert split_name(full) == parts


def test_tags_are_split_and_each_is_kept_once() -> None:
    assert split_tags("VIP; rome, vip ;; New  York") == ["VIP", "rome", "New York"]
    assert split_tags("* myContacts ::: * Friends") == ["Friends"]


def test_several_numbers_in_a_cell_are_split_and_an_extension_is_not() -> None:
    assert split_several("415-555-0101; 415-555-0102") == ["415-555-0101", "415-555-0102"]
    assert split_several("a@b.example, c@d.example") == ["a@b.example", "c@d.example"]
    assert split_several("415-555-0101, ext 5") == ["415-555-0101, ext 5"]


# --- mappings that someone sends


HEADER = ["Full Name", "E-Mail", "Tel", "Shoe size"]


@pytest.mark.parametrize(
    "raw",
    [
        {"Full Name": "full_name", "E-Mail": "email", "Tel": "phone_number", "Shoe size": "custom:shoe"},
        {"full name": "full_name", "e-mail ": "email", "TEL": "phone_number", "Shoe size": "custom:shoe"},
        {"full_name": "Full Name", "email": "E-Mail", "phone_number": "Tel", "custom:shoe": "Shoe size"},
    ],
)
def test_a_mapping_is_read_in_either_direction(raw: dict[str, str]) -> None:
    assert parse_mapping(raw, HEADER) == ["full_name", "email", "phone_number", "custom:shoe"]


def test_columns_left_out_or_null_are_not_imported() -> None:
    assert parse_mapping({"Tel": "phone_number", "Shoe size": None}, HEADER) == ["", "", "phone_number", ""]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ([], "invalid"),
        ("x", "invalid"),
        ({"Tel": 5}, "invalid"),
        ({}, "missing_column"),
        ({"Full Name": "full_name"}, "missing_column"),
        ({"Tel": "phone_number", "Fax": "custom:fax"}, "unknown_column"),
        ({"Tel": "phone_number", "E-Mail": "is_admin"}, "unknown_target"),
        ({"Tel": "phone_number", "E-Mail": "custom:"}, "unknown_target"),
        ({"Tel": "phone_number", "E-Mail": "custom:__class__"}, "unknown_target"),
        ({"Tel": "phone_number", "E-Mail": "phone_number"}, "duplicate_target"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why(raw: object, code: str) -> None:
    with pytest.raises(InvalidMapping) as refused:
        parse_mapping(raw, HEADER)
    assert refused.value.code == code


def test_every_guess_is_a_mapping_that_can_be_sent_back() -> None:
    header = ["Name", "Mobile", "Phone", "Phone", "Größe", "1st", "名前"]
    guesses = guess_mapping(header, [["Anna Lee", "1", "415-555-0101", "415-555-0102", "L", "a", "b"]])
    parse_mapping({f"c{guess.column}": guess.target for guess in guesses}, [f"c{n}" for n in range(7)])
    assert (slug("名前"), slug("1st call")) == ("field", "field_1st_call")


def test_the_shape_of_a_file_is_its_columns() -> None:
    assert header_shape(["First Name", "E-Mail"]) == header_shape(["first_name", "e mail"])
    assert header_shape(["a", "b"]) != header_shape(["b", "a"])
    assert len(CONTACT_FIELDS) == len(set(CONTACT_FIELDS))
