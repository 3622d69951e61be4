"""Finding out what a file holds: kind, encoding, delimiter, header and some rows to show."""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from core.tabular.delimited import read_delimited
from core.tabular.table import MAX_COLUMNS, Row, Sniffed, TableError
from core.tabular.workbook import open_workbook

_BLOCK = 1 << 20
_HEAD = 1 << 16
_SAMPLE_ROWS = 30
_DELIMITERS: Final = (",", ";", "\t", "|")
_BOMS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHER_KINDS: Final = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\xd0\xcf\x11\xe0",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
    b"MZ",
    b"\x7fELF",
    b"{\\rtf",
    b"SQLite",
)
_MARKUP: Final = re.compile(rb"\s*(?:<[!?a-z]|\{|\[\s*[\{\[])", re.IGNORECASE)
_DATA_LIKE: Final = re.compile(r"[^@\s]+@[^@\s]+\.\w+|\+?[\d\s().-]{7,}")
_UNDEFINED_IN_CP1252: Final = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


@dataclass(slots=True)
class _Scan:
    """What one pass over the bytes tells."""

    size: int
    sha256: str
    newlines: int
    head: bytes
    is_utf8: bool
    fits_cp1252: bool


def sniff(path: Path, *, name: str = "") -> Sniffed:
    """Look at the whole file once (hash, encoding) and at its first rows (delimiter, header).

    The content decides; `name` is only used to refuse a workbook that calls itself CSV, which more often
    is a mix-up than meant. Raises `TableError` (`empty_file`, `not_csv`, `not_xlsx`, `too_many_columns`,
    `unclosed_quote`).
    """
    scan = _scan(path)
    if not scan.head.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise TableError("empty_file")
    if scan.head.startswith(b"PK\x03\x04"):
        if name.lower().endswith((".csv", ".tsv", ".txt")):
            raise TableError("not_csv", "The file is a workbook or archive that calls itself a CSV file.")
        return _sniff_workbook(path, scan)
    encoding = _encoding(scan)
    if _is_foreign(scan.head, encoding):
        raise TableError("not_xlsx" if name.lower().endswith((".xlsx", ".xls")) else "not_csv")
    text = scan.head.decode("utf-8-sig" if encoding == "utf-8" else encoding, "ignore")
    told = re.match(r'"?sep=(.)"?\r?\n', text, re.IGNORECASE)  # Excel's own first line
    delimiter = told[1] if told else _delimiter(text, whole=scan.size <= _HEAD)
    header_line = 2 if told else 1
    warnings = [] if scan.is_utf8 or encoding.startswith("utf") else ["encoding_guessed"]
    rows: list[Row] = []
    try:
        for row, _ in read_delimited(path, encoding=encoding, delimiter=delimiter):
            if row.line >= header_line:
                rows.append(row)
            if len(rows) > _SAMPLE_ROWS:
                break
    except TableError as error:
        if not rows:
            raise
        warnings.append(error.code)  # the rows before that place can be read all the same
    return _sniffed(scan, rows, warnings, kind="csv", encoding=encoding, delimiter=delimiter)


def _sniff_workbook(path: Path, scan: _Scan) -> Sniffed:
    with open_workbook(path) as workbook:
        rows = list(islice(workbook.rows(), _SAMPLE_ROWS + 1))
        warnings = ["further_sheets_ignored"] if workbook.sheet_count > 1 else []
    return _sniffed(scan, rows, warnings, kind="xlsx", encoding="", delimiter="")


def _sniffed(scan: _Scan, rows: list[Row], warnings: list[str], *, kind: str, encoding: str, delimiter: str) -> Sniffed:
    if not rows:
        raise TableError("empty_file")
    header, samples = rows[0], rows[1:]
    if header.fault:
        raise TableError("not_csv", line=header.line)
    names = list(header.cells)
    while len(names) > MAX_COLUMNS and not names[-1]:
        names.pop()
    if len(names) > MAX_COLUMNS:
        raise TableError("too_many_columns")
    if any(_DATA_LIKE.fullmatch(cell) for cell in names):
        warnings.append("header_looks_like_data")
    if len(names) == 1:
        warnings.append("one_column")
    if not samples:
        warnings.append("no_rows")
    width = len(names)
    shown = (tuple((row.cells + [""] * width)[:width]) for row in samples if not row.fault)
    return Sniffed(
        kind=kind,
        encoding=encoding,
        delimiter=delimiter,
        header=tuple(names),
        samples=tuple(shown),
        header_line=header.line,
        lines=scan.newlines if kind == "csv" else 0,
        size=scan.size,
        sha256=scan.sha256,
        warnings=tuple(warnings),
    )


def _scan(path: Path) -> _Scan:
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    scan = _Scan(size=0, sha256="", newlines=0, head=b"", is_utf8=True, fits_cp1252=True)
    with path.open("rb") as handle:
        for block in iter(lambda: handle.read(_BLOCK), b""):
            scan.head = scan.head or block[:_HEAD]
            scan.size += len(block)
            scan.newlines += block.count(b"\n")
            digest.update(block)
            if scan.is_utf8:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    scan.is_utf8 = False
            scan.fits_cp1252 = scan.fits_cp1252 and not _UNDEFINED_IN_CP1252.search(block)
    scan.is_utf8 = scan.is_utf8 and not decoder.getstate()[0]  # a character cut off at the end
    scan.sha256 = digest.hexdigest()
    return scan


def _encoding(scan: _Scan) -> str:
    for mark, name in _BOMS:
        if scan.head.startswith(mark):
            return name
    even, odd = scan.head[::2].count(0), scan.head[1::2].count(0)
    half = max(len(scan.head) // 2, 1)
    if odd / half > 0.4 and even / half < 0.1:
        return "utf-16-le"
    if even / half > 0.4 and odd / half < 0.1:
        return "utf-16-be"
    if scan.is_utf8:
        return "utf-8"
    return "cp1252" if scan.fits_cp1252 else "latin-1"


def _is_foreign(head: bytes, encoding: str) -> bool:
    """Whether the bytes are some other kind of file: markup, JSON, a picture, a program."""
    if encoding.startswith(("utf-16", "utf-32")):
        return False
    if head.startswith(_OTHER_KINDS) or _MARKUP.match(head.removeprefix(codecs.BOM_UTF8)):
        return True
    odd = sum(head.count(bytes([code])) for code in range(32) if code not in b"\t\n\f\r\x1a")
    return odd > max(2, len(head) // 10)


def _delimiter(text: str, *, whole: bool) -> str:
    """The delimiter that gives most of the first records the same number of cells, and more than one."""
    lines = text.splitlines(keepends=True)
    if not whole and len(lines) > 1:
        lines.pop()  # cut off in the middle
    best, best_score = ",", 0.0
    for candidate in _DELIMITERS:
        widths = Counter(_widths(lines[: _SAMPLE_ROWS * 2], candidate))
        if not widths:
            continue
        width, times = widths.most_common(1)[0]
        header_fits = 1.0 if next(iter(widths)) == width else 0.5
        score = header_fits * times / widths.total() * (width - 1) ** 0.5
        if score > best_score:
            best, best_score = candidate, score
    return best


def _widths(lines: list[str], delimiter: str) -> list[int]:
    try:
        return [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if cells]
    except csv.Error:
        return []
