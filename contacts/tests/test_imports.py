"""Importing people from files: what comes in, what is refused and why, crashes, and taking it back."""

import datetime as dt
import io
import json

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.utils import timezone

from contacts.importing import engine, files, kinds, staging
from contacts.models import Contact, Import, ImportRow
from contacts.services import create_contact
from core.scope import tenant_scope

pytestmark = pytest.mark.django_db
URL = "/api/v1/contacts/import"
CSV = """First Name,Last Name,E-mail,Mobile Phone,Company,Labels,Plan
Ada,Lovelace,ada@engines.example,(415) 555-0134,Engines,VIP; Math,gold
Grace,Hopper,grace@navy.example,212-555-0199,Navy,vip,
Bad,Mail,not-an-email,,,,
Bad,Phone,bad@phone.example,12,,,
No,Address,,,,,
Ada,Again,ADA@engines.example,,New Co,,
"""


def upload(workspace, text=CSV, role="manager", name="people.csv", **fields):
    data = text.encode() if isinstance(text, str) else text
    file = SimpleUploadedFile(name, data, content_type="text/csv")
    return workspace.api(role).post(URL, {"file": file, **fields}, format="multipart")


def run(workspace, answer):
    assert answer.status_code == 202, answer.content
    job_id = answer.json()["id"]
    while engine.run_slice(workspace.id, job_id):
        pass
    return workspace.api("manager").get(f"/api/v1/contacts/imports/{job_id}").json()


def counts(job):
    return tuple(job[name] for name in ("rows_total", "rows_done", "created", "updated", "skipped", "failed"))


def test_a_file_is_imported_with_a_guessed_mapping(workspace):
    answer = upload(workspace)
    assert answer.json()["status"] == "pending"
    job = run(workspace, answer)
    assert job["status"] == "completed", job
    assert counts(job) == (6, 6, 2, 0, 1, 3)
    with workspace.scope():
        ada = Contact.objects.get(email="ada@engines.example")
        assert (ada.first_name, ada.phone_number, ada.tags) == ("Ada", "+14155550134", ["VIP", "Math"])
        assert ada.custom_fields == {"plan": "gold"}
        assert Contact.objects.get(first_name="Grace").tags == ["VIP"]


def test_refused_rows_are_told_with_line_and_reason(workspace):
    job = run(workspace, upload(workspace))
    answer = workspace.api("manager").get(f"/api/v1/contacts/imports/{job['id']}/errors")
    assert answer["Content-Type"].startswith("text/csv")
    lines = b"".join(answer.streaming_content if not answer.is_async else _all(answer)).decode("utf-8-sig").splitlines()
    assert lines[0].startswith('"line","reason","code","First Name"')
    assert [line.split(",")[0] for line in lines[1:]] == ['"4"', '"5"', '"6"']
    assert "valid email" in lines[1]


def _all(answer):
    from asgiref.sync import async_to_sync

    async def collect():
        return [part async for part in answer.streaming_content]

    return async_to_sync(collect)()


def test_importing_again_skips_and_with_update_fills_in(workspace):
    run(workspace, upload(workspace))
    again = run(workspace, upload(workspace))
    assert counts(again)[2:] == (0, 0, 3, 3)
    changed = CSV.replace("Engines,VIP; Math", "Better Engines,VIP; New")
    job = run(
        workspace,
        upload(workspace, changed.replace("Ada,Again,ADA@engines.example,,New Co,,\n", ""), on_conflict="update"),
    )
    assert counts(job)[2:] == (0, 1, 1, 3)
    with workspace.scope():
        ada = Contact.objects.get(email="ada@engines.example")
        assert (ada.company, ada.tags) == ("Better Engines", ["VIP", "Math", "New"])
        assert ada.changes.get().source == f"import:{job['id']}"


def test_a_trial_run_counts_exactly_and_changes_nothing(workspace):
    job = run(workspace, upload(workspace, dry_run="true"))
    assert (job["status"], job["dry_run"]) == ("completed", True)
    assert counts(job) == (6, 6, 2, 0, 1, 3)
    assert job["samples"][0]["values"]["first_name"] == "Ada"
    with workspace.scope():
        assert not Contact.objects.exists()


def test_a_given_mapping_is_followed(workspace):
    mapping = json.dumps({"E-mail": "email", "Company": "title"})
    job = run(workspace, upload(workspace, mapping=mapping))
    assert job["mapping"] == {"E-mail": "email", "Company": "title"}
    with workspace.scope():
        assert Contact.objects.get(email__iexact="ada@engines.example").title == "Engines"


