"""Leads from a file: joined to contacts, no second open lead, taken back without touching what was there."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.importing.engine import run_slice
from contacts.models import Contact
from leads.models import Lead, LeadEvent
from leads.services import change_state, create_lead

FILE = b"First name,Last name,Email,Phone,Lead Source\nAda,King,ada@x.test,415-555-0134,Trade show\nBo,Li,bo@x.test,,\n"


@pytest.fixture
def load(workspace, tmp_path, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }

    def _load(content=FILE):
        upload = SimpleUploadedFile("leads.csv", content)
        answer = workspace.api("manager").post("/api/v1/leads/import", {"file": upload}, format="multipart")
        assert answer.status_code == 202, answer.content
        while run_slice(workspace.id, answer.json()["id"]):
            pass
        return workspace.api("manager").get(f"/api/v1/leads/imports/{answer.json()['id']}").json()

    return _load


def test_rows_become_leads_of_known_and_new_contacts(workspace, load):
    with workspace.scope():
        known = Contact.objects.create(first_name="Ada", email="ADA@x.test")
    job = load()
    assert (job["status"], job["created"], job["failed"]) == ("completed", 2, 0)
    with workspace.scope():
        ada = Lead.objects.get(email="ada@x.test")
        assert (ada.contact_id, ada.source, ada.phone_number) == (known.pk, "Trade show", "+14155550134")
        assert Lead.objects.get(email="bo@x.test").source == "import"


def test_what_a_row_leaves_blank_is_copied_from_the_contact_with_its_owner(workspace, load):
    with workspace.scope():
        known = {"last_name": "King", "company": "Acme", "phone_number": "+14155550177", "owner": workspace.agent}
        Contact.objects.create(first_name="Old", email="ada@x.test", **known)
    job = load(b"First name,Email,Phone,Notes,Budget\nAda,ADA@x.test,,Call soon,90\n")
    assert job["created"] == 1
    with workspace.scope():
        lead = Lead.objects.get()
        assert (lead.first_name, lead.last_name, lead.company, lead.email) == ("Ada", "King", "Acme", "ADA@x.test")
        assert (lead.phone_number, lead.message, lead.owner) == ("+14155550177", "Call soon", workspace.agent)
        assert (lead.state, lead.consent, lead.custom_fields) == ("pending", False, {"budget": "90"})
        assert (lead.resume, lead.resume_name, lead.reached_out_at, lead.deleted_at) == ("", "", None, None)
        assert lead.search_text == "ada king ada@x.test acme +14155550177"
        assert lead.created_at
        assert lead.updated_at


def test_every_lead_tells_which_import_made_it_and_its_contact(workspace, load):
    with workspace.scope():
        Contact.objects.create(email="ada@x.test")
    job = load()
    with workspace.scope():
        told = {event.lead.email: event for event in LeadEvent.objects.all()}
        assert {event.actor_name for event in told.values()} == {str(workspace.manager)}
        assert {(event.kind, event.actor) for event in told.values()} == {("created", workspace.manager)}
        common = {"import": job["id"]}
        assert told["ada@x.test"].data == {**common, "source": "Trade show", "made_contact": False}
        assert told["bo@x.test"].data == {**common, "source": "import", "made_contact": True}


def test_two_rows_of_one_person_become_one_lead(workspace, load):
    job = load(b"First name,Email,Phone\nAda,ada@x.test,\nAlso,ADA@x.test,\nBo,,212-736-0001\nBob,,2127360001\n")
    assert (job["created"], job["skipped"], job["failed"]) == (2, 2, 0)
    with workspace.scope():
        assert sorted(Lead.objects.values_list("first_name", flat=True)) == ["Ada", "Bo"]


def test_many_rows_take_as_many_statements_as_few(workspace, load):
    def statements(name, rows):
        with CaptureQueriesContext(connection) as seen:
            job = load(b"Email\n" + b"".join(b"%s%d@x.test\n" % (name, n) for n in range(rows)))
        assert job["created"] == rows
        return len(seen)

    statements(b"first", 3)
    assert statements(b"many", 400) == statements(b"few", 4)


def test_someone_pursued_already_gets_no_second_lead(workspace, load):
    with workspace.scope():
        create_lead(actor=None, email="ada@x.test")
    job = load()
    assert (job["created"], job["skipped"]) == (1, 1)
    assert load()["skipped"] == 2


def test_an_undone_import_leaves_leads_someone_worked_with_and_contacts_that_were_there(workspace, load):
    with workspace.scope():
        Contact.objects.create(first_name="Ada", email="ada@x.test")
    job = load(FILE + b"Cy,Day,cy@x.test,,\n")
    with workspace.scope():
        change_state(actor=workspace.agent, lead=Lead.objects.get(email="cy@x.test"), state="qualified")
    assert workspace.api("manager").post(f"/api/v1/leads/imports/{job['id']}/undo").status_code in (200, 202)
    while run_slice(workspace.id, job["id"]):
        pass
    with workspace.scope():
        assert list(Lead.objects.values_list("email", flat=True)) == ["cy@x.test"]
        assert sorted(Contact.objects.values_list("email", flat=True)) == ["ada@x.test", "cy@x.test"]


def test_agents_do_not_import(workspace):
    upload = SimpleUploadedFile("leads.csv", FILE)
    answer = workspace.api("agent").post("/api/v1/leads/import", {"file": upload}, format="multipart")
    assert answer.status_code == 403
    assert workspace.browser("agent").get("/leads/import").status_code == 403
    assert workspace.browser("manager").get("/leads/import").status_code == 200
