"""Who is in a campaign: adding one, many, from a file; taking out; the pre-flight."""

import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from campaigns import batches
from campaigns.models import CampaignLead, LeadBatch
from contacts.models import Contact
from leads.models import Lead

pytestmark = pytest.mark.django_db
BASE = "/api/v1/campaigns"


@pytest.fixture
def manager(workspace):
    return workspace.api("manager")


@pytest.fixture
def at(manager):
    campaign = manager.post(BASE, {"name": "Spring", "calling_hours": "always"}).json()
    return f"{BASE}/{campaign['id']}"


@pytest.fixture
def people(workspace):
    """Four contacts, three with numbers, two of those tagged."""
    with workspace.scope():
        made = [
            Contact.objects.create(first_name=f"P{n}", phone_number=f"+1212736010{n}", tags=["vip"] if n < 2 else [])
            for n in range(3)
        ]
        return [*made, Contact.objects.create(first_name="Mail", email="mail@x.test")]


def test_a_number_makes_contact_and_lead_and_answers_the_campaign_lead(manager, at, workspace):
    answer = manager.post(
        f"{at}/contacts",
        {"phone_number": "(212) 736-0001", "first_name": "Ada", "last_name": "Byron", "custom_fields": {"plan": "Pro"}},
    )
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["phone_number"] == "+12127360001"
    assert (body["status"], body["status_reason"], body["call_attempts"]) == ("pending", "", 0)
    assert (body["first_name"], body["custom_fields"]) == ("Ada", {"plan": "Pro"})
    assert body["last_called_at"] is None
    assert body["next_attempt_at"].endswith("Z")
    with workspace.scope():
        lead = Lead.objects.get(pk=body["lead_id"])
        assert lead.contact.phone_number == "+12127360001"
        assert CampaignLead.objects.get().zones == ["America/New_York"]


def test_the_same_number_twice_is_409(manager, at):
    first = manager.post(f"{at}/contacts", {"phone_number": "+12127360001"}).json()
    again = manager.post(f"{at}/contacts", {"phone_number": "212-736-0001"})
    assert (again.status_code, again.json()["code"]) == (409, "duplicate_phone")
    assert again.json()["existing_id"] == first["id"]


@pytest.mark.parametrize("number", ["abc", "1.55512E+10", "+1911", "1" * 16, "+12127360001 ext 5", ""])
def test_a_number_that_is_none_is_400(manager, at, number):
    assert manager.post(f"{at}/contacts", {"phone_number": number}).status_code == 400


