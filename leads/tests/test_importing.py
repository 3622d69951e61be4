"""Leads from a file: joined to contacts, no second open lead, taken back without touching what was there."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from contacts.importing.engine import run_slice
from contacts.models import Contact
from leads.models import Lead
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
