"""Tables in files: every usual encoding, delimiter and writing is read, with true line numbers."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from core.tabular import Row, TableError, csv_bytes, neutralise, read_batches, sniff, write_workbook

PEOPLE = "Name,Phone\nAnna,+14155550101\nBjörn,+14155550102\n"


@pytest.fixture
def write(tmp_path: Path):
    def _write(content: bytes | str, name: str = "people.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return _write


def rows_of(path: Path, **options: object) -> list[Row]:
    return [row for batch in read_batches(path, sniff(path), **options) for row in batch.rows]  # type: ignore[arg-type]


def cells_of(path: Path) -> list[list[str]]:
    return [row.cells for row in rows_of(path)]


# --- encodings


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"],
)
def test_every_usual_encoding_is_read(write, encoding: str) -> None:
    path = write(PEOPLE.encode(encoding))
    sniffed = sniff(path)
    assert sniffed.header == ("Name", "Phone")
    assert cells_of(path) == [["Anna", "+14155550101"], ["Björn", "+14155550102"]]
    assert ("encoding_guessed" in sniffed.warnings) == (encoding in {"cp1252", "latin-1"})


def test_latin_1_is_read_where_cp1252_has_no_character(write) -> None:
    assert sniff(write(b"name,phone\nJ\xf6rg\x81,1\n")).encoding == "latin-1"


def test_one_late_letter_decides_the_encoding_of_a_long_file(write) -> None:
    path = write(b"name,phone\n" + b"anna,1\n" * 300_000 + "Jörg,2\n".encode("cp1252"))
    assert sniff(path).encoding == "cp1252"


# --- delimiters and headers


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_delimiter_is_found(write, delimiter: str) -> None:
    text = PEOPLE.replace(",", delimiter)
    sniffed = sniff(write(text))
    assert (sniffed.delimiter, sniffed.header) == (delimiter, ("Name", "Phone"))


def test_a_semicolon_file_with_commas_in_its_cells_is_not_mistaken(write) -> None:
    text = 'Name;Tags;Amount\n"Müller, Anna";"a,b";1,5\n"Meier, Jo";"a,b,c";2,5\n'
    assert cells_of(write(text)) == [["Müller, Anna", "a,b", "1,5"], ["Meier, Jo", "a,b,c", "2,5"]]


def test_excels_own_separator_line_is_obeyed(write) -> None:
    path = write("sep=;\nName;Phone\nAnna;1\n")
    sniffed = sniff(path)
    assert (sniffed.header, sniffed.header_line) == (("Name", "Phone"), 2)
    assert rows_of(path) == [Row(3, ["Anna", "1"])]


def test_a_single_column_is_a_table(write) -> None:
    sniffed = sniff(write("phone\n+14155550101\n"))
    assert (sniffed.header, sniffed.warnings) == (("phone",), ("one_column",))


def test_a_file_without_a_header_is_noticed(write) -> None:
    assert "header_looks_like_data" in sniff(write("Anna,+1 415 555 0101\nBo,+1 415 555 0102\n")).warnings
    assert "header_looks_like_data" in sniff(write("anna@acme.example,x\nbo@acme.example,y\n")).warnings


def test_a_header_alone_has_no_rows(write) -> None:
    path = write("name,phone")
    assert sniff(path).warnings == ("no_rows",)
    assert rows_of(path) == []


def test_the_hash_and_size_are_the_files(write) -> None:
    import hashlib

    sniffed = sniff(write(PEOPLE))
    assert sniffed.sha256 == hashlib.sha256(PEOPLE.encode()).hexdigest()
    assert (sniffed.size, sniffed.lines) == (len(PEOPLE.encode()), 3)


# --- rows


def test_line_numbers_are_those_of_the_file(write) -> None:
    path = write('name,notes\r\nAnna,"one\r\ntwo\r\nthree"\r\n\r\n , \r\nBo,x\r\n')
    assert rows_of(path) == [Row(2, ["Anna", "one\ntwo\nthree"]), Row(7, ["Bo", "x"])]


def test_lines_of_old_macs_are_read(write) -> None:
    assert rows_of(write("name,phone\rAnna,1\rBo,2\r")) == [Row(2, ["Anna", "1"]), Row(3, ["Bo", "2"])]


def test_cells_lose_the_blanks_around_them_and_keep_inner_quotes(write) -> None:
    path = write('name,notes\n\u00a0 Anna\u00a0Lee ," said ""hi"" "\n')
    assert cells_of(path) == [["Anna Lee", 'said "hi"']]


def test_a_short_row_is_filled_up_and_empty_extra_cells_are_dropped(write) -> None:
    assert cells_of(write("a,b,c\n1\n1,2,3,,\n")) == [["1", "", ""], ["1", "2", "3"]]


def test_rows_at_fault_are_named_and_the_rest_is_read(write) -> None:
    long = "x" * 40_000
    huge = "y" * 200_000
    path = write(f'name,phone\nok,1\nmore,2,3\nnul\0,4\n{long},5\n{huge},6\n"bad"quote,7\nlast,8\n')
    assert [(row.line, row.fault) for row in rows_of(path)] == [
        (2, ""),
        (3, "extra_cells"),
        (4, "invalid_character"),
        (5, "cell_too_long"),
        (6, "cell_too_long"),
        (7, "bad_quotes"),
        (8, ""),
    ]


def test_an_unclosed_quote_stops_the_file_at_its_line(write) -> None:
    path = write('name,phone\nAnna,1\nBo,"2\n' + "Cy,3\n" * 50)
    assert "unclosed_quote" in sniff(path).warnings
    batches = read_batches(path, sniff(path), size=1)
    assert next(batches).rows == [Row(2, ["Anna", "1"])]
    with pytest.raises(TableError) as stopped:
        next(batches)
    assert (stopped.value.code, stopped.value.line) == ("unclosed_quote", 3)


def test_a_quote_never_closed_does_not_swallow_a_big_file_into_memory(write) -> None:
    path = write('name,phone\n"Anna,1\n' + "Cy,3\n" * 400_000)
    with pytest.raises(TableError) as stopped:
        rows_of(path)
    assert (stopped.value.code, stopped.value.line) == ("unclosed_quote", 2)


def test_a_quote_closed_by_a_later_rows_quote_is_found_out(write) -> None:
    path = write('name,phone\n"Anna,1\n"Bo","2"\n')
    with pytest.raises(TableError) as stopped:
        rows_of(path)
    assert (stopped.value.code, stopped.value.line) == ("unclosed_quote", 2)


# --- files that are no tables


@pytest.mark.parametrize("content", [b"", b"   \n\r\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\n\n\n"])
def test_an_empty_file_is_said_to_be_empty(write, content: bytes) -> None:
    with pytest.raises(TableError) as refused:
        sniff(write(content))
    assert refused.value.code == "empty_file"


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n...",
        b"\x89PNG\r\n\x1a\n",
        b"<html><body>",
        b"<?xml version='1.0'?>",
        b'{"name": "Anna"}',
        b'[{"name": "Anna"}]',
        b"MZ\x90\x00\x03" + bytes(50),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        bytes(range(32)) * 20,
    ],
)
def test_another_kind_of_file_is_no_csv(write, content: bytes) -> None:
    with pytest.raises(TableError) as refused:
        sniff(write(content))
    assert refused.value.code == "not_csv"


def test_a_workbook_that_calls_itself_csv_is_refused(write, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    write_workbook(path, ["name"], [["Anna"]])
    with pytest.raises(TableError) as refused:
        sniff(path, name="People.CSV")
    assert refused.value.code == "not_csv"
    assert sniff(path, name="people.xlsx").kind == "xlsx"


def test_a_zip_that_is_no_workbook_is_refused(write) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "hello")
    for content in (buffer.getvalue(), b"PK\x03\x04 and nothing more"):
        with pytest.raises(TableError) as refused:
            sniff(write(content, "x.xlsx"))
        assert refused.value.code == "not_xlsx"


def test_more_than_two_hundred_columns_are_refused(write) -> None:
    assert len(sniff(write(",".join(f"c{n}" for n in range(200)) + "\n")).header) == 200
    assert len(sniff(write("a,b" + "," * 400 + "\n1,2\n")).header) <= 200
    with pytest.raises(TableError) as refused:
        sniff(write(",".join(f"c{n}" for n in range(201)) + "\n"))
    assert refused.value.code == "too_many_columns"


# --- resuming


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_reading_can_go_on_after_any_batch(write, encoding: str, size: int) -> None:
    text = "name,notes\r\n" + "".join(f'P{n},"ä\r\nline {n}"\r\n\r\n' for n in range(20))
    path = write(text.encode(encoding))
    sniffed = sniff(path)
    whole = rows_of(path)
    batches = list(read_batches(path, sniffed, size=size))
    assert [row for batch in batches for row in batch.rows] == whole
    done: list[Row] = []
    for batch in batches:
        done += batch.rows
        rest = [row for later in read_batches(path, sniffed, size=size, resume=batch.resume) for row in later.rows]
        assert done + rest == whole


def test_a_workbook_can_be_resumed_too(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    write_workbook(path, ["n"], ([str(n)] for n in range(50)))
    batches = list(read_batches(path, sniff(path), size=20))
    rest = [row for batch in read_batches(path, sniff(path), resume=batches[0].resume) for row in batch.rows]
    assert [row.cells for row in rest] == [[str(n)] for n in range(20, 50)]


@pytest.mark.parametrize("token", ["x", "1", "1:2:3", "-1:5", "5:999999999"])
def test_a_token_of_another_file_is_refused(write, token: str) -> None:
    path = write(PEOPLE)
    with pytest.raises(TableError) as refused:
        list(read_batches(path, sniff(path), resume=token))
    assert refused.value.code == "bad_resume"


# --- workbooks


def test_a_workbook_gives_text_numbers_dates_and_truth_as_people_write_them(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:  # without constant_memory: shared strings, as Excel writes them
        sheet = book.add_worksheet()
        book.add_worksheet("Second")
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        red = book.add_format({"num_format": '[Red]0.00" days"'})
        sheet.write_row(0, 0, ["Name", "Phone", "Since", "At", "Open", "Amount", "Days"])
        sheet.write_row(1, 0, ["Änne & Co", 14155550134])
        sheet.write_datetime(1, 2, datetime(2026, 11, 20, tzinfo=UTC).replace(tzinfo=None), day)
        sheet.write_datetime(1, 3, datetime(2026, 11, 20, 13, 30, tzinfo=UTC).replace(tzinfo=None), day)
        sheet.write_boolean(1, 4, True)
        sheet.write_number(1, 5, 1.5)
        sheet.write_number(1, 6, 3, red)
        sheet.write_string(4, 1, "1.55512E+10")
        sheet.write_formula(4, 0, "=1+1", None, 2)
        sheet.write_rich_string(5, 0, "A", book.add_format({"bold": True}), "nna")
    sniffed = sniff(path)
    assert (sniffed.header[0], sniffed.warnings) == ("Name", ("further_sheets_ignored",))
    assert rows_of(path) == [
        Row(2, ["Änne & Co", "14155550134", "2026-11-20", "2026-11-20 13:30:00", "true", "1.5", "3"]),
        Row(5, ["2", "1.55512E+10", "", "", "", "", ""]),
        Row(6, ["Anna", "", "", "", "", "", ""]),
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.lists(
        st.lists(
            st.one_of(
                st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), max_size=12),
                st.integers(-(10**14), 10**14),
                st.booleans(),
                st.dates(date(1990, 1, 1), date(2100, 1, 1)),
            ),
            min_size=1,
            max_size=6,
        ),
        min_size=1,
        max_size=8,
    )
)
def test_a_workbook_is_read_as_another_reader_reads_it(tmp_path: Path, table: list[list[object]]) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path, {"strings_to_urls": False, "strings_to_formulas": False}) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, [f"column {n}" for n in range(6)])
        for line, row in enumerate(table, start=1):
            for column, cell in enumerate(row):
                sheet.write(line, column, cell, day if isinstance(cell, date) else None)

    def shown(cell: object) -> str:
        if isinstance(cell, bool):
            return "true" if cell else "false"
        return str(int(cell)) if isinstance(cell, float) else str(cell).strip().replace("\xa0", " ")

    other = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    expected = [[shown(cell) for cell in row] for row in other[1:]]
    found = {row.line: [cell.removeprefix("'") for cell in row.cells] for row in rows_of(path)}
    for line, cells in enumerate(expected, start=2):
        plain = [cell.removeprefix("'") for cell in cells]
        assert found.get(line, [""] * 6)[: len(plain)] == plain


def workbook_of(sheet: bytes, tmp_path: Path, strings: bytes = b"") -> Path:
    path = tmp_path / "made.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "xl/workbook.xml",
            '<x:workbook xmlns:x="m" xmlns:r="r"><x:sheets><x:sheet name="S" r:id="rId1"/></x:sheets></x:workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships><Relationship Id="rId1" Target="/xl/s.xml"/></Relationships>',
        )
        archive.writestr("xl/s.xml", sheet)
        if strings:
            archive.writestr("xl/sharedStrings.xml", strings)
    return path


def test_a_workbook_with_name_space_prefixes_and_no_places_is_read(tmp_path: Path) -> None:
    sheet = (
        b'<x:worksheet xmlns:x="m"><x:sheetData><x:row><x:c t="s"><x:v>0</x:v></x:c><x:c><x:v>5</x:v></x:c></x:row>'
        b'<x:row><x:c t="inlineStr"><x:is><x:t>A_x000A_B</x:t></x:is></x:c><x:c t="e"><x:v>#N/A</x:v></x:c></x:row>'
        b"</x:sheetData></x:worksheet>"
    )
    strings = b'<x:sst xmlns:x="m"><x:si><x:t>Name</x:t><x:rPh><x:t>no</x:t></x:rPh></x:si></x:sst>'
    path = workbook_of(sheet, tmp_path, strings)
    assert sniff(path).header == ("Name", "5")
    assert rows_of(path) == [Row(2, ["A\nB", ""])]


@pytest.mark.parametrize(
    "sheet",
    [
        b'<!DOCTYPE a [<!ENTITY b "bbbb">]><worksheet><sheetData><row><c t="str"><v>&b;</v></c></row></sheetData></worksheet>',
        b"<worksheet><sheetData><row>",
        b"not xml",
        b'<worksheet><sheetData><row><c t="s"><v>7</v></c></row></sheetData></worksheet>',
    ],
)
def test_a_workbook_that_is_broken_or_sly_is_refused(tmp_path: Path, sheet: bytes) -> None:
    with pytest.raises(TableError) as refused:
        sniff(workbook_of(sheet, tmp_path))
    assert refused.value.code == "not_xlsx"


def test_a_workbook_that_unpacks_to_far_more_than_it_is_is_refused(tmp_path: Path) -> None:
    path = workbook_of(b"<worksheet>" + b" " * (80 << 20), tmp_path)
    with pytest.raises(TableError) as refused:
        sniff(path)
    assert refused.value.code == "too_large"


def test_a_column_beyond_the_two_hundredth_is_refused(tmp_path: Path) -> None:
    sheet = b'<worksheet><sheetData><row r="1"><c r="ZZ1" t="str"><v>x</v></c></row></sheetData></worksheet>'
    with pytest.raises(TableError) as refused:
        sniff(workbook_of(sheet, tmp_path))
    assert refused.value.code == "too_many_columns"


# --- writing


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("＝1+1", "'＝1+1"),
        ("-", "'-"),
        ("+1 415 555 0134", "'+1 415 555 0134"),
        ("+14155550134", "+14155550134"),
        ("-5", "-5"),
        ("-5.25", "-5.25"),
        ("Anna", "Anna"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_formulas_are_neutralised_and_plain_numbers_are_left_alone(cell: str, expected: str) -> None:
    assert neutralise(cell) == expected


def test_what_is_exported_can_be_imported_again(write) -> None:
    table = [["Anna", '=HYPERLINK("x")', 'say "hi", twice\nover', "+14155550134"], ["Bo", "-x", None, -5]]
    path = write(csv_bytes([["name", "title", "notes", "phone"], *table]))
    assert cells_of(path) == [
        ["Anna", '=HYPERLINK("x")', 'say "hi", twice\nover', "+14155550134"],
        ["Bo", "-x", "", "-5"],
    ]


def test_every_exported_cell_is_quoted() -> None:
    assert csv_bytes([["a", 1, None]]) == b'"a","1",""\r\n'
    assert next(csv.reader(io.StringIO(csv_bytes([["=x"]]).decode()))) == ["'=x"]


def test_an_exported_workbook_holds_text_only(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    assert write_workbook(path, ["a", "b"], [["=1+1", "+14155550134"], [None, 5]]) == 2
    assert cells_of(path) == [["=1+1", "+14155550134"], ["", "5"]]
    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