def test_a_premium_number_is_refused(manager, at):
    answer = manager.post(f"{at}/contacts", {"phone_number": "+19005551234"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "phone_type_not_allowed")


def test_a_listed_number_is_added_as_blocked(manager, at):
    manager.post("/api/v1/do-not-call", {"phone_number": "+12127360001", "reason": "Asked"})
    body = manager.post(f"{at}/contacts", {"phone_number": "+12127360001"}).json()
    assert (body["status"], body["status_reason"]) == ("blocked", "do_not_call")


def test_a_contact_and_a_lead_are_added_by_id(manager, at, workspace, people):
    with workspace.scope():
        lead = Lead.objects.create(contact=people[1], phone_number="+12127360155", first_name="Lee")
    by_contact = manager.post(f"{at}/contacts", {"contact_id": str(people[0].pk)})
    by_lead = manager.post(f"{at}/contacts", {"lead_id": str(lead.pk)})
    assert (by_contact.status_code, by_lead.status_code) == (201, 201)
    assert by_contact.json()["first_name"] == "P0"
    assert (by_lead.json()["lead_id"], by_lead.json()["phone_number"]) == (str(lead.pk), "+12127360155")


def test_unknown_people_are_404_and_unclear_ones_400(manager, at, people, stranger):
    with stranger.scope():
        foreign = Contact.objects.create(phone_number="+12127360177")
    for body in ({"contact_id": str(foreign.pk)}, {"contact_id": str(uuid.uuid4())}, {"lead_id": str(uuid.uuid4())}):
        assert manager.post(f"{at}/contacts", body).status_code == 404
    for body in (
        {},
        {"contact_id": "x"},
        {"contact_id": str(people[0].pk), "phone_number": "+12127360001"},
        {"contact_id": str(people[3].pk)},
        {"phone_number": "+12127360001", "vip": True},
    ):
        assert manager.post(f"{at}/contacts", body).status_code == 400


def test_lists_are_filtered_by_state(manager, at):
    manager.post("/api/v1/do-not-call", {"phone_number": "+12127360002"})
    for n in (1, 2):
        manager.post(f"{at}/contacts", {"phone_number": f"+1212736000{n}"})
    assert manager.get(f"{at}/contacts").json()["total"] == 2
    blocked = manager.get(f"{at}/contacts?status=blocked").json()["items"]
    assert [item["phone_number"] for item in blocked] == ["+12127360002"]
    assert manager.get(f"{at}/contacts?search=736-0001").json()["total"] == 1


def test_taking_out_answers_204_and_409_while_on_the_phone(manager, at, workspace):
    rows = [manager.post(f"{at}/contacts", {"phone_number": f"+1212736000{n}"}).json() for n in (1, 2)]
    with workspace.scope():
        CampaignLead.objects.filter(pk=rows[1]["id"]).update(status="in_call")
    assert manager.delete(f"{at}/contacts/{rows[0]['id']}").status_code == 204
    assert manager.delete(f"{at}/contacts/{rows[0]['id']}").status_code == 404
    assert manager.delete(f"{at}/contacts/{rows[1]['id']}").status_code == 409
    assert manager.get(at).json()["total_leads"] == 1
    assert manager.post(f"{at}/contacts", {"phone_number": "+12127360001"}).status_code == 201


def test_a_filter_adds_everyone_it_finds(manager, at, people):
    answer = manager.post(f"{at}/contacts/bulk", {"filter": {"tag": "vip"}})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["added"], answer.json()["skipped"], answer.json()["refused"]) == (2, 0, 0)
    everyone = manager.post(f"{at}/contacts/bulk", {"filter": {}}).json()
    assert (everyone["added"], everyone["skipped"], everyone["refused"]) == (1, 2, 1)
    assert everyone["reasons"] == {"duplicate_phone": 2, "no_phone_number": 1}
    with_batch = manager.get(f"{at}/contacts/bulk/{everyone['id']}")
    assert with_batch.json()["status"] == "completed"


def test_ids_are_added_and_what_is_not_ours_is_refused(manager, at, people, stranger, workspace):
    with stranger.scope():
        foreign = Contact.objects.create(phone_number="+12127360177")
    ids = [str(person.pk) for person in people] + [str(foreign.pk)]
    body = manager.post(f"{at}/contacts/bulk", {"contact_ids": ids}).json()
    assert (body["added"], body["refused"]) == (3, 2)
    assert body["reasons"] == {"no_phone_number": 1, "not_found": 1}
    with workspace.scope():
        assert Lead.objects.count() == 3
        lead = Lead.objects.create(contact=people[0], phone_number="+12127360190")
    by_lead = manager.post(f"{at}/contacts/bulk", {"lead_ids": [str(lead.pk), str(uuid.uuid4())]}).json()
    assert (by_lead["added"], by_lead["reasons"]) == (1, {"not_found": 1})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"filter": {"colour": "red"}},
        {"filter": {"status": "sleeping"}},
        {"contact_ids": ["x"]},
        {"filter": {}, "contact_ids": []},
        {"contact_ids": "all"},
    ],
)
def test_an_unclear_selection_is_400(manager, at, body):
    assert manager.post(f"{at}/contacts/bulk", body).status_code == 400


def upload(manager, at, text, name="people.csv", **fields):
    file = SimpleUploadedFile(name, text.encode(), content_type="text/csv")
    return manager.post(f"{at}/contacts/bulk", {"file": file, **fields}, format="multipart")


