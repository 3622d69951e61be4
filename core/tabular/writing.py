"""Tables out: CSV and XLSX that no spreadsheet will run as a program."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import xlsxwriter

BOM: Final = b"\xef\xbb\xbf"
"""Put before a CSV file so that Excel reads it as UTF-8."""

_DANGEROUS: Final = "=+-@\t\r\n＝＋－＠"
_PLAIN_NUMBER: Final = re.compile(r"[+-]\d+(?:\.\d+)?")


def neutralise(cell: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    A signed number is no formula: "-5" and "+14155550134" stay as they are, because a phone number that
    comes back with an apostrophe breaks every program that reads the file. Our own import takes the
    apostrophe off again.
    """
    if cell and cell[0] in _DANGEROUS and not _PLAIN_NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """Some rows as CSV: every cell quoted, formulas neutralised, None as empty; lines end in CRLF."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    for row in rows:
        writer.writerow([neutralise("" if cell is None else str(cell)) for cell in row])
    return buffer.getvalue().encode("utf-8", "replace")


def write_workbook(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write an XLSX file row by row with flat memory; answers the number of rows.

    Every cell is written as text, never as a formula or link, so nothing needs neutralising and no
    number loses digits.
    """
    count = 0
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        for column, name in enumerate(header):
            sheet.write_string(0, column, name, bold)
        sheet.freeze_panes(1, 0)
        for count, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if cell is not None and cell != "":
                    sheet.write_string(count, column, str(cell)[:32_767])
    return count
