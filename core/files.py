"""Judging an uploaded file: by what is in it, never by what it is called or what the browser says.

The name's extension says what the file claims to be; the bytes must agree, and must not be a second kind of
file at the same time. Nothing is unpacked beyond a few bytes, and nothing is stored here.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

MAX_BYTES: Final = 10 * 1024 * 1024
DOCUMENTS: Final[dict[str, str]] = {
    ".pdf": "application/pdf",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".rtf": "application/rtf",
    ".txt": "text/plain",
}

_IN_MEMORY = 256 * 1024
_HEAD = 4096
_MAX_ENTRIES = 2_000
_MAX_UNPACKED = 100 * 1024 * 1024
_MAX_RATIO = 100
_SMALL = 10 * 1024 * 1024
_KEEP_FREE_SHARE = 10  # a tenth of the volume,
_KEEP_FREE_BYTES = 1 << 30  # but no more than 1 GiB of a big one

_MARKUP: Final = re.compile(
    rb"\s*<(?:!doctype|!--|\?xml|\?php|html|head|body|svg|script|iframe|img|style)", re.IGNORECASE
)
_ACTIVE_MARKUP: Final = re.compile(rb"<(?:html|script|svg|iframe)[\s>]", re.IGNORECASE)
_OTHER_STARTS: Final = (b"MZ", b"\x7fELF", b"%PDF", b"PK\x03\x04", b"{\\rtf", b"#!", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER_OLE: Final = ("Workbook", "Book", "PowerPoint Document", "__properties_version1.0", "VisioDocument")


class RefusedFile(ValueError):
    """A file that is not taken; `code` is stable, `status` is the HTTP status that fits."""

    def __init__(self, code: str, status: int, detail: str) -> None:
        super().__init__(detail)
        self.code, self.status, self.detail = code, status, detail


@dataclass(slots=True)
class ReceivedFile:
    """An upload that passed: its bytes in a temporary file (gone when closed), and what they are."""

    content: IO[bytes]
    extension: str
    media_type: str
    size: int
    sha256: str


def receive_file(
    chunks: Iterable[bytes],
    *,
    name: str,
    room: Path | None = None,
    max_bytes: int = MAX_BYTES,
) -> ReceivedFile:
    """Take an upload piece by piece and judge it; what is too large is dropped as soon as it is.

    `room` is where the file will be kept in the end: a volume that is nearly full refuses before a byte is
    read. Raises `RefusedFile`: `storage_full` 507, `body_too_large` 413, `empty_file` 400,
    `file_type_mismatch` 415.
    """
    if room is not None:
        check_free_space(room)
    extension = extension_of(name)
    digest = hashlib.sha256()
    size = 0
    content = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - handed to the caller
    try:
        for chunk in chunks:
            size += len(chunk)
            if size > max_bytes:
                raise RefusedFile("body_too_large", 413, f"The file is larger than {max_bytes >> 20} MB.")
            digest.update(chunk)
            _write(content, chunk)
        judge_file(content, extension=extension)
    except BaseException:
        content.close()
        raise
    content.seek(0)
    return ReceivedFile(content, extension, DOCUMENTS[extension], size, digest.hexdigest())


def _write(content: IO[bytes], chunk: bytes) -> None:
    try:
        content.write(chunk)
    except OSError as error:
        raise RefusedFile("storage_full", 507, "There is no room for the file.") from error


def extension_of(name: str) -> str:
    """The extension of a client's file name, if it is one that is taken. Raises `file_type_mismatch`."""
    extension = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    if extension not in DOCUMENTS:
        kinds = ", ".join(kind[1:].upper() for kind in DOCUMENTS)
        raise RefusedFile("file_type_mismatch", 415, f"These kinds of file are taken: {kinds}.")
    return extension


def judge_file(content: IO[bytes], *, extension: str) -> None:
    """Hold the bytes against what the extension claims. Raises `RefusedFile`."""
    content.seek(0)
    head = content.read(_HEAD)
    if not head:
        raise RefusedFile("empty_file", 400, "The file is empty.")
    match extension:
        case ".pdf":
            _judge_pdf(content, head)
        case ".docx" | ".odt":
            _judge_package(content, head, extension)
        case ".doc":
            _judge_doc(content, head)
        case ".rtf":
            _judge_rtf(content, head)
        case _:
            _judge_text(content, head)
    content.seek(0)


