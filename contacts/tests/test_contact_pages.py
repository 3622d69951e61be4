"""The pages of contacts, driven as a browser without JavaScript would."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.importing import engine
from contacts.models import BulkAction, Contact, CustomField, Import
from contacts.services import create_contact, update_contact

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(workspace):
    with workspace.scope():
        CustomField.objects.create(key="seats", label="Seats", kind="number")
        return create_contact(
            actor=workspace.agent, first_name="Ada", last_name="Lovelace", email="ada@engines.example",
            phone_number="+14155550134", company="Engines", tags=["VIP"], custom_fields={"seats": 40},
        )  # fmt: skip


def test_the_list_shows_people_and_narrows_down(workspace, ada):
    browser = workspace.browser()
    page = browser.get("/contacts").content.decode()
    assert "Ada Lovelace" in page
    assert "+1 415 555 0134" in page
    assert "Ada Lovelace" in browser.get("/contacts?search=lovel&tag=vip").content.decode()
    assert "No contacts match" in browser.get("/contacts?status=churned").content.decode()
    assert browser.get("/contacts?status=nonsense").status_code == 200
    assert browser.get("/contacts?cursor=zzz").status_code == 200


def test_the_columns_are_chosen_in_the_address(workspace, ada):
    page = workspace.browser().get("/contacts?columns=email&columns=custom:seats").content.decode()
    assert "ada@engines.example" in page
    assert '<span class="cut">40</span>' in page


def test_more_rows_come_by_cursor(workspace):
    with workspace.scope():
        for number in range(60):
            create_contact(actor=None, email=f"p{number}@example.com", first_name=f"P{number}")
    browser = workspace.browser()
    page = browser.get("/contacts").content.decode()
    assert page.count('class="row-link') == 50
    more = page.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    rest = browser.get(f"/contacts{more}", headers={"HX-Request": "true"}).content.decode()
    assert rest.count('class="row-link') == 10
    assert "<html" not in rest


def test_the_list_page_costs_the_same_for_one_and_three_rows(workspace):
    browser = workspace.browser()
    counts = []
    for emails in (["a"], ["b", "c"]):
        with workspace.scope():
            for email in emails:
                create_contact(actor=None, email=f"{email}@example.com", owner=workspace.agent, tags=["x"])
        browser.get("/contacts")
        with CaptureQueriesContext(connection) as queries:
            browser.get("/contacts")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_contact_is_added_and_a_refusal_stands_at_its_field(workspace, ada):
    browser = workspace.browser()
    refused = browser.post("/contacts/new", {"first_name": "X", "email": "ADA@engines.example", "status": "lead"})
    assert refused.status_code == 422
    assert str(ada.pk) in refused.content.decode()
    refused = browser.post("/contacts/new", {"phone_number": "12", "status": "lead"})
    assert "too short" in refused.content.decode()
    made = browser.post(
        "/contacts/new", {"phone_number": "415 555 0199", "status": "lead", "custom_seats": "1,200", "tags": "a, b"}
    )
    assert made.status_code == 302
    with workspace.scope():
        contact = Contact.objects.get(phone_number="+14155550199")
        assert (contact.custom_fields, contact.tags) == ({"seats": 1200}, ["a", "b"])
    assert (
        browser.post("/contacts/new", {"email": "n@x.example", "status": "lead", "custom_seats": "many"}).status_code
        == 422
    )


def test_two_edits_of_one_version_are_shown_side_by_side_and_resolved(workspace, ada):
    browser = workspace.browser()
    url = f"/contacts/{ada.pk}/edit"
    form = browser.get(url).context["form"]
    values = {name: form[name].value() or "" for name in form.fields} | {"etag": browser.get(url).context["etag"]}
    with workspace.scope():
        update_contact(actor=workspace.manager, contact=ada, company="Theirs")
    answer = browser.post(url, values | {"company": "Mine"})
    assert answer.status_code == 412
    text = answer.content.decode()
    assert "Theirs" in text
    assert "Mine" in text
    assert "Mara Manager" in text
    chosen = dict(answer.context["hidden"]) | {
        "etag": answer.context["etag"], "choose-company": "mine", "mine-company": "Mine", "theirs-company": "Theirs",
    }  # fmt: skip
    assert browser.post(f"/contacts/{ada.pk}/resolve", chosen).status_code == 302
    with workspace.scope():
        ada.refresh_from_db()
        assert ada.company == "Mine"
        assert ada.first_name == "Ada"


def test_one_field_is_edited_where_it_stands(workspace, ada):
    browser = workspace.browser()
    url = f"/contacts/{ada.pk}/fields/title"
    assert browser.get(url).status_code == 302
    assert b"<input" in browser.get(url, headers={"HX-Request": "true"}).content
    saved = browser.post(url, {"title": "Countess"}, headers={"HX-Request": "true"})
    assert (saved.status_code, b"Countess" in saved.content) == (200, True)
    bad = browser.post(f"/contacts/{ada.pk}/fields/phone_number", {"phone_number": "x"}, headers={"HX-Request": "true"})
    assert bad.status_code == 422
    seats = browser.post(
        f"/contacts/{ada.pk}/fields/custom_seats", {"custom_seats": "7"}, headers={"HX-Request": "true"}
    )
    assert b"7" in seats.content
    assert browser.get(f"/contacts/{ada.pk}/fields/secret", headers={"HX-Request": "true"}).status_code == 404


def test_the_record_tells_who_changed_what(workspace, ada):
    with workspace.scope():
        update_contact(actor=workspace.manager, contact=ada, status="customer")
    page = workspace.browser().get(f"/contacts/{ada.pk}").content.decode()
    assert "Mara Manager" in page
    assert "status: lead → customer" in page
    assert workspace.browser().get(f"/contacts/{ada.pk}?tab=history").status_code == 200
    assert workspace.browser().get(f"/contacts/{ada.pk}?tab=calls").status_code == 200
    assert workspace.browser().get(f"/contacts/{ada.pk}?tab=notes").status_code == 200


def test_trash_restore_and_erase_by_page(workspace, ada):
    browser = workspace.browser()
    assert browser.post(f"/contacts/{ada.pk}/delete").status_code == 302
    assert browser.get(f"/contacts/{ada.pk}").status_code == 404
    assert "Ada Lovelace" in browser.get("/contacts/trash").content.decode()
    assert browser.post(f"/contacts/{ada.pk}/restore").status_code == 302
    assert browser.post(f"/contacts/{ada.pk}/purge").status_code == 403
    assert workspace.browser("admin").post(f"/contacts/{ada.pk}/purge").status_code == 302
    with workspace.scope():
        assert not Contact.objects.exists()


def test_strangers_see_no_page_of_ours(workspace, stranger, ada):
    browser = stranger.browser("admin")
    for path in ("", "/edit", "/fields/title"):
        assert browser.get(f"/contacts/{ada.pk}{path}", headers={"HX-Request": "true"}).status_code == 404
    for path in ("/delete", "/restore", "/purge", "/edit", "/resolve"):
        assert browser.post(f"/contacts/{ada.pk}{path}", {"status": "lead"}).status_code == 404


def test_a_bulk_act_on_ticked_rows_and_its_undo(workspace, ada):
    browser = workspace.browser()
    browser.post("/contacts/bulk", {"ids": [str(ada.pk)], "action": "tag", "value_tag": "Hot"})
    with workspace.scope():
        assert Contact.objects.get().tags == ["VIP", "Hot"]
        act = BulkAction.objects.get()
    browser.post(f"/contacts/bulk/{act.pk}/undo")
    with workspace.scope():
        assert Contact.objects.get().tags == ["VIP"]
    browser.post(
        "/contacts/bulk",
        {"scope": "matching", "query": "status=lead", "action": "set_status", "value_set_status": "customer"},
    )
    with workspace.scope():
        assert Contact.objects.get().status == "customer"
    assert browser.post("/contacts/bulk", {"action": "tag"}).status_code == 302


def test_the_wizard_goes_from_file_to_report(workspace, ada):
    browser = workspace.browser("manager")
    assert workspace.browser().get("/contacts/import").status_code == 403
    file = SimpleUploadedFile(
        "people.csv", b"Mail,Name,Team\nada@engines.example,Ada,Red\nnew@x.example,New Person,Blue\nbad,Bad,\n"
    )
    answer = browser.post("/contacts/import", {"file": file})
    url = answer["Location"]
    page = browser.get(url).content.decode()
    assert "Go" in page or "Goes to" in page
    job_id = url.rsplit("/", 1)[-1]
    browser.post(
        f"{url}/start", {"target": ["email", "full_name", "custom:team"], "on_conflict": "update", "action": "try"}
    )
    assert "hx-get" in browser.get(url).content.decode()
    while engine.run_slice(workspace.id, job_id):
        pass
    assert "This was a trial" in browser.get(url).content.decode()
    with workspace.scope():
        assert Contact.objects.count() == 1
    browser.post(f"{url}/start", {"on_conflict": "update", "action": "import"})
    while engine.run_slice(workspace.id, job_id):
        pass
    report = browser.get(url).content.decode()
    assert "Refused rows" in report
    assert browser.get(f"{url}/progress")["HX-Refresh"] == "true"
    with workspace.scope():
        assert Contact.objects.get(email="new@x.example").custom_fields == {"team": "Blue"}
        assert Import.objects.get().created == 1
    browser.post(f"{url}/undo")
    while engine.run_slice(workspace.id, job_id):
        pass
    assert "1 contacts removed" in browser.get(url).content.decode()


def test_an_unreadable_file_is_told_on_the_page(workspace):
    file = SimpleUploadedFile("people.csv", b"%PDF-1.7 nonsense")
    answer = workspace.browser("manager").post("/contacts/import", {"file": file})
    assert answer.status_code == 422
    assert "not a table" in answer.content.decode()
