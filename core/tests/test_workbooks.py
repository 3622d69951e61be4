"""Workbooks: XLSX files are read as people see them, and those that are broken or sly are refused."""

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from core.tabular import Row, TableError, read_batches, sniff


def rows_of(path: Path, **options: object) -> list[Row]:
    return [row for batch in read_batches(path, sniff(path), **options) for row in batch.rows]  # type: ignore[arg-type]


def cells_of(path: Path) -> list[list[str]]:
    return [row.cells for row in rows_of(path)]


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
