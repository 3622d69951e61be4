"""CSV and its kin as a stream of records with true line numbers and byte offsets."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from core.tabular.table import MAX_CELL, Row, TableError, clean

_BLOCK = 1 << 16
_WIDE: Final = ("utf-16", "utf-32")
_BOM_SIZES: Final = {"utf-8-sig": 3}


class _Lines:
    """The file's lines as text; knows how many were given out and where in the file the next one begins.

    For encodings of one unit per byte the position is a byte offset. UTF-16 and UTF-32 have no cheap one:
    there the offset stays 0 and resuming passes over the lines before.
    """

    def __init__(self, handle: BinaryIO, encoding: str, *, line: int = 0, offset: int = 0) -> None:
        self.count = line
        self.offset = offset
        self.odd = False  # a line was seen that needs its cells looked at one by one
        self.ended = False
        wide = encoding.startswith(_WIDE)
        if not wide:
            handle.seek(offset or _bom(handle, encoding))
            self.offset = handle.tell()
        self._source = self._decoded(handle, encoding) if wide else self._plain(handle, encoding)
        for _ in range(line if wide else 0):
            next(self._source, None)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._source, None)
        if line is None:
            self.ended = True
            raise StopIteration
        self.count += 1
        if "'" in line or "\xa0" in line or "\0" in line or len(line) > MAX_CELL:
            self.odd = True
        return line

    def _plain(self, handle: BinaryIO, encoding: str) -> Iterator[str]:
        codec = "utf-8" if encoding == "utf-8-sig" else encoding
        lines = handle if _has_newline(handle) else _split_at_returns(handle)
        for raw in lines:
            self.offset += len(raw)
            yield raw.decode(codec, "replace")

    @staticmethod
    def _decoded(handle: BinaryIO, encoding: str) -> Iterator[str]:
        handle.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        rest = ""
        for block in iter(lambda: handle.read(_BLOCK), b""):
            *lines, rest = (rest + decoder.decode(block)).split("\n")
            yield from (line + "\n" for line in lines)
        rest += decoder.decode(b"", final=True)
        if rest:
            yield rest


def read_delimited(
    path: Path, *, encoding: str, delimiter: str, width: int = 0, line: int = 0, offset: int = 0
) -> Iterator[tuple[Row, str]]:
    """Each record that is not blank, with the token from which the next one can be read.

    `width` is the header's; a record with more cells that hold something is at fault, a shorter one is
    filled up. Raises `TableError` `unclosed_quote` with the line on which the quote was opened: what
    comes after it cannot be told apart from the quoted text.
    """
    with path.open("rb") as handle:
        lines = _Lines(handle, encoding, line=line, offset=offset)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        while True:
            first = lines.count + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if lines.ended or lines.count > first:
                    raise TableError("unclosed_quote", line=first) from error
                too_long = lines.odd and "limit" in str(error)
                lines.odd = False
                fault = "cell_too_long" if too_long else "bad_quotes"
                yield Row(first, [], fault), f"{lines.count}:{lines.offset}"
                continue
            row = _to_row(first, cells, width, odd=lines.odd or lines.count > first)
            lines.odd = False
            if row is not None:
                yield row, f"{lines.count}:{lines.offset}"


def _to_row(line: int, cells: list[str], width: int, *, odd: bool) -> Row | None:
    cells = [clean(cell) for cell in cells] if odd else [cell.strip() for cell in cells]
    if not any(cells):
        return None
    fault = ""
    if odd and any("\0" in cell for cell in cells):
        fault = "invalid_character"
    elif odd and any(len(cell) > MAX_CELL for cell in cells):
        fault = "cell_too_long"
    if width and len(cells) != width:
        if any(cells[width:]):
            return Row(line, cells, fault or "extra_cells")
        cells = cells[:width] + [""] * (width - len(cells))
    return Row(line, cells, fault)


def _bom(handle: BinaryIO, encoding: str) -> int:
    handle.seek(0)
    return _BOM_SIZES.get(encoding, 0) if handle.read(3) == codecs.BOM_UTF8 else 0


def _has_newline(handle: BinaryIO) -> bool:
    """Whether lines end with a newline; files of old Macs end them with a carriage return alone."""
    start = handle.tell()
    head = handle.read(_BLOCK)
    handle.seek(start)
    return b"\n" in head or b"\r" not in head


def _split_at_returns(handle: BinaryIO) -> Iterator[bytes]:
    rest = b""
    for block in iter(lambda: handle.read(_BLOCK), b""):
        *lines, rest = (rest + block).split(b"\r")
        yield from (line + b"\r" for line in lines)
    if rest:
        yield rest
