"""Where files lie: on disk or in S3, looked at by a scanner, refused when there is no room, swept when left over."""

import datetime as dt
import errno
import os
import shutil

import boto3
import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.storage.filesystem import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.utils import timezone
from moto.server import ThreadedMotoServer
from rest_framework.test import APIClient

from core import file_sweep
from core.tests.clamd import running_clamd
from leads.models import Lead

URL = "/api/v1/public/leads"
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_S3_REGION_NAME": "us-east-1"}


@pytest.fixture
def disk(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }
    return tmp_path


@pytest.fixture(scope="module")
def s3_server():
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def s3(s3_server):
    client = boto3.client(
        "s3",
        endpoint_url=s3_server,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="files")
    for item in client.list_objects_v2(Bucket="files").get("Contents", []):
        client.delete_object(Bucket="files", Key=item["Key"])
    with _s3(AWS_STORAGE_BUCKET_NAME="files", AWS_S3_ENDPOINT_URL=s3_server):
        yield client


def _s3(**names):
    """Settings of S3, read anew."""
    storages = {**settings.STORAGES, "default": {"BACKEND": "storages.backends.s3.S3Storage"}}
    return override_settings(**KEYS, **names, STORAGES=storages)


@pytest.fixture
def send(workspace):
    def _send(content=PDF, name="cv.pdf", **changes):
        body = {"form_key": workspace.form_key, "first_name": "Ada", "last_name": "King", "email": "ada@x.test"}
        body |= {"resume": SimpleUploadedFile(name, content)} | changes
        return APIClient().post(URL, {k: v for k, v in body.items() if v is not None}, format="multipart")

    return _send


def _keys(client):
    return [item["Key"] for item in client.list_objects_v2(Bucket="files").get("Contents", [])]


def test_files_live_in_s3_when_it_is_set(workspace, send, s3, after_commit):
    content = PDF + b" " * 3_000_000
    made = send(content)
    assert made.status_code == 201, made.content
    lead = made.json()["id"]
    (key,) = _keys(s3)
    assert key.startswith(f"{workspace.id}/resumes/")
    answer = workspace.api().get(f"/api/v1/leads/{lead}/resume")
    assert answer["Content-Disposition"].startswith("attachment;")
    assert b"".join(answer.streaming_content) == content
    with after_commit():
        assert workspace.api("admin").delete(f"/api/v1/leads/{lead}?purge=true").status_code == 204
    assert _keys(s3) == []


def test_a_replaced_file_leaves_s3_after_the_commit(workspace, send, s3, after_commit):
    made = send().json()
    old = _keys(s3)
    body = {"edit_token": made["edit_token"], "resume": SimpleUploadedFile("new.txt", b"Newer words")}
    with after_commit():
        assert APIClient().put(f"{URL}/{made['id']}", body, format="multipart").status_code == 200
    (key,) = _keys(s3)
    assert key.endswith(".txt")
    assert key not in old


def test_a_refusing_or_absent_s3_keeps_no_lead_and_asks_to_try_again(workspace, send, s3):
    with _s3(AWS_STORAGE_BUCKET_NAME="no-such-bucket"):
        answer = send()
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    with _s3(AWS_S3_ENDPOINT_URL="http://127.0.0.1:1"):
        answer = send()
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert answer["Retry-After"] == "30"
    with workspace.scope():
        assert not Lead.objects.exists()


def test_a_download_from_an_absent_s3_says_so(workspace, send, s3):
    lead = send().json()["id"]
    with _s3(AWS_S3_ENDPOINT_URL="http://127.0.0.1:1"):
        assert workspace.api().get(f"/api/v1/leads/{lead}/resume").status_code == 503
    s3.delete_object(Bucket="files", Key=_keys(s3)[0])
    assert workspace.api().get(f"/api/v1/leads/{lead}/resume").status_code == 404


