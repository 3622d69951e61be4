"""Many contacts at once: changing them, undoing it, taking them out as a file; views, fields, timeline."""

import io
import uuid

import pytest
from asgiref.sync import async_to_sync
from python_calamine import CalamineWorkbook

from accounts.models import AuditEntry
from contacts import bulk, history
from contacts.models import BulkAction, Contact
from contacts.services import create_contact, update_contact

pytestmark = pytest.mark.django_db
URL = "/api/v1/contacts"


@pytest.fixture
def people(workspace):
    with workspace.scope():
        return [
            create_contact(actor=None, email=f"p{i}@example.com", first_name=f"P{i}", tags=["a"] if i % 2 else [])
            for i in range(6)
        ]


def act(workspace, **body):
    return workspace.api().post(f"{URL}/bulk", body)


def body_of(answer):
    async def collect():
        return b"".join([part async for part in answer.streaming_content])

    return async_to_sync(collect)() if answer.is_async else b"".join(answer.streaming_content)


def test_the_named_contacts_are_changed_and_counted(workspace, people):
    ids = [str(p.pk) for p in people[:3]]
    answer = act(workspace, ids=ids, action="tag", value="Hot")
    assert (answer.status_code, answer.json()["count"]) == (200, 3)
    with workspace.scope():
        assert Contact.objects.filter(tags__contains=["Hot"]).count() == 3
    act(workspace, ids=ids, action="untag", value="hot")
    act(workspace, ids=ids, action="set_status", value="customer")
    act(workspace, ids=ids, action="set_owner", value=str(workspace.agent.pk))
    with workspace.scope():
        assert not Contact.objects.filter(tags__contains=["Hot"]).exists()
        assert Contact.objects.filter(status="customer", owner=workspace.agent).count() == 3
    act(workspace, ids=ids, action="delete")
    assert workspace.api().get(URL).json()["total"] == 3


def test_all_that_match_a_filter_are_changed(workspace, people):
    answer = act(workspace, filter={"tag": ["A"]}, action="set_status", value="churned")
    assert answer.json()["count"] == 3
    with workspace.scope():
        assert Contact.objects.filter(status="churned").count() == 3


def test_an_undo_takes_all_back_but_what_changed_since(workspace, people):
    made = act(workspace, filter={}, action="set_status", value="customer").json()
    with workspace.scope():
        update_contact(actor=workspace.agent, contact=people[0], status="churned")
    answer = workspace.api().post(f"{URL}/bulk-actions/{made['id']}/undo")
    assert (answer.status_code, answer.json()["status"]) == (200, "undone")
    with workspace.scope():
        assert Contact.objects.filter(status="lead").count() == 5
        assert Contact.objects.get(pk=people[0].pk).status == "churned"
    assert workspace.api().post(f"{URL}/bulk-actions/{made['id']}/undo").status_code == 409


