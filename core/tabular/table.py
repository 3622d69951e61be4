"""The words that reading and sniffing share: rows, limits, and what can be wrong with a file or a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

MAX_COLUMNS: Final = 200
MAX_CELL: Final = 32 * 1024
"""Characters. A longer cell is refused with its row; nobody's name or note is longer."""

FAULTS: Final[dict[str, str]] = {
    "extra_cells": "The row has more cells than the header.",
    "invalid_character": "The row holds a NUL character.",
    "cell_too_long": "A cell is longer than 32,768 characters.",
    "bad_quotes": "The quotes of the row do not match.",
}
"""Faults of one row: it is refused, all others are read."""

TABLE_ERRORS: Final[dict[str, str]] = {
    "empty_file": "The file is empty.",
    "not_csv": "The file is not a table of text (CSV or TSV).",
    "not_xlsx": "The file is not an Excel workbook (XLSX) that can be read.",
    "too_many_columns": f"The file has more than {MAX_COLUMNS} columns.",
    "unclosed_quote": "A quote is opened and never closed.",
    "too_large": "The workbook unpacks to more than can be read.",
    "bad_resume": "The place to resume from does not belong to this file.",
}


class TableError(ValueError):
    """The file as a whole cannot be read (further); `line` is where, when it is one place."""

    def __init__(self, code: str, detail: str = "", *, line: int | None = None) -> None:
        self.code = code
        self.line = line
        self.detail = detail or TABLE_ERRORS[code]
        super().__init__(f"{self.detail} (line {line})" if line else self.detail)


class Row(NamedTuple):
    """One record: the line of the file on which it begins, its cells, and its fault if it has one."""

    line: int
    cells: list[str]
    fault: str = ""


class Batch(NamedTuple):
    """Rows in order, and the token with which reading goes on after them."""

    rows: list[Row]
    resume: str


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What a file turned out to hold. `kind`: "csv" or "xlsx"; `lines`: rows at most, to show progress.

    `header_line` is 1 but for files whose first line only names the separator. Warnings are codes:
    `encoding_guessed`, `header_looks_like_data`, `one_column`, `no_rows`, `further_sheets_ignored`,
    `unclosed_quote` (below the rows shown).
    """

    kind: str
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]
    header_line: int
    lines: int
    size: int
    sha256: str
    warnings: tuple[str, ...]


def clean(cell: str) -> str:
    """A cell without the blanks around it; the apostrophe of a neutralised formula is taken off again."""
    text = cell.strip().replace("\xa0", " ").replace("\r\n", "\n")
    if len(text) > 1 and text[0] == "'" and text[1] in "=+-@":
        return text[1:]
    return text
