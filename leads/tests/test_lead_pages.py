"""Pages of leads: list, record, board, Today, bulk, export, settings."""

import datetime as dt
import io
import re
import uuid
import zipfile

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from python_calamine import CalamineWorkbook

from core import outbox
from core.models import Email, OutboxMessage
from leads import bulk
from leads.models import BulkRun, Lead, LeadEvent, Task
from leads.services import assign_lead, change_state, create_lead, delete_lead
from leads.todo import create_task
from network.models import Referral


@pytest.fixture
def lead(workspace):
    with workspace.scope():
        return create_lead(
            actor=workspace.agent, first_name="Ada", last_name="King", phone_number="+14155550134", company="Acme"
        )


@pytest.mark.parametrize(
    "address", ["/leads", "/leads/new", "/leads/board", "/leads/trash", "/today", "/notes", "/leads?state=lost"]
)
def test_every_page_opens_empty_and_filled(workspace, address):
    assert workspace.browser().get(address).status_code == 200
    with workspace.scope():
        create_lead(actor=workspace.agent, first_name="Ada", email="ada@x.test")
    assert workspace.browser().get(address).status_code == 200


@pytest.mark.parametrize("address", ["/leads", "/leads/board", "/today"])
def test_a_page_costs_the_same_for_one_and_three_leads(workspace, address):
    browser, counts = workspace.browser(), []
    for wanted in (1, 3):
        with workspace.scope():
            while Lead.objects.count() < wanted:
                made = create_lead(actor=workspace.agent, email=f"{uuid.uuid4().hex}@x.test")
                create_task(actor=workspace.agent, lead=made, due_at=timezone.now() - dt.timedelta(minutes=1))
        browser.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_record_shows_who_what_and_what_next(workspace, lead):
    page = workspace.browser().get(f"/leads/{lead.pk}").content.decode()
    for words in ("Ada King", "Acme", "+1 415 555 0134", "Lead created", "Write a note", "Qualified", "Waiting"):
        assert words in page


def test_a_stranger_sees_no_record(stranger, lead):
    browser = stranger.browser("admin")
    assert browser.get(f"/leads/{lead.pk}").status_code == 404
    for step in ("state", "owner", "delete", "restore", "purge"):
        assert browser.post(f"/leads/{lead.pk}/{step}", {"state": "lost"}).status_code == 404
    assert browser.get(f"/leads/{lead.pk}/resume").status_code == 404


def test_a_lead_is_added_and_edited_by_hand(workspace):
    browser = workspace.browser()
    assert b"An email or a phone number is needed" in browser.post("/leads/new", {"first_name": "Ada"}).content
    assert b"digits" in browser.post("/leads/new", {"phone_number": "call me"}).content
    made = browser.post("/leads/new", {"first_name": "Ada", "email": "ada@x.test"})
    assert made.status_code == 302
    browser.post(f"{made.url}/edit", {"first_name": "Augusta", "email": "ada@x.test"})
    assert b"Augusta" in browser.get(made.url).content


def test_a_step_by_button_moves_and_by_board_answers_nothing(workspace, lead):
    browser = workspace.browser()
    assert browser.post(f"/leads/{lead.pk}/state", {"state": "qualified"}).status_code == 302
    moved = browser.post(f"/leads/{lead.pk}/state", {"state": "converted"}, headers={"HX-Request": "true"})
    assert moved.status_code == 204
    refused = browser.post(f"/leads/{lead.pk}/state", {"state": "lost"}, headers={"HX-Request": "true"})
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_transition")


def test_a_lead_is_handed_over(workspace, lead):
    workspace.browser().post(f"/leads/{lead.pk}/owner", {"owner_id": str(workspace.manager.pk)})
    with workspace.scope():
        assert Lead.objects.get().owner == workspace.manager


def test_a_deleted_lead_comes_back_by_the_toast(workspace, lead):
    browser = workspace.browser()
    page = browser.post(f"/leads/{lead.pk}/delete", follow=True).content.decode()
    assert f"/leads/{lead.pk}/restore" in page
    browser.post(f"/leads/{lead.pk}/restore")
    with workspace.scope():
        assert Lead.objects.active().count() == 1


def _undo_of(page):
    return re.search(r"/leads/bulk/[0-9a-f-]{36}/undo", page).group()


