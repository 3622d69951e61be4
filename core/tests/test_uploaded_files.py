"""Uploaded files: the content decides, and nothing that hides a second nature gets in."""

import io
import socket
import struct
import zipfile
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.files import DOCUMENTS, RefusedFile, check_free_space, receive_file
from core.tests.clamd import running_clamd
from core.virus_scan import ScannerUnavailable, find_virus

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\nstartxref\n9\n%%EOF\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def package(*entries: tuple[str, bytes | str], **options: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", options.get("compression", zipfile.ZIP_DEFLATED)) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


def utf16(name: str) -> bytes:
    return f"{name}\0".encode("utf-16-le")


DOCX = package(("[Content_Types].xml", "<Types/>"), ("word/document.xml", "<?xml version='1.0'?><w:document/>"))
ODT = package(("mimetype", DOCUMENTS[".odt"]), ("content.xml", "<office:document-content/>"))
RTF = rb"{\rtf1\ansi Hello}"


def receive(content: bytes, name: str, **options: object):
    return receive_file([content[:7], content[7:]], name=name, **options)  # type: ignore[arg-type]


def refusal(content: bytes, name: str, **options: object) -> tuple[str, int]:
    with pytest.raises(RefusedFile) as refused:
        receive(content, name, **options)
    return refused.value.code, refused.value.status


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (PDF, "cv.pdf"),
        (PDF, "CV.PDF"),
        (PDF, "..\\..\\Anna Lee.v2.pdf"),
        (OLE + utf16("WordDocument"), "cv.doc"),
        (DOCX, "cv.docx"),
        (ODT, "cv.odt"),
        (RTF, "cv.rtf"),
        (b"Anna Lee\nSales", "cv.txt"),
        ("Björn — Verkauf".encode(), "cv.txt"),
        ("Björn".encode("cp1252"), "cv.txt"),
        ("Björn".encode("utf-16"), "cv.txt"),
        (b"I write <html> by hand", "cv.txt"),
    ],
)
def test_a_document_that_is_what_it_says_is_taken(content: bytes, name: str) -> None:
    received = receive(content, name)
    assert received.content.read() == content
    assert (received.size, received.media_type) == (len(content), DOCUMENTS[received.extension])


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<html><body>hi</body></html>", "cv.pdf"),
        (b"%PDF-1.7\n<script>alert(1)</script>", "cv.pdf"),
        (b"%PDF\n", "cv.pdf"),
        (b" %PDF-1.7\n", "cv.pdf"),
        (DOCX, "cv.pdf"),
        (PDF + DOCX, "cv.pdf"),
        (PDF + DOCX, "cv.docx"),
        (b"MZ\x90\x00" + bytes(200), "cv.docx"),
        (b"MZ\x90\x00" + DOCX, "cv.docx"),
        (package(("xl/workbook.xml", "<x/>")), "cv.docx"),
        (package(("word/document.xml", "not xml")), "cv.docx"),
        (package(("word/document.xml", "<x/>"), ("word/vbaProject.bin", "x")), "cv.docx"),
        (DOCX[:-30], "cv.docx"),
        (b"PK\x03\x04", "cv.docx"),
        (DOCX, "cv.odt"),
        (package(("content.xml", "<x/>")), "cv.odt"),
        (package(("mimetype", "application/zip"), ("content.xml", "<x/>")), "cv.odt"),
        (PDF, "cv.doc"),
        (OLE + utf16("Workbook"), "cv.doc"),
        (OLE + utf16("WordDocument") + utf16("_VBA_PROJECT"), "cv.doc"),
        (b"hello", "cv.rtf"),
        (rb"{\rtf1{\object\objdata 0105}}", "cv.rtf"),
        (b"a\0b", "cv.txt"),
        (b"\x01\x02\x03\x04", "cv.txt"),
        (b"  <!DOCTYPE html><p>", "cv.txt"),
        (b"<svg xmlns='x'/>", "cv.txt"),
        (b"#!/bin/sh\nrm -rf /", "cv.txt"),
        (PDF, "cv.txt"),
        (b"MZ this program", "cv.txt"),
        (b"\xff\xfea", "cv.txt"),
        (b"<svg xmlns='x'/>", "cv.svg"),
        (b"print(1)", "../../x.py"),
        (PDF, "cv.pdf.exe"),
        (PDF, "cv"),
        (PDF, ""),
        (PDF, "cv.pdf\0.txt.exe"),
        (PDF, ".pdf"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(content: bytes, name: str) -> None:
    assert refusal(content, name) == ("file_type_mismatch", 415)


@pytest.mark.parametrize(("content", "name"), [(b"", "cv.pdf"), (b"", "cv.txt"), (b" \n", "cv.txt")])
def test_an_empty_file_is_said_to_be_empty(content: bytes, name: str) -> None:
    assert refusal(content, name) == ("empty_file", 400)


def test_a_file_too_large_is_dropped_before_it_is_read_to_its_end() -> None:
    given_out = []

    def endless() -> Iterator[bytes]:
        while True:
            given_out.append(1)
            yield b"x" * 65_536

    with pytest.raises(RefusedFile) as refused:
        receive_file(endless(), name="cv.txt", max_bytes=1 << 20)
    assert (refused.value.code, refused.value.status) == ("body_too_large", 413)
    assert len(given_out) == 17


def test_a_file_of_exactly_the_limit_is_taken() -> None:
    assert receive(b"x" * 1000, "cv.txt", max_bytes=1000).size == 1000
    assert refusal(b"x" * 1001, "cv.txt", max_bytes=1000) == ("body_too_large", 413)


def test_a_package_that_swells_is_refused() -> None:
    bomb = package(("word/document.xml", "<x/>"), ("word/media/a.bin", bytes(40 << 20)))
    assert refusal(bomb, "cv.docx") == ("body_too_large", 413)


def test_a_package_of_thousands_of_entries_is_refused() -> None:
    many = package(("word/document.xml", "<x/>"), *((f"word/{n}", "") for n in range(2_000)))
    assert refusal(many, "cv.docx") == ("body_too_large", 413)


def test_a_package_whose_entries_share_their_bytes_is_refused() -> None:
    plain = bytearray(package(("word/document.xml", "<x/>" + "y" * 500), compression=zipfile.ZIP_STORED))
    directory = plain.index(b"PK\x01\x02")
    plain[directory + 20 : directory + 28] = struct.pack("<II", 5_000, 5_000)
    assert refusal(bytes(plain), "cv.docx") == ("body_too_large", 413)


def test_an_upload_that_breaks_off_is_no_file() -> None:
    def broken() -> Iterator[bytes]:
        yield PDF
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        receive_file(broken(), name="cv.pdf")


def test_a_disk_that_fills_up_meanwhile_is_said_to_be_full(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile", lambda **_: Full())
    assert refusal(PDF, "cv.pdf") == ("storage_full", 507)


def test_a_nearly_full_volume_refuses_before_a_byte_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10 << 30, 0, (1 << 30) - 1))
    read: list[bytes] = []
    with pytest.raises(RefusedFile) as refused:
        receive_file((read.append(b"x") or b"x" for _ in range(1)), name="cv.txt", room=tmp_path / "not" / "yet")
    assert (refused.value.code, refused.value.status, read) == ("storage_full", 507, [])
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(1000 << 30, 0, 2 << 30))
    check_free_space(tmp_path)


