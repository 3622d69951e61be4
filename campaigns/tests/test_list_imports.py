"""The list of a campaign comes in by the import wizard: columns, dry run, report, undo."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from campaigns import importing
from campaigns.importing import keep_list
from campaigns.models import CampaignLead, Consent, Suppression
from contacts.importing import engine
from contacts.importing.services import start_import, undo_import
from contacts.models import Contact, CustomField, Import, ImportRow
from leads.models import Lead

pytestmark = pytest.mark.django_db
LIST = (
    "Given name;Surname;Mobile;E-mail;Renewal\n"
    "Ada;Byron;(212) 736-0001;ada@x.test;May\n"
    "Bob;Stone;212-736-0002;;June\n"
    "Dee;Twice;2127360001;;July\n"
    "Eve;Broken;12;;\n"
    "Gus;None;;gus@x.test;\n"
)


@pytest.fixture
def job(make_campaign, workspace):
    upload = SimpleUploadedFile("list.csv", LIST.encode("cp1252"), content_type="text/csv")
    return keep_list(actor=workspace.manager, campaign=make_campaign(), upload=upload)


def run(job):
    while engine.run_slice(job.tenant_id, job.pk):
        pass
    job.refresh_from_db()
    return job


def test_rows_become_people_of_the_campaign_with_their_own_fields(job, workspace):
    done = run(start_import(actor=workspace.manager, job=job))
    assert (done.status, done.created, done.skipped, done.failed) == ("completed", 2, 1, 2)
    ada = CampaignLead.objects.get(phone_number="+12127360001")
    assert (ada.first_name, ada.custom_fields, ada.contact.email) == ("Ada", {"renewal": "May"}, "ada@x.test")
    assert CustomField.objects.filter(key="renewal").exists()
    assert not Contact.objects.filter(email="gus@x.test").exists()


def test_an_open_lead_is_taken_and_its_consent_kept_and_a_listed_number_is_blocked(job, workspace):
    known = Contact.objects.create(first_name="B.", last_name="Stone", phone_number="+12127360002", company="Acme")
    lead = Lead.objects.create(contact=known, phone_number="+12127360002", source="web", consent=True)
    Lead.objects.create(contact=known, phone_number="+12127360002", state="lost")
    Suppression.objects.create(phone_number="+12127360001")
    run(start_import(actor=workspace.manager, job=job))
    ada, bob = CampaignLead.objects.order_by("phone_number")
    assert (ada.status, ada.status_reason, bob.status, bob.status_reason) == ("blocked", "do_not_call", "pending", "")
    assert (bob.lead, bob.contact, bob.first_name, bob.zones) == (lead, known, "Bob", ["America/New_York"])
    assert (bob.priority, bob.attempts, bob.counted_attempts, bob.provider_errors) == (50, 0, 0, 0)
    made = ada.lead
    assert (made.first_name, made.email, made.phone_number) == ("Ada", "ada@x.test", "+12127360001")
    assert (made.source, made.state, made.owner, made.message) == ("campaign", "pending", None, "")
    assert [consent.proof["lead_id"] for consent in Consent.objects.all()] == [str(lead.pk)]


def test_a_number_that_someone_else_puts_in_meanwhile_is_skipped_and_not_undone(job, workspace, make_lead, monkeypatch):
    look, looked = importing.numbers_in, []

    def someone_is_quicker(campaign, numbers):
        looked.append(numbers)
        found = look(campaign, numbers)
        if len(looked) == 1:
            make_lead(campaign, "+12127360001")
        return found

    monkeypatch.setattr(importing, "numbers_in", someone_is_quicker)
    done = run(start_import(actor=workspace.manager, job=job))
    assert (done.created, done.skipped, done.failed) == (1, 2, 2)
    codes = ImportRow.objects.filter(result="skipped").values_list("code", flat=True)
    assert set(codes) == {"duplicate_phone"}
    run(undo_import(actor=workspace.manager, job=done))
    assert [row.phone_number for row in CampaignLead.objects.all()] == ["+12127360001"]


def test_a_dry_run_counts_and_keeps_nothing(job, workspace):
    done = run(start_import(actor=workspace.manager, job=job, dry_run=True))
    assert (done.created, done.skipped, done.failed) == (2, 1, 2)
    assert not CampaignLead.objects.exists()
    assert not Contact.objects.exists()


def test_undo_takes_out_whom_nobody_called_and_what_came_with_them(job, workspace):
    known = Contact.objects.create(first_name="Bob", phone_number="+12127360002")
    run(start_import(actor=workspace.manager, job=job))
    done = run(undo_import(actor=workspace.manager, job=job))
    assert done.status == "undone"
    assert not CampaignLead.objects.exists()
    assert not Lead.objects.exists()
    assert [contact.pk for contact in Contact.objects.all()] == [known.pk]


def test_undo_keeps_whom_the_campaign_has_called(job, workspace):
    run(start_import(actor=workspace.manager, job=job))
    CampaignLead.objects.filter(first_name="Ada").update(attempts=1, status="done", status_reason="answered")
    done = run(undo_import(actor=workspace.manager, job=job))
    assert done.options["undone"]["kept"] == 1
    assert [row.first_name for row in CampaignLead.objects.all()] == ["Ada"]


def test_the_page_leads_from_the_file_to_the_columns(make_campaign, workspace):
    campaign = make_campaign()
    browser = workspace.browser("manager")
    answer = browser.post(f"/campaigns/{campaign.pk}/add/file", {"file": SimpleUploadedFile("l.csv", LIST.encode())})
    job = Import.objects.get()
    assert answer["Location"] == f"/contacts/imports/{job.pk}"
    assert "Renewal" in browser.get(answer["Location"]).content.decode()
