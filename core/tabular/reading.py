"""Reading a sniffed file from the start or from where an earlier read stopped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from core.tabular.delimited import read_delimited
from core.tabular.table import Batch, Row, Sniffed, TableError
from core.tabular.workbook import open_workbook


def read_batches(path: Path, sniffed: Sniffed, *, size: int = 1000, resume: str = "") -> Iterator[Batch]:
    """The rows below the header in batches of `size`, each with the token to go on from after a crash.

    Memory does not grow with the file. Raises `TableError` when the file cannot be read further; the rows
    before that place have been given out.
    """
    rows: list[Row] = []
    token = resume
    for row, token in _rows(path, sniffed, resume):
        rows.append(row)
        if len(rows) == size:
            yield Batch(rows, token)
            rows = []
    if rows:
        yield Batch(rows, token)


def _rows(path: Path, sniffed: Sniffed, resume: str) -> Iterator[tuple[Row, str]]:
    place = re.fullmatch(r"(\d{1,12}):(\d{1,15})", resume)
    if resume and not place:
        raise TableError("bad_resume")
    line, offset = (int(place[1]), int(place[2])) if place else (0, 0)
    width = len(sniffed.header)
    if sniffed.kind == "xlsx":
        yield from _sheet_rows(path, width, max(line, sniffed.header_line))
        return
    if offset > sniffed.size:
        raise TableError("bad_resume")
    rows = read_delimited(
        path,
        encoding=sniffed.encoding,
        delimiter=sniffed.delimiter,
        width=width,
        line=line,
        offset=offset,
    )
    for row, token in rows:
        if row.line > sniffed.header_line:
            yield row, token


def _sheet_rows(path: Path, width: int, after: int) -> Iterator[tuple[Row, str]]:
    with open_workbook(path) as workbook:
        for row in workbook.rows(after=after):
            if row.line <= after:
                continue
            cells = row.cells + [""] * (width - len(row.cells))
            fault = row.fault or ("extra_cells" if len(cells) > width else "")
            yield Row(row.line, cells, fault), f"{row.line}:0"
