"""The XML of one sheet, and the strings its cells share, read piece by piece."""

from __future__ import annotations

import math
import mmap
import re
import tempfile
import zipfile
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import IO, Final
from xml.parsers import expat

from core.tabular.table import MAX_CELL, MAX_COLUMNS, Row, TableError, clean

BLOCK: Final = 1 << 16
_MAX_PIECES = 1000
"""Pieces of at most 8 KB that the parser hands over for one text; what is longer than that is no cell."""

_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")


class Strings:
    """The shared strings, in a file mapped into memory: only where each one ends is held."""

    def __init__(self, ends: array[int], data: mmap.mmap | bytes) -> None:
        self._ends, self._data = ends, data

    def __getitem__(self, place: int) -> str:
        if not 0 <= place < len(self._ends):
            raise TableError("not_xlsx")
        start = self._ends[place - 1] if place else 0
        return str(self._data[start : self._ends[place]], "utf-8")


@contextmanager
def shared_strings(archive: zipfile.ZipFile) -> Iterator[Strings]:
    """The workbook's shared strings, for as long as the block lasts."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        yield Strings(array("Q"), b"")
        return
    with tempfile.TemporaryFile() as spool:
        ends = array("Q")
        with archive.open("xl/sharedStrings.xml") as handle:
            _spool_strings(handle, spool, ends)
        spool.flush()
        if not ends or not ends[-1]:
            yield Strings(ends, b"")
            return
        with mmap.mmap(spool.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield Strings(ends, data)


def _spool_strings(handle: IO[bytes], spool: IO[bytes], ends: array[int]) -> None:
    parser, inside, total = xml_parser(), [False, False], [0]
    text: list[str] = []

    def data(piece: str) -> None:
        if inside[0] and len(text) < _MAX_PIECES:
            text.append(piece)

    def start(prefixed: str, _: dict[str, str]) -> None:
        name = prefixed.rpartition(":")[2]
        if name == "rPh":  # the reading aid above Japanese text is not part of it
            inside[1] = True
        inside[0] = name == "t" and not inside[1]

    def end(prefixed: str) -> None:
        name = prefixed.rpartition(":")[2]
        inside[0] = False
        if name == "rPh":
            inside[1] = False
        elif name == "si":
            total[0] += spool.write(_unescape("".join(text)).encode("utf-8", "replace"))
            ends.append(total[0])
            text.clear()

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = data
    parser.ParseFile(handle)


class Sheet:
    """The parser's state while the rows of one sheet go by."""

    def __init__(self, strings: Strings, dates: frozenset[str], epoch: datetime, after: int) -> None:
        self._strings, self._dates, self._epoch, self._after = strings, dates, epoch, after
        self._done: list[Row] = []
        self._line = 0
        self._cells: list[str] = []
        self._column = -1
        self._kind = self._style = ""
        self._text: list[str] = []
        self._inside = self._ended = False

    def read(self, handle: IO[bytes]) -> Iterator[Row]:
        """Feed the XML block by block and hand out the rows that each block completed."""
        parser = xml_parser()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._data
        for block in iter(lambda: handle.read(BLOCK), b""):
            parser.Parse(block, False)
            yield from self._done
            self._done.clear()
            if self._ended:
                return  # what follows the rows is formatting, and may be long
        parser.Parse(b"", True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "c":
            place = attributes.get("r")
            self._column = _column(place) if place else self._column + 1
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._text.clear()
        elif local in {"v", "t"}:
            self._inside = self._line > self._after
        elif local == "row":
            number = attributes.get("r", "")
            self._line = int(number) if number.isdigit() else self._line + 1
            self._cells, self._column = [], -1

    def _data(self, data: str) -> None:
        if self._inside and len(self._text) < _MAX_PIECES:
            self._text.append(data)

    def _end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        if local in {"v", "t"}:
            self._inside = False
        elif local == "c":
            if self._text:
                self._put(clean(self._value("".join(self._text))))
        elif local == "row":
            if self._cells:
                long = any(len(cell) > MAX_CELL for cell in self._cells)
                self._done.append(Row(self._line, self._cells, "cell_too_long" if long else ""))
        elif local == "sheetData":
            self._ended = True

    def _put(self, value: str) -> None:
        if not value:
            return
        if self._column >= MAX_COLUMNS:
            raise TableError("too_many_columns", line=self._line)
        if self._column > len(self._cells):
            self._cells += [""] * (self._column - len(self._cells))
        self._cells[self._column :] = [value]

    def _value(self, text: str) -> str:
        match self._kind:
            case "s":
                return self._strings[int(text)] if text.isdigit() else ""
            case "str" | "inlineStr":
                return _unescape(text)
            case "b":
                return "true" if text == "1" else "false"
            case "n":
                return self._number(text)
            case _:
                return text if self._kind == "d" else ""

    def _number(self, text: str) -> str:
        try:
            number = float(text)
        except ValueError:
            return text
        if not math.isfinite(number):
            return text
        if self._style in self._dates and 0 <= number < 2_958_466:  # the day after 9999-12-31
            moment = self._epoch + timedelta(seconds=round(number * 86_400))
            return moment.date().isoformat() if number == int(number) else moment.isoformat(sep=" ")
        if number == int(number) and abs(number) < 10**15:
            return str(int(number))
        return repr(number)


def xml_parser() -> expat.XMLParserType:
    """An expat parser that takes no document type: entities are how XML is made to explode."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise TableError("not_xlsx")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _column(place: str) -> int:
    """ "C7" → 2."""
    number = 0
    for char in place:
        if not char.isalpha():
            break
        number = number * 26 + ord(char.upper()) - 64
    return number - 1


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text