@pytest.mark.parametrize(
    ("text", "fields", "code"),
    [
        ("", {}, "empty_file"),
        ("Name,Company\nAda,Engines\n", {}, "missing_column"),
        (b"PK\x03\x04rubbish", {}, "not_csv"),
        (CSV, {"mapping": "{"}, "invalid"),
        (CSV, {"mapping": '{"Nope": "email"}'}, "unknown_column"),
        (CSV, {"mapping": '{"E-mail": "salary"}'}, "unknown_target"),
        (CSV, {"on_conflict": "maybe"}, "invalid_choice"),
        (CSV, {"nonsense": "1"}, "unknown_field"),
    ],
)
def test_a_file_or_mapping_that_cannot_be_used_is_400(workspace, text, fields, code):
    answer = upload(workspace, text, **fields)
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["code"] == code
    with workspace.scope():
        assert not Import.objects.exists()


def test_without_a_file_it_is_400_and_with_json_415(workspace):
    client = workspace.api("manager")
    assert client.post(URL, {}, format="multipart").status_code == 400
    assert client.post(URL, {"file": "x"}, format="json").status_code == 415


def test_imports_are_for_managers_and_not_for_strangers(workspace, stranger):
    assert upload(workspace, role="agent").status_code == 403
    job = run(workspace, upload(workspace))
    url = f"/api/v1/contacts/imports/{job['id']}"
    assert workspace.api().get(url).status_code == 403
    for path in ("", "/errors"):
        assert stranger.api("admin").get(url + path).status_code == 404
    for path in ("/undo", "/cancel"):
        assert stranger.api("admin").post(url + path).status_code == 404


def test_a_utf16_tab_file_and_a_workbook_come_in_too(workspace):
    text = "E-mail\tFirst Name\nüm@example.com\tJürgen\n"
    assert run(workspace, upload(workspace, text.encode("utf-16")))["created"] == 0 + _valid("üm@example.com")
    import xlsxwriter

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        for r, row in enumerate([["Phone", "Name"], [14155550134, "Ada Lovelace"], ["+49 30 12345678", "Karl"]]):
            for c, cell in enumerate(row):
                sheet.write(r, c, cell)
    job = run(workspace, upload(workspace, stream.getvalue(), name="people.xlsx"))
    assert counts(job) == (2, 2, 2, 0, 0, 0), job
    with workspace.scope():
        assert set(Contact.objects.exclude(phone_number=None).values_list("phone_number", flat=True)) == {
            "+14155550134",
            "+493012345678",
        }


def _valid(email):
    from contacts.values import clean_email
    from core.problems import InvalidInput

    try:
        return int(bool(clean_email(email)))
    except InvalidInput:
        return 0


def test_people_without_email_are_known_by_their_number(workspace):
    text = "Name,Phone\nAda,415-555-0134\nGrace,415-555-0135\n"
    assert run(workspace, upload(workspace, text))["created"] == 2
    assert counts(run(workspace, upload(workspace, text)))[2:] == (0, 0, 2, 0)


def test_one_bad_row_with_an_unclosed_quote_keeps_the_rows_before_it(workspace):
    job = run(workspace, upload(workspace, 'Email,Name\na@example.com,Ada\nb@example.com,"Bob\nc@example.com,Carl\n'))
    assert job["status"] == "failed"
    assert "quote" in job["error"].lower()
    assert "3" in job["error"]


def big_file(rows):
    return "Email,First Name,Company\n" + "".join(f"p{i}@example.com,P{i},C{i % 7}\n" for i in range(rows))


@pytest.mark.django_db(transaction=True)
def test_a_crash_in_the_middle_repeats_nothing_and_loses_nothing(workspace, monkeypatch):
    monkeypatch.setattr(engine, "BATCH", 10)
    job_id = upload(workspace, big_file(95)).json()["id"]
    store = kinds.KINDS["contacts"].store
    calls = []

    def crash(self, lines):
        calls.append(1)
        outcomes = store(self, lines)
        if len(calls) in (2, 5, 6):
            raise RuntimeError("killed")
        return outcomes

    monkeypatch.setattr(kinds.KINDS["contacts"], "store", crash)
    for _ in range(6):
        try:
            while engine.run_slice(workspace.id, job_id):
                pass
        except RuntimeError:
            with tenant_scope(workspace.id):  # the dead worker's lease runs out
                Import.objects.filter(pk=job_id).update(lease_until="2020-01-01T00:00:00Z")
    with tenant_scope(workspace.id):
        job = Import.objects.get(pk=job_id)
        assert (job.status, job.created, job.rows_done) == ("completed", 95, 95)
        assert Contact.objects.count() == 95
        assert ImportRow.objects.count() == 95


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_rows_are_matched_by_index_though_the_statistics_have_never_met_the_workspace(workspace, stranger):
    run(stranger, upload(stranger, big_file(1500)))
    with connections["owner"].cursor() as owner:
        owner.execute("ANALYZE contacts_contact")
    run(workspace, upload(workspace, big_file(1500)))
    with workspace.scope(), connection.cursor() as cursor:
        cursor.execute(staging.STAGE)
        cursor.execute(f"INSERT INTO {staging.TABLE} (line) SELECT generate_series(1, 1000)")
        cursor.execute(f"EXPLAIN {staging._MATCH_EMAIL}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "Index Scan using contact_email_unique" in plan
        assert "(lower((email)::text) = lower(s.email))" in plan


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("people", "status", "created"), [(4, "completed", 4), (5, "failed", 4)])
def test_a_file_may_hold_as_many_rows_as_are_allowed_and_not_one_more(workspace, monkeypatch, people, status, created):
    monkeypatch.setattr(engine, "BATCH", 2)
    monkeypatch.setattr(engine, "MAX_ROWS", 4)
    text = "Email\n" + "".join(f"p{n}@x.test\n" for n in range(people))
    job = run(workspace, upload(workspace, text))
    assert (job["status"], job["created"]) == (status, created)