def test_a_large_act_goes_on_in_the_background_and_survives_a_crash(workspace, people, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    answer = act(workspace, filter={}, action="tag", value="Big")
    assert (answer.status_code, answer.json()["status"]) == (202, "running")
    apply = bulk._apply
    calls = []

    def crash(*args):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("killed")
        apply(*args)

    monkeypatch.setattr(bulk, "_apply", crash)
    with pytest.raises(RuntimeError):
        bulk.run(workspace.id, answer.json()["id"])
    bulk.run(workspace.id, answer.json()["id"])
    with workspace.scope():
        assert BulkAction.objects.get().status == "completed"
        assert BulkAction.objects.get().done == 6
        assert Contact.objects.filter(tags__contains=["Big"]).count() == 6


def test_the_undo_of_a_large_act_goes_on_in_the_background_and_survives_a_crash(workspace, people, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    monkeypatch.setattr(history, "BATCH", 2)
    act_id = act(workspace, filter={}, action="set_status", value="customer").json()["id"]
    bulk.run(workspace.id, act_id)
    with workspace.scope():
        update_contact(actor=workspace.agent, contact=people[0], status="churned")
    answer = workspace.api().post(f"{URL}/bulk-actions/{act_id}/undo")
    assert (answer.status_code, answer.json()["status"]) == (202, "undoing")
    write_back = history._write_back
    calls = []

    def crash(contacts):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("killed")
        return write_back(contacts)

    monkeypatch.setattr(history, "_write_back", crash)
    with pytest.raises(RuntimeError):
        bulk.run(workspace.id, act_id)
    bulk.run(workspace.id, act_id)
    told = workspace.api().get(f"{URL}/bulk-actions/{act_id}").json()
    assert (told["status"], told["done"], told["kept"]) == ("undone", 6, 1)
    with workspace.scope():
        assert Contact.objects.filter(status="lead").count() == 5
    page = workspace.browser().get(f"/contacts/bulk/{act_id}").content.decode()
    assert "1 stay, because someone changed them since" in page


def test_a_large_act_shows_its_progress_on_a_page(workspace, people, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    browser = workspace.browser()
    answer = browser.post("/contacts/bulk", {"action": "tag", "value_tag": "Big", "scope": "matching", "query": ""})
    page = browser.get(answer["Location"]).content.decode()
    assert "0 of 6" in page
    bulk.run(workspace.id, answer["Location"].rsplit("/", 1)[-1])
    moved = browser.get(answer["Location"], headers={"HX-Request": "true"})
    assert moved["HX-Refresh"] == "true"
    assert "Undo" in browser.get(answer["Location"]).content.decode()
    assert browser.post(f"{answer['Location']}/undo")["Location"] == answer["Location"]


def test_one_foreign_id_leaves_everything_unchanged(workspace, stranger, people):
    with stranger.scope():
        theirs = create_contact(actor=None, email="x@example.com")
    answer = act(workspace, ids=[str(people[0].pk), str(theirs.pk)], action="delete")
    assert answer.status_code == 404
    assert workspace.api().get(URL).json()["total"] == 6


@pytest.mark.parametrize(
    "body",
    [
        {}, {"action": "tag", "value": "x"}, {"ids": [], "filter": {}, "action": "delete"}, {"ids": ["x"], "action": "delete"},
        {"filter": {}, "action": "explode"}, {"filter": {}, "action": "tag"}, {"filter": {}, "action": "tag", "value": ""},
        {"filter": {"nope": 1}, "action": "delete"}, {"filter": {"status": "boss"}, "action": "delete"},
        {"filter": {}, "action": "set_status", "value": "boss"}, {"filter": {}, "action": "set_owner", "value": "x"},
        {"filter": {}, "action": "set_owner", "value": str(uuid.uuid4())}, {"filter": [], "action": "delete"},
        {"filter": {"search": {"a": 1}}, "action": "tag", "value": {"a": 1}},
    ],
)  # fmt: skip
def test_a_bulk_act_that_makes_no_sense_is_400(workspace, people, body):
    assert act(workspace, **body).status_code == 400


def test_the_export_holds_the_filtered_list_and_no_formulas(workspace, people):
    with workspace.scope():
        create_contact(
            actor=None,
            email="evil@example.com",
            company='=HYPERLINK("x")',
            phone_number="+14155550134",
            tags=["x", "y"],
        )
    answer = workspace.api("manager").get(f"{URL}/export?format=csv")
    assert answer["Content-Type"].startswith("text/csv")
    text = body_of(answer).decode("utf-8-sig")
    lines = text.splitlines()
    assert len(lines) == 8
    assert lines[0].startswith('"id","first_name"')
    assert "\"'=HYPERLINK(" in text
    assert '"+14155550134"' in text
    assert '"x; y"' in text
    filtered = body_of(workspace.api("manager").get(f"{URL}/export?tag=a")).decode()
    assert len(filtered.splitlines()) == 4
    with workspace.scope():
        assert AuditEntry.objects.filter(action="contacts.exported").count() == 2


def test_the_export_as_a_workbook_reads_back(workspace, people):
    answer = workspace.api("manager").get(f"{URL}/export?format=xlsx")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(body_of(answer))).get_sheet_by_index(0).to_python()
    assert len(sheet) == 7
    assert sheet[0][3] == "email"


def test_the_export_is_for_managers_and_refuses_other_formats(workspace, people):
    assert workspace.api().get(f"{URL}/export").status_code == 403
    assert workspace.api("manager").get(f"{URL}/export?format=pdf").status_code == 400
    assert workspace.api("manager").get(f"{URL}/export?nope=1").status_code == 400


def test_the_timeline_is_one_ordered_stream(workspace, stranger, people):
    with workspace.scope():
        update_contact(actor=workspace.agent, contact=people[0], status="customer")
    answer = workspace.api().get(f"{URL}/{people[0].pk}/timeline")
    items = answer.json()["items"]
    assert [i["kind"] for i in items] == ["status", "created"]
    assert items[0]["actor"] == "Ana Agent"
    assert items[0]["data"]["changes"] == {"status": ["lead", "customer"]}
    assert items[0]["at"].endswith("Z")
    assert stranger.api().get(f"{URL}/{people[0].pk}/timeline").status_code == 404


def test_views_are_private_or_shared(workspace):
    agent, manager = workspace.api(), workspace.api("manager")
    mine = agent.post("/api/v1/views", {"name": "Mine", "query": "status=lead&cursor=x"})
    assert (mine.status_code, mine.json()["query"]) == (201, "status=lead")
    agent.post("/api/v1/views", {"name": "Ours", "query": "tag=a", "is_shared": True})
    assert {v["name"] for v in manager.get("/api/v1/views").json()["items"]} == {"Ours"}
    again = agent.post("/api/v1/views", {"name": "mine", "query": "status=customer"})
    assert again.json()["id"] == mine.json()["id"]
    assert manager.delete(f"/api/v1/views/{mine.json()['id']}").status_code == 404
    assert agent.delete(f"/api/v1/views/{mine.json()['id']}").status_code == 204


def test_custom_fields_are_typed_everywhere(workspace):
    assert workspace.api().post("/api/v1/custom-fields", {"label": "Seats"}).status_code == 403
    admin = workspace.api("admin")
    seats = admin.post("/api/v1/custom-fields", {"label": "Seats", "kind": "number"})
    assert (seats.status_code, seats.json()["key"]) == (201, "seats")
    assert admin.post("/api/v1/custom-fields", {"label": "seats"}).status_code == 409
    assert admin.post("/api/v1/custom-fields", {"label": "Plan", "kind": "choice"}).status_code == 400
    admin.post("/api/v1/custom-fields", {"label": "Plan", "kind": "choice", "choices": ["Gold", "Silver"]})
    made = workspace.api().post(
        URL, {"email": "a@example.com", "custom_fields": {"seats": "1,200", "plan": "gold", "own": "x"}}
    )
    assert made.json()["custom_fields"] == {"seats": 1200, "plan": "Gold", "own": "x"}
    bad = workspace.api().post(URL, {"email": "b@example.com", "custom_fields": {"plan": "Bronze"}})
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (400, "custom_fields.plan")
    assert admin.patch(f"/api/v1/custom-fields/{seats.json()['id']}", {"kind": "text"}).status_code == 400
    assert admin.patch(f"/api/v1/custom-fields/{seats.json()['id']}", {"label": "Chairs"}).json()["label"] == "Chairs"
    assert admin.delete(f"/api/v1/custom-fields/{seats.json()['id']}").status_code == 204