def test_a_bulk_deletion_is_undone_once_and_only_what_it_deleted(workspace, lead):
    with workspace.scope():
        gone = create_lead(actor=workspace.agent, email="gone@x.test")
        delete_lead(actor=workspace.agent, lead=gone)
    browser = workspace.browser()
    page = browser.post("/leads/bulk", {"ids": [str(lead.pk)], "action": "delete"}, follow=True).content.decode()
    assert "1 lead moved to the trash" in page
    assert "1 lead set back." in browser.post(_undo_of(page), follow=True).content.decode()
    with workspace.scope():
        assert [row.pk for row in Lead.objects.active()] == [lead.pk]
    assert browser.post(_undo_of(page)).status_code == 409


def test_a_bulk_change_of_owners_is_undone_except_where_someone_changed_it_since(workspace, lead):
    with workspace.scope():
        other = create_lead(actor=workspace.agent, email="b@x.test", owner_id=workspace.manager.pk)
    browser = workspace.browser()
    body = {"action": "set_owner", "owner_id": str(workspace.agent.pk), "scope": "matching", "query": ""}
    page = browser.post("/leads/bulk", body, follow=True).content.decode()
    with workspace.scope():
        assert Lead.objects.filter(owner=workspace.agent).count() == 2
        assign_lead(actor=workspace.admin, lead=Lead.objects.get(pk=lead.pk), owner=workspace.admin)
    assert "1 lead set back. 1 stay" in browser.post(_undo_of(page), follow=True).content.decode()
    with workspace.scope():
        assert Lead.objects.get(pk=lead.pk).owner == workspace.admin
        assert Lead.objects.get(pk=other.pk).owner == workspace.manager


def test_a_bulk_move_is_undone_with_its_clock_and_its_referral(workspace, lead):
    with workspace.scope():
        change_state(actor=workspace.agent, lead=lead, state="qualified")
        before = Lead.objects.get(pk=lead.pk)
        fresh = create_lead(actor=workspace.agent, email="b@x.test")
        Referral.objects.create(referrer=fresh.contact, referred=lead.contact, lead_id=lead.pk, code="X")
    browser = workspace.browser()
    for state, ids in (("converted", [lead.pk]), ("qualified", [fresh.pk])):
        body = {"action": "set_state", "state": state, "ids": [str(pk) for pk in ids]}
        page = browser.post("/leads/bulk", body, follow=True).content.decode()
        with workspace.scope():
            assert Lead.objects.get(pk=ids[0]).state == state
            assert Referral.objects.get().converted_at is not None
        browser.post(_undo_of(page))
        if state == "converted":
            with workspace.scope():
                assert Referral.objects.get().converted_at is None
                Referral.objects.update(converted_at=timezone.now())
    with workspace.scope():
        after = Lead.objects.get(pk=lead.pk)
        assert (after.state, after.reached_out_at) == ("qualified", before.reached_out_at)
        fresh.refresh_from_db()
        assert (fresh.state, fresh.reached_out_at) == ("pending", None)


def test_a_colleague_of_another_workspace_cannot_undo(workspace, stranger, lead):
    page = workspace.browser().post("/leads/bulk", {"ids": [str(lead.pk)], "action": "delete"}, follow=True)
    assert stranger.browser().post(_undo_of(page.content.decode())).status_code == 404
    with workspace.scope():
        assert Lead.objects.deleted().count() == 1


def test_a_bulk_move_leaves_those_for_which_it_is_not_legal(workspace, lead):
    with workspace.scope():
        other = create_lead(actor=workspace.agent, email="b@x.test", state="converted")
    ids = [str(lead.pk), str(other.pk)]
    workspace.browser().post("/leads/bulk", {"ids": ids, "action": "set_state", "state": "lost"})
    with workspace.scope():
        assert sorted(Lead.objects.values_list("state", flat=True)) == ["converted", "lost"]


def _many(workspace, count, **fields):
    with workspace.scope():
        one = create_lead(actor=workspace.agent, first_name="Ada", email="ada@x.test")
        Lead.objects.bulk_create(
            Lead(contact=one.contact, first_name="Ada", email="ada@x.test", source="fair", **fields)
            for _ in range(count)
        )


def test_all_leads_that_match_are_changed_at_once(workspace, lead):
    _many(workspace, 40)
    body = {
        "action": "set_state",
        "state": "qualified",
        "scope": "matching",
        "query": "source=fair&ordering=first_name",
    }
    page = workspace.browser().post("/leads/bulk", body, follow=True)
    assert "40 leads moved." in page.content.decode()
    with workspace.scope():
        assert Lead.objects.filter(state="qualified").count() == 40
        assert Lead.objects.get(pk=lead.pk).state == "pending"