def check_free_space(room: Path) -> None:
    """Refuse while a tenth of the volume (at most 1 GiB) is all that is left: the database needs it more."""
    while not room.exists():
        room = room.parent
    usage = shutil.disk_usage(room)
    if usage.free < min(usage.total // _KEEP_FREE_SHARE, _KEEP_FREE_BYTES):
        raise RefusedFile("storage_full", 507, "The file storage is full.")


def _mismatch(kind: str, what: str = "") -> RefusedFile:
    return RefusedFile("file_type_mismatch", 415, what or f"The file is not the {kind} that its name says.")


def _judge_pdf(content: IO[bytes], head: bytes) -> None:
    if not re.match(rb"%PDF-[12]\.\d", head) or _ACTIVE_MARKUP.search(head):
        raise _mismatch("PDF")
    if zipfile.is_zipfile(content):
        raise _mismatch("PDF", "The file is a PDF and an archive at once.")


def _judge_package(content: IO[bytes], head: bytes, extension: str) -> None:
    kind = extension[1:].upper()
    if not head.startswith(b"PK\x03\x04"):
        raise _mismatch(kind)
    content.seek(0, 2)
    packed = content.tell()
    try:
        with zipfile.ZipFile(content) as archive:
            entries = archive.infolist()
            _refuse_bombs(entries, packed)
            names = {entry.filename for entry in entries}
            if any(re.search(r"vbaProject\.bin$|^Basic/|^Scripts/", name, re.IGNORECASE) for name in names):
                raise _mismatch(kind, "Documents with macros are not taken.")
            main = "word/document.xml" if extension == ".docx" else "content.xml"
            if main not in names or not _starts_as_xml(archive, main):
                raise _mismatch(kind)
            if extension == ".odt" and archive.read("mimetype").strip() != DOCUMENTS[extension].encode():
                raise _mismatch(kind)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError, RuntimeError) as error:
        raise _mismatch(kind) from error


def _refuse_bombs(entries: list[zipfile.ZipInfo], packed: int) -> None:
    """Entries that unpack to far more than they are, are too many, or share the same bytes."""
    unpacked = sum(entry.file_size for entry in entries)
    overlapping = sum(entry.compress_size for entry in entries) > packed
    swollen = unpacked > _MAX_UNPACKED or (unpacked > _SMALL and unpacked > packed * _MAX_RATIO)
    if len(entries) > _MAX_ENTRIES or overlapping or swollen:
        raise RefusedFile("body_too_large", 413, "The file unpacks to far more than it is.")


def _starts_as_xml(archive: zipfile.ZipFile, name: str) -> bool:
    with archive.open(name) as part:
        return part.read(64).lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")


def _judge_doc(content: IO[bytes], head: bytes) -> None:
    if not head.startswith(_OLE):
        raise _mismatch("DOC")
    whole = head + content.read()
    if _stream(whole, "_VBA_PROJECT") or _stream(whole, "Macros"):
        raise _mismatch("DOC", "Documents with macros are not taken.")
    if not _stream(whole, "WordDocument") and any(_stream(whole, name) for name in _OTHER_OLE):
        raise _mismatch("DOC")


def _stream(whole: bytes, name: str) -> bool:
    """Whether an OLE container's directory names this stream (names are UTF-16, ended by a NUL)."""
    return f"{name}\0".encode("utf-16-le") in whole


def _judge_rtf(content: IO[bytes], head: bytes) -> None:
    if not head.startswith(b"{\\rtf"):
        raise _mismatch("RTF")
    if b"\\objdata" in head + content.read():
        raise _mismatch("RTF", "Documents with embedded objects are not taken.")


def _judge_text(content: IO[bytes], head: bytes) -> None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = (head + content.read()).decode("utf-16").encode()
        except UnicodeDecodeError as error:
            raise _mismatch("TXT") from error
    else:
        text = (head + content.read()).removeprefix(b"\xef\xbb\xbf")
    if not text.strip():
        raise RefusedFile("empty_file", 400, "The file is empty.")
    odd = sum(text.count(bytes([code])) for code in range(32) if code not in b"\t\n\f\r\x1b")
    if b"\0" in text or odd > len(text) // 100 or text.startswith(_OTHER_STARTS) or _MARKUP.match(text):
        raise _mismatch("TXT")
