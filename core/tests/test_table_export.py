"""Exported tables: safe in a spreadsheet, and whole when they come back."""

import csv
import io
import zipfile
from pathlib import Path

import pytest

from core.tabular import Row, csv_bytes, neutralise, read_batches, sniff, write_workbook


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