def test_more_than_a_thousand_are_changed_in_the_background_step_by_step(workspace, monkeypatch):
    monkeypatch.setattr(bulk, "MOST", 20)
    monkeypatch.setattr(bulk, "STEP", 15)
    _many(workspace, 40)
    body = {"action": "delete", "scope": "matching", "query": "source=fair"}
    page = workspace.browser().post("/leads/bulk", body, follow=True)
    assert page.redirect_chain[-1][0].startswith("/leads/bulk/")
    assert "Move to the trash" in page.content.decode()
    assert "0 of 40" in page.content.decode()
    _many(workspace, 1)
    with workspace.scope():
        assert Lead.objects.deleted().count() == 0
        first = OutboxMessage.objects.get(topic=bulk.TOPIC)
        bulk.go_on(first.payload)
        bulk.go_on(first.payload)  # a worker killed before it noted the end does it again
    assert outbox.relay(workspace.id) > 0
    with workspace.scope():
        assert Lead.objects.deleted().count() == 40
        assert Lead.objects.active().filter(source="fair").count() == 1
        assert LeadEvent.objects.filter(kind="deleted").values("lead").distinct().count() == 40


@pytest.mark.parametrize("steps", [1, 9])
def test_a_large_bulk_change_is_undone_also_while_it_goes_on(workspace, monkeypatch, steps):
    monkeypatch.setattr(bulk, "MOST", 20)
    monkeypatch.setattr(bulk, "STEP", 15)
    _many(workspace, 40)
    with workspace.scope():
        delete_lead(actor=workspace.agent, lead=Lead.objects.filter(source="fair").first())
    browser = workspace.browser()
    body = {"action": "delete", "scope": "matching", "query": "source=fair"}
    page = browser.post("/leads/bulk", body, follow=True).content.decode()
    outbox.relay(workspace.id, most=steps)
    with workspace.scope():
        assert Lead.objects.deleted().count() == (16 if steps == 1 else 40)
    where = _undo_of(page).removesuffix("/undo")
    now = browser.get(where, headers={"HX-Request": "true"})
    assert ("15 of 39" in now.content.decode()) is (steps == 1)
    assert now.headers.get("HX-Refresh") == (None if steps == 1 else "true")
    assert ("Stop and undo" in browser.get(where).content.decode()) is (steps == 1)
    assert "Taking it back" in browser.post(f"{where}/undo", follow=True).content.decode()
    outbox.relay(workspace.id)
    with workspace.scope():
        assert Lead.objects.deleted().count() == 1
        run = BulkRun.objects.get()
        assert (run.status, run.back) == ("undone", run.changed)
    page = browser.get(where).content.decode()
    assert f"{run.changed} leads set back." in page
    assert "/undo" not in page


def test_the_page_of_a_bulk_change_says_what_it_did_and_keeps_its_undo(workspace, stranger, lead):
    browser = workspace.browser()
    browser.post("/leads/bulk", {"ids": [str(lead.pk)], "action": "set_state", "state": "lost"})
    with workspace.scope():
        where = f"/leads/bulk/{BulkRun.objects.get().pk}"
    page = browser.get(where).content.decode()
    assert "Move to lost" in page
    assert "1 lead moved." in page
    assert stranger.browser().get(where).status_code == 404
    assert "1 lead set back." in browser.post(_undo_of(page), follow=True).content.decode()


def test_an_unreadable_filter_or_action_changes_nothing_in_bulk(workspace, lead):
    browser = workspace.browser()
    for query, action in (("state=nonsense", "delete"), ("owner=x", "delete"), ("", "explode")):
        answer = browser.post("/leads/bulk", {"action": action, "scope": "matching", "query": query})
        assert answer.status_code == 400
    with workspace.scope():
        assert Lead.objects.active().count() == 1


def test_a_foreign_lead_is_not_changed_in_bulk(stranger, lead, workspace):
    stranger.browser().post("/leads/bulk", {"ids": [str(lead.pk)], "action": "delete"})
    with workspace.scope():
        assert Lead.objects.active().count() == 1


def test_the_export_holds_the_filtered_leads_and_runs_no_formula(workspace, lead):
    with workspace.scope():
        create_lead(actor=workspace.agent, first_name="=cmd|calc", email="evil@x.test", state="lost")
    assert workspace.browser("agent").get("/leads/export.csv").status_code == 403
    answer = workspace.browser("manager").get("/leads/export.csv?state=lost")

    async def collect():
        return b"".join([part async for part in answer.streaming_content])

    text = async_to_sync(collect)().decode("utf-8-sig")
    assert "first_name" in text.splitlines()[0]
    assert "'=cmd" in text
    assert "Ada" not in text


