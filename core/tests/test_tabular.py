"""Tables in files: every usual encoding, delimiter and writing is read, with true line numbers."""

import io
import zipfile
from pathlib import Path

import pytest

from core.tabular import Row, TableError, read_batches, sniff, write_workbook

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