def test_a_file_adds_its_people_and_tells_why_not(manager, at, workspace):
    manager.post("/api/v1/do-not-call", {"phone_number": "+12127360003"})
    with workspace.scope():
        known = Contact.objects.create(email="bob@x.test", phone_number="+12127360199")
    answer = upload(
        manager,
        at,
        "First Name,Last Name,Mobile Phone,E-mail,Plan\n"
        'Ada,Byron,(212) 736-0001,ada@x.test,"Pro, yearly"\n'
        "Bob,Stone,212-736-0002,BOB@x.test,Free\n"
        "Cy,Listed,+1 212 736 0003,,\n"
        "Dee,Twice,2127360001,,\n"
        "Eve,Broken,12,,\n"
        "Fay,Premium,+19005551234,,\n"
        "Gus,None,,gus@x.test,\n",
    )
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["added"], body["skipped"], body["refused"]) == (3, 1, 3)
    assert body["reasons"] == {
        "duplicate_phone": 1,
        "invalid_phone": 1,
        "phone_type_not_allowed": 1,
        "no_phone_number": 1,
    }
    assert {sample["line"] for sample in body["samples"] if "line" in sample} == {6, 7, 8}
    states = {item["phone_number"]: item["status"] for item in manager.get(f"{at}/contacts").json()["items"]}
    assert states == {"+12127360001": "pending", "+12127360002": "pending", "+12127360003": "blocked"}
    with workspace.scope():
        assert CampaignLead.objects.get(phone_number="+12127360002").contact_id == known.pk


@pytest.mark.parametrize("text", ["", "Name,City\nAda,Paris\n"])
def test_a_file_without_numbers_is_400(manager, at, text):
    assert upload(manager, at, text).status_code == 400


def test_a_large_batch_runs_in_the_background_and_survives_a_crash(manager, at, people, workspace, monkeypatch):
    monkeypatch.setattr(batches, "AT_ONCE", 1)
    monkeypatch.setattr(batches, "STEP", 2)
    answer = manager.post(f"{at}/contacts/bulk", {"filter": {}})
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    batch_id = uuid.UUID(answer.json()["id"])
    with workspace.scope():
        assert batches.run_step(batch_id)
        assert LeadBatch.objects.get(pk=batch_id).done == 2
    batches.run_to_end(workspace.id, batch_id)
    batches.run_to_end(workspace.id, batch_id)
    with workspace.scope():
        batch = LeadBatch.objects.get(pk=batch_id)
        assert (batch.status, batch.done, batch.added, batch.refused) == ("completed", 4, 3, 1)
        assert CampaignLead.objects.count() == 3


def test_the_preflight_sorts_everyone(manager, at, workspace):
    for n in range(5):
        manager.post(f"{at}/contacts", {"phone_number": f"+1212736000{n}"})
    manager.post("/api/v1/do-not-call", {"phone_number": "+12127360000"})
    with workspace.scope():
        gone = CampaignLead.objects.get(phone_number="+12127360001").contact
        gone.deleted_at = timezone.now()
        gone.save()
        CampaignLead.objects.filter(phone_number="+12127360002").update(
            next_attempt_at=timezone.now() + timedelta(hours=3), status="retry_wait"
        )
    found = manager.get(f"{at}/preflight").json()
    assert found["callable_now"] == 2
    assert (found["waiting"], found["waiting_for"]) == (1, {"retry": 1})
    assert found["blocked"] == {"do_not_call": 1, "contact_deleted": 1}
    assert found["estimated_minutes"] > 0
    assert float(found["estimated_cost"]) > 0
    assert found["estimated_finish"].endswith("Z")


def test_the_preflight_counts_missing_consent_and_closed_hours(manager, workspace):
    campaign = manager.post(BASE, {"name": "Real", "provider": "twilio"}).json()
    at = f"{BASE}/{campaign['id']}"
    row = manager.post(f"{at}/contacts", {"phone_number": "+12127360001"}).json()
    assert manager.get(f"{at}/preflight").json()["blocked"] == {"no_consent": 1}
    with workspace.scope():
        from campaigns.consents import record_consent

        record_consent(actor=workspace.manager, source="form", phone_number=row["phone_number"])
    found = manager.get(f"{at}/preflight").json()
    assert found["blocked"] == {}
    assert found["callable_now"] + found["waiting"] == 1
    closed = timezone.now() + timedelta(days=2)
    hours = {day: [["09:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    hours["holidays"] = [(closed + timedelta(days=n)).date().isoformat() for n in range(-4, 1)]
    manager.patch(at, {"calling_hours": hours})
    found = manager.get(f"{at}/preflight").json()
    assert (found["callable_now"], found["waiting_for"]) == (0, {"calling_hours": 1})
    assert found["next_opening"].endswith("Z")