@given(st.binary(max_size=300), st.sampled_from(sorted(DOCUMENTS)), st.booleans())
def test_no_bytes_do_anything_but_pass_or_be_refused(content: bytes, extension: str, dressed: bool) -> None:
    starts = {".pdf": b"%PDF-1.7", ".docx": b"PK\x03\x04", ".odt": b"PK\x03\x04", ".doc": OLE, ".rtf": RTF}
    whole = starts.get(extension, b"") + content if dressed else content
    try:
        received = receive(whole, f"x{extension}")
    except RefusedFile as refused:
        assert refused.status in (400, 413, 415)  # noqa: PT017
    else:
        assert received.content.read() == whole


# --- the virus scanner


@pytest.fixture
def clamd() -> Iterator[tuple[int, list[bytes]]]:
    with running_clamd() as scanner:
        yield scanner


def test_a_clean_file_is_streamed_whole_and_found_clean(clamd: tuple[int, list[bytes]]) -> None:
    port, seen = clamd
    content = io.BytesIO(b"x" * 200_000)
    assert find_virus(content, host="127.0.0.1", port=port) == ""
    assert (seen, content.tell()) == ([b"x" * 200_000], 0)


def test_a_virus_is_named(clamd: tuple[int, list[bytes]]) -> None:
    assert find_virus(io.BytesIO(b"an EICAR file"), host="127.0.0.1", port=clamd[0]) == "Eicar-Test"


def test_no_verdict_is_not_taken_for_clean(clamd: tuple[int, list[bytes]]) -> None:
    with pytest.raises(ScannerUnavailable, match="size limit"):
        find_virus(io.BytesIO(b"BIG"), host="127.0.0.1", port=clamd[0])
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(ScannerUnavailable):
        find_virus(io.BytesIO(b"x"), host="127.0.0.1", port=port, timeout=2)
