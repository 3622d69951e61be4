"""What a batch of an import does in the database: fresh statistics, and others who write at the same moment."""

import threading

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from contacts.importing import contact_rows, engine
from contacts.importing.staging import array_literal
from contacts.models import Contact, Import, ImportRow
from contacts.tests.test_imports import big_file, run, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
BOTH = "Email,Phone,First Name\n" + "".join(
    f"{f'p{i}@example.com' if i % 2 else ''},212-55{i // 1000}-{1000 + i:04},P{i}\n" for i in range(600)
)
"""Every other person has a phone number only, which no index keeps unique."""


def test_a_table_that_grows_from_nothing_is_looked_at_again_on_the_way(workspace, monkeypatch):
    monkeypatch.setattr(engine, "BATCH", 800)
    with connections["owner"].cursor() as owner:
        owner.execute("TRUNCATE contacts_contact CASCADE")
        owner.execute("ANALYZE contacts_contact")
        run(workspace, upload(workspace, big_file(2400)))
        owner.execute("SELECT reltuples FROM pg_class WHERE relname = 'contacts_contact'")
        assert owner.fetchone()[0] >= 800


def test_someone_who_makes_the_same_person_in_that_moment_wins_and_no_row_is_lost(workspace, monkeypatch):
    matched, told = contact_rows.ContactRows._matched, []

    def someone_is_quicker(cursor):
        known = matched(cursor)
        if not told:
            told.append(Contact.objects.create(email="P1@example.com", first_name="Quick").pk)
        return known

    monkeypatch.setattr(contact_rows.ContactRows, "_matched", staticmethod(someone_is_quicker))
    job = run(workspace, upload(workspace, big_file(3)))
    assert (job["created"], job["skipped"], job["failed"]) == (2, 1, 0)
    with workspace.scope():
        assert ImportRow.objects.get(result="skipped").record_id == told[0]
        assert Contact.objects.count() == 3


def test_the_same_file_twice_at_once_makes_everybody_once(workspace, monkeypatch):
    monkeypatch.setattr(engine, "BATCH", 50)
    jobs = [upload(workspace, BOTH).json()["id"] for _ in range(2)]
    together, faults = threading.Barrier(2), []

    def work(job_id):
        try:
            together.wait()
            while engine.run_slice(workspace.id, job_id):
                pass
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[job_id]) for job_id in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    with workspace.scope():
        ended = Import.objects.filter(pk__in=jobs)
        assert [job.status for job in ended] == ["completed", "completed"]
        assert sum(job.created for job in ended) == sum(job.skipped for job in ended) == 600
        assert Contact.objects.count() == 600


def test_the_answer_and_the_wizard_name_the_other_import_of_the_same_file(workspace):
    first = upload(workspace, BOTH)
    assert first.json()["duplicate_of"] is None
    second = upload(workspace, BOTH)  # the first has not even begun
    assert second.status_code == 202
    assert second.json()["duplicate_of"] == first.json()["id"]
    assert second.json()["warnings"] == ["same_file_again"]
    assert upload(workspace, BOTH + "\n").json()["duplicate_of"] is None
    page = workspace.browser("manager").get(f"/contacts/imports/{second.json()['id']}").content.decode()
    assert f'href="/contacts/imports/{first.json()["id"]}"' in page
    assert "Nobody comes in twice." in page


def test_an_undo_asks_by_the_batch_and_not_by_the_row(workspace):
    def statements(rows):
        job_id = upload(workspace, big_file(rows)).json()["id"]
        while engine.run_slice(workspace.id, job_id):
            pass
        workspace.api("manager").post(f"/api/v1/contacts/imports/{job_id}/undo", {}, format="json")
        with CaptureQueriesContext(connection) as asked:
            while engine.run_slice(workspace.id, job_id):
                pass
        with workspace.scope():
            assert not Contact.objects.exists()
        return len(asked)

    assert statements(200) <= statements(20) + 5


def test_texts_come_back_from_an_array_as_they_went_in():
    odd = ('a"b', "back\\slash", "{curly}", "null", "a,b", "ü", " ")
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::varchar[]", [array_literal(odd)])
        assert tuple(cursor.fetchone()[0]) == odd