def test_the_workbook_holds_the_filtered_leads_as_text_and_no_formula(workspace, lead):
    with workspace.scope():
        create_lead(actor=workspace.agent, first_name="=cmd|calc", email="evil@x.test", state="lost")
    assert workspace.browser("agent").get("/leads/export.xlsx").status_code == 403
    answer = workspace.browser("manager").get("/leads/export.xlsx?state=lost")
    book = io.BytesIO(b"".join(answer.streaming_content))
    header, *rows = CalamineWorkbook.from_filelike(book).get_sheet_by_index(0).to_python()
    assert header[:4] == ["first_name", "last_name", "email", "phone_number"]
    assert [row[0] for row in rows] == ["=cmd|calc"]
    assert b"<f>" not in zipfile.ZipFile(book).read("xl/worksheets/sheet1.xml")


def test_today_names_the_next_thing_and_a_done_task_leaves_it(workspace, lead):
    with workspace.scope():
        task = create_task(
            actor=workspace.agent, kind="callback", title="Call her back", lead=lead,
            due_at=timezone.now() - dt.timedelta(minutes=5),
        )  # fmt: skip
    browser = workspace.browser()
    page = browser.get("/today").content.decode()
    assert "Call her back" in page
    assert "San Francisco" in page or "Los Angeles" in page
    browser.post(f"/tasks/{task.pk}/done")
    assert "Call her back" not in browser.get("/today").content.decode().split("toast")[0]
    with workspace.scope():
        assert Task.objects.get().done_by == workspace.agent


def test_a_task_is_meant_in_the_time_of_the_lead(workspace, lead):
    body = {"lead": str(lead.pk), "kind": "callback", "due_at": "2027-01-15T09:00"}
    workspace.browser().post("/tasks/new", body)
    with workspace.scope():
        task = Task.objects.get()
    assert task.timezone == "America/Los_Angeles"
    assert task.due_at == dt.datetime(2027, 1, 15, 17, 0, tzinfo=dt.UTC)


def test_a_task_put_off_comes_back_later(workspace, lead):
    with workspace.scope():
        task = create_task(actor=workspace.agent, lead=lead, due_at=timezone.now())
    workspace.browser().post(f"/tasks/{task.pk}/later", {"by": "day"})
    with workspace.scope():
        assert Task.objects.get().due_at > timezone.now() + dt.timedelta(hours=23)


def test_agents_do_not_see_the_day_of_everyone(workspace):
    with workspace.scope():
        create_task(actor=workspace.manager, title="Manager only", due_at=timezone.now(), lead=None)
    assert b"Manager only" not in workspace.browser("agent").get("/today?who=everyone").content
    assert b"Manager only" in workspace.browser("manager").get("/today?who=everyone").content


def test_only_admins_see_the_form_settings_and_the_mails(workspace):
    for address in ("/settings/form", "/settings/mail"):
        assert workspace.browser("manager").get(address).status_code == 403
        assert workspace.browser("admin").get(address).status_code == 200


def test_new_consent_wording_makes_a_new_version(workspace):
    browser = workspace.browser("admin")
    body = {
        "title": "Hello", "button": "Go", "thanks": "Thanks", "consent_wording": "Call me.", "assignment": "none",
        "answer_within_minutes": "10",
    }  # fmt: skip
    assert browser.post("/settings/form", body).status_code == 302
    with workspace.scope():
        from leads.models import IntakeSettings

        row = IntakeSettings.objects.get()
    assert (row.title, row.consent_version) == ("Hello", 2)


def test_a_failed_mail_is_shown_with_its_reason_and_sent_again(workspace):
    with workspace.scope():
        mail = Email.objects.create(
            kind="x", key="1", to=["a@x.test"], subject="Hello", text="Hi", message_id="<1@x>", status="failed",
            failure="configuration", error="SMTPAuthenticationError: no",
        )  # fmt: skip
    browser = workspace.browser("admin")
    assert b"Mail is not set up" in browser.get("/settings/mail").content
    assert browser.post(f"/settings/mail/{mail.pk}/resend").status_code == 302
    with workspace.scope():
        assert Email.objects.get().status == "queued"


def test_a_note_from_the_box_stands_on_the_record(workspace, lead):
    browser = workspace.browser()
    browser.post("/notes/new", {"lead": str(lead.pk), "content": "Wants a quote"})
    assert b"Wants a quote" in browser.get(f"/leads/{lead.pk}").content
    assert b"Wants a quote" in browser.get("/notes?search=quote").content
    assert b"Wants a quote" not in browser.get("/notes?search=voicemail").content