def test_two_workers_never_run_one_import(workspace):
    job_id = upload(workspace, big_file(5)).json()["id"]
    from core.scope import tenant_context

    with tenant_context(workspace.id):
        assert engine._take(job_id) is not None
        assert engine._take(job_id) is None
    assert engine.run_slice(workspace.id, job_id) is False
    assert not any(str(job) == job_id for _, job in engine.due_imports())


def test_an_import_that_waits_is_found(workspace):
    job_id = upload(workspace, big_file(5)).json()["id"]
    assert job_id in {str(job) for _, job in engine.due_imports()}


def table(workspace):
    with workspace.scope():
        fields = ("id", "email", "first_name", "company", "tags", "custom_fields", "phone_number", "status", "notes")
        return sorted(map(str, Contact.objects.values_list(*fields)))


def test_undo_returns_the_table_to_what_it_was(workspace):
    with workspace.scope():
        create_contact(actor=workspace.agent, email="ada@engines.example", first_name="Ada", tags=["Old"])
        create_contact(actor=workspace.agent, email="other@example.com")
    before = table(workspace)
    job = run(workspace, upload(workspace, on_conflict="update"))
    assert counts(job)[2:4] == (1, 2)
    assert table(workspace) != before
    answer = workspace.api("manager").post(f"/api/v1/contacts/imports/{job['id']}/undo")
    undone = run(workspace, answer)
    assert undone["status"] == "undone"
    assert table(workspace) == before
    assert workspace.api("manager").post(f"/api/v1/contacts/imports/{job['id']}/undo").status_code == 409


def test_undo_keeps_what_someone_worked_with_since(workspace):
    from notes.models import Note

    with workspace.scope():
        create_contact(actor=workspace.agent, email="ada@engines.example", first_name="A", company="Old")
    job = run(workspace, upload(workspace, CSV + "Carl,C,carl@example.com,,,,\n", on_conflict="update"))
    with workspace.scope():
        from contacts.services import update_contact

        ada, grace, carl = (Contact.objects.get(email__istartswith=n) for n in ("ada@", "grace@", "carl@"))
        update_contact(actor=workspace.agent, contact=ada, company="Mine")
        update_contact(actor=workspace.agent, contact=grace, title="Rear admiral")
        Note.objects.create(contact=carl, content="Called")
    run(workspace, workspace.api("manager").post(f"/api/v1/contacts/imports/{job['id']}/undo"))
    with workspace.scope():
        ada.refresh_from_db()
        assert (ada.company, ada.first_name) == ("Mine", "A")
        assert set(Contact.objects.values_list("first_name", flat=True)) == {"A", "Grace", "Carl"}


def test_a_cancelled_import_stops_and_can_be_undone(workspace, monkeypatch):
    answer = upload(workspace, big_file(5))
    url = f"/api/v1/contacts/imports/{answer.json()['id']}"
    assert workspace.api("manager").post(f"{url}/cancel").json()["status"] == "cancelled"
    assert engine.run_slice(workspace.id, answer.json()["id"]) is False
    assert workspace.api("manager").post(f"{url}/cancel").status_code == 409


def test_an_ended_import_keeps_neither_the_file_nor_samples_of_it(workspace, after_commit):
    with after_commit():
        job = run(workspace, upload(workspace))
    with workspace.scope():
        kept = Import.objects.get(pk=job["id"])
        assert "ada@engines" not in json.dumps(kept.options)
        assert not default_storage.exists(kept.file)


def test_a_trial_that_nobody_went_on_with_is_removed_with_its_file(workspace, after_commit):
    job = run(workspace, upload(workspace, dry_run="true"))
    with after_commit(), workspace.scope():
        name = Import.objects.get(pk=job["id"]).file
        assert files.forget_old_drafts(timezone.now() - dt.timedelta(days=7)) == 0
        assert files.forget_old_drafts(timezone.now() + dt.timedelta(days=1)) == 1
    assert not default_storage.exists(name)


def test_the_mapping_chosen_for_a_file_shape_is_remembered(workspace):
    mapping = json.dumps({"E-mail": "email", "Company": "title"})
    run(workspace, upload(workspace, mapping=mapping))
    job = run(workspace, upload(workspace, CSV.replace("ada@", "eve@")))
    assert job["mapping"] == {"E-mail": "email", "Company": "title"}
