"""XLSX as a stream of rows: memory stays flat however long the sheet is.

Libraries hold the whole sheet (about 800 MB for a million rows of eight cells), so the XML is read here
with expat, and the table of shared strings lies in a temporary file instead of in memory.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final
from xml.parsers import expat

from core.tabular.sheet import Sheet, shared_strings, xml_parser
from core.tabular.table import Row, TableError

_MAX_UNPACKED = 4 << 30
_MAX_RATIO = 250
_SMALL = 64 << 20
"""Below this many unpacked bytes the ratio says nothing: a small sheet of equal rows packs very well."""

_EPOCH_1900: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - the dates of a sheet have no zone
_EPOCH_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001
_MAIN: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_DATE_FORMATS: Final = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_DATE_CODE: Final = re.compile(r"[dmyhs]", re.IGNORECASE)
_NOT_CODE: Final = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.')


class Workbook:
    """The first sheet of an XLSX file."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        book = _elements(archive, _MAIN, {"sheet", "workbookPr"})
        sheets = [attributes for name, attributes, _ in book if name == "sheet"]
        if not sheets:
            raise TableError("not_xlsx")
        self.sheet_count = len(sheets)
        settings = next((attributes for name, attributes, _ in book if name == "workbookPr"), {})
        self._epoch = _EPOCH_1904 if settings.get("date1904") in {"1", "true"} else _EPOCH_1900
        self._sheet = self._part_of(sheets[0])
        self._dates = self._date_styles()

    def rows(self, *, after: int = 0) -> Iterator[Row]:
        """The sheet's rows that are not blank, numbered as Excel numbers them, from row `after` + 1 on."""
        with shared_strings(self._archive) as strings:
            sheet = Sheet(strings, self._dates, self._epoch, after)
            with self._archive.open(self._sheet) as handle:
                yield from sheet.read(handle)

    def _part_of(self, sheet: dict[str, str]) -> str:
        links = {
            attributes.get("Id"): attributes.get("Target", "")
            for _, attributes, _ in _elements(self._archive, _RELATIONS, {"Relationship"})
        }
        target = links.get(next((value for key, value in sheet.items() if key.endswith(":id")), ""), "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if not target or part not in self._archive.namelist():
            raise TableError("not_xlsx")
        return part

    def _date_styles(self) -> frozenset[str]:
        """The style numbers under which a number is meant as a date."""
        if "xl/styles.xml" not in self._archive.namelist():
            return frozenset()
        parts = _elements(self._archive, "xl/styles.xml", {"numFmt", "xf"})
        dates = set(_DATE_FORMATS)
        for name, attributes, _ in parts:
            code = _NOT_CODE.sub("", attributes.get("formatCode", ""))
            if name == "numFmt" and _DATE_CODE.search(code) and attributes.get("numFmtId", "").isdigit():
                dates.add(int(attributes["numFmtId"]))
        cells = [attributes for name, attributes, parent in parts if name == "xf" and parent == "cellXfs"]
        wanted = {str(number) for number in dates}
        return frozenset(str(at) for at, style in enumerate(cells) if style.get("numFmtId") in wanted)


@contextmanager
def open_workbook(path: Path) -> Iterator[Workbook]:
    """Open the file, refusing what is no workbook (`not_xlsx`) or unpacks beyond reason (`too_large`)."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            packed = max(path.stat().st_size, 1)
            if unpacked > _MAX_UNPACKED or (unpacked > _SMALL and unpacked / packed > _MAX_RATIO):
                raise TableError("too_large")
            yield Workbook(archive)
    except (
        zipfile.BadZipFile,
        zlib.error,
        expat.ExpatError,
        KeyError,
        EOFError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise TableError("not_xlsx") from error


def _elements(archive: zipfile.ZipFile, part: str, wanted: set[str]) -> list[tuple[str, dict[str, str], str]]:
    """The wanted elements of a small part as (name, attributes, parent's name)."""
    found: list[tuple[str, dict[str, str], str]] = []
    path: list[str] = [""]

    def start(prefixed: str, attributes: dict[str, str]) -> None:
        name = prefixed.rpartition(":")[2]
        if name in wanted:
            found.append((name, attributes, path[-1]))
        path.append(name)

    parser = xml_parser()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: path.pop()
    with archive.open(part) as handle:
        parser.ParseFile(handle)
    return found
