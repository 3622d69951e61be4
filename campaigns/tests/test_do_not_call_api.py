"""The do-not-call list over the API."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from campaigns import suppression_files
from campaigns.models import Suppression
from contacts.importing import engine
from contacts.models import Import

pytestmark = pytest.mark.django_db
BASE = "/api/v1/do-not-call"


@pytest.fixture
def manager(workspace):
    return workspace.api("manager")


def upload(client, text, **fields):
    file = SimpleUploadedFile("list.csv", text.encode(), content_type="text/csv")
    return client.post(f"{BASE}/import", {"file": file, **fields}, format="multipart")


def test_a_number_is_listed_in_any_writing_and_once(manager):
    made = manager.post(BASE, {"phone_number": "(212) 736-0001", "reason": "Asked", "source": "phone"})
    assert made.status_code == 201
    body = made.json()
    assert (body["phone_number"], body["reason"], body["source"]) == ("+12127360001", "Asked", "phone")
    assert body["created_at"].endswith("Z")
    assert manager.post(BASE, {"phone_number": "+12127360001"}).status_code == 200
    assert manager.get(BASE).json()["total"] == 1
    assert manager.get(f"{BASE}?phone_number=212-736-0001").json()["total"] == 1
    assert manager.get(f"{BASE}?phone_number=212-736-0002").json()["total"] == 0


def test_a_listed_number_leaves_every_campaign_at_once(manager):
    rows = []
    for name in ("A", "B"):
        campaign = manager.post("/api/v1/campaigns", {"name": name}).json()
        at = f"/api/v1/campaigns/{campaign['id']}/contacts"
        manager.post(at, {"phone_number": "+12127360001"})
        rows.append(at)
    manager.post(BASE, {"phone_number": "+12127360001"})
    for at in rows:
        item = manager.get(at).json()["items"][0]
        assert (item["status"], item["status_reason"]) == ("blocked", "do_not_call")


def test_agents_look_and_managers_write(workspace, manager, stranger):
    entry = manager.post(BASE, {"phone_number": "+12127360001"}).json()
    agent = workspace.api("agent")
    assert agent.get(f"{BASE}/{entry['id']}").status_code == 200
    assert agent.post(BASE, {"phone_number": "+12127360002"}).status_code == 403
    assert agent.delete(f"{BASE}/{entry['id']}").status_code == 403
    assert stranger.api("admin").delete(f"{BASE}/{entry['id']}").status_code == 404
    assert manager.delete(f"{BASE}/{entry['id']}").status_code == 204
    assert manager.get(f"{BASE}/{entry['id']}").status_code == 404


@pytest.mark.parametrize("body", [{}, {"phone_number": "abc"}, {"phone_number": "+12127360001", "scope": "national"}])
def test_what_is_no_number_is_400(manager, body):
    assert manager.post(BASE, body).status_code == 400


@pytest.mark.parametrize(
    "text",
    ["phone\n+12127360001\n212-736-0002\n2127360002\nabc\n", "+12127360001\n212-736-0002\n2127360002\nabc\n"],
)
def test_a_file_is_listed_with_or_without_a_header(manager, text):
    campaign = manager.post("/api/v1/campaigns", {"name": "A"}).json()
    at = f"/api/v1/campaigns/{campaign['id']}/contacts"
    manager.post(at, {"phone_number": "+12127360002"})
    answer = upload(manager, text)
    assert answer.status_code == 200, answer.content
    assert (answer.json()["added"], answer.json()["refused"]) == (2, 1)
    assert manager.get(at).json()["items"][0]["status"] == "blocked"


def test_a_national_list_leaves_our_own_entries_alone(manager, workspace):
    manager.post(BASE, {"phone_number": "+12127360001", "reason": "Asked"})
    upload(manager, "phone\n+12127360001\n+12127360002\n", national=True)
    with workspace.scope():
        scopes = dict(Suppression.objects.values_list("phone_number", "scope"))
    assert scopes == {"+12127360001": "tenant", "+12127360002": "national"}


def test_a_stale_national_list_stops_a_start(manager, workspace):
    from django.db import connection

    campaign = manager.post("/api/v1/campaigns", {"name": "A"}).json()
    manager.post(f"/api/v1/campaigns/{campaign['id']}/contacts", {"phone_number": "+12127360009"})
    upload(manager, "phone\n+12127360002\n", national=True)
    with workspace.scope(), connection.cursor() as cursor:
        cursor.execute("UPDATE contacts_import SET completed_at = now() - interval '32 days'")
    answer = manager.post(f"/api/v1/campaigns/{campaign['id']}/start")
    assert (answer.status_code, answer.json()["reasons"]) == (409, ["stale_do_not_call_list"])
    upload(manager, "phone\n+12127360002\n", national=True)
    assert manager.post(f"/api/v1/campaigns/{campaign['id']}/start").status_code == 200


def listed(workspace):
    with workspace.scope():
        return sorted(Suppression.objects.values_list("phone_number", flat=True))


def test_a_new_edition_replaces_the_former_one_of_its_register_only(manager, workspace):
    upload(manager, "phone\n+12127360001\n+12127360002\n", national=True, register="Federal")
    upload(manager, "phone\n+12127360002\n+12127360003\n", national=True, register="State")
    manager.post(BASE, {"phone_number": "+12127360009"})
    upload(manager, "phone\n+12127360004\n", national=True, register="Federal")
    assert listed(workspace) == ["+12127360002", "+12127360003", "+12127360004", "+12127360009"]


def test_the_pre_flight_names_a_stale_register(manager, workspace):
    campaign = manager.post("/api/v1/campaigns", {"name": "A"}).json()
    upload(manager, "phone\n+12127360002\n", national=True, register="Federal")
    with workspace.scope():
        Import.objects.update(completed_at=timezone.now() - dt.timedelta(days=32))
    page = workspace.browser("manager").get(f"/campaigns/{campaign['id']}/preflight").content.decode()
    assert "“Federal” is older than 31 days" in page


def test_a_long_list_goes_on_in_the_background(manager, workspace, monkeypatch):
    monkeypatch.setattr(suppression_files, "AT_ONCE", 1)
    answer = upload(manager, "+12127360001\n+12127360002\n+12127360003\n")
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    with workspace.scope():
        job = Import.objects.get()
    engine.run_slice(workspace.id, job.pk)
    assert len(listed(workspace)) == 3