def test_an_infected_file_is_refused_and_a_clean_one_taken(workspace, send, disk, settings):
    with running_clamd() as (port, seen):
        settings.CLAMAV_ADDRESS = f"127.0.0.1:{port}"
        assert send().status_code == 201
        answer = send(PDF + b"EICAR")
        assert (answer.status_code, answer.json()["code"]) == (400, "infected_file")
        assert seen == [PDF, PDF + b"EICAR"]
        assert send(PDF + b"BIG").status_code == 503
    settings.CLAMAV_ADDRESS = "127.0.0.1:1"
    answer = send()
    assert (answer.status_code, answer.json()["code"]) == (503, "scanner_unavailable")
    assert _count(disk) == 1
    with workspace.scope():
        assert Lead.objects.count() == 1


def _count(folder):
    return len([path for path in folder.rglob("*") if path.is_file()])


def test_a_submission_that_fails_after_its_file_was_stored_leaves_no_file(workspace, send, disk):
    assert send(phone_number="call me").status_code == 400
    assert _count(disk) == 0
    assert send(phone_number="(415) 555-0134").status_code == 201
    assert _count(disk) == 1


def test_a_full_disk_refuses_the_file_and_leaves_nothing(workspace, send, disk, monkeypatch):
    real = FileSystemStorage._save

    def fills_up(self, name, content):
        real(self, name, content)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", fills_up)
    answer = send()
    assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
    assert _count(disk) == 0
    with workspace.scope():
        assert not Lead.objects.exists()


def test_a_nearly_full_volume_refuses_files_but_not_people(workspace, send, disk, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda room: shutil._ntuple_diskusage(1 << 40, 1 << 40, 1 << 20))
    assert send().status_code == 507
    assert send(resume=None).status_code == 201


def test_a_disk_that_fills_while_the_upload_arrives_is_said_to_be_full(workspace, send, disk, monkeypatch):
    from django.core.files.uploadhandler import TemporaryFileUploadHandler

    def full(self, raw_data, start):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", full)
    answer = send()
    assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")


def _age(path, days):
    long_ago = (timezone.now() - dt.timedelta(days=days)).timestamp()
    os.utime(path, (long_ago, long_ago))


def test_files_that_no_row_names_are_swept_after_a_day(workspace, stranger, send, disk):
    lead = send().json()["id"]
    with workspace.scope():
        kept = Lead.objects.get(pk=lead).resume
    room = (disk / kept).parent
    left = room / "left.pdf"
    fresh = room / "fresh.pdf"
    for path in (left, fresh):
        path.write_bytes(PDF)
    theirs = disk / str(stranger.id) / "resumes" / "theirs.pdf"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(PDF)
    for path in (disk / kept, left, theirs):
        _age(path, 2)
    assert file_sweep.sweep_files(workspace.id) == 1
    assert sorted(path.name for path in room.iterdir()) == sorted([fresh.name, (disk / kept).name])
    assert theirs.exists()


def test_the_sweep_spares_what_rows_in_the_trash_name(workspace, send, disk):
    lead = send().json()["id"]
    assert workspace.api("admin").delete(f"/api/v1/leads/{lead}").status_code == 204
    for path in disk.rglob("*.pdf"):
        _age(path, 2)
    assert file_sweep.sweep_files(workspace.id) == 0
    assert len(list(disk.rglob("*.pdf"))) == 1


def test_the_sweep_reads_s3_too(workspace, send, s3, monkeypatch):
    send()
    s3.put_object(Bucket="files", Key=f"{workspace.id}/resumes/left.pdf", Body=PDF)
    assert file_sweep.sweep_files(workspace.id) == 0
    monkeypatch.setattr(file_sweep, "UNTOUCHED_FOR", dt.timedelta(seconds=-5))
    assert file_sweep.sweep_files(workspace.id) == 1
    assert len(_keys(s3)) == 1
    assert default_storage.exists(_keys(s3)[0])
