"""Leads over the API: fields, states, matching, filters, trash, purge, strangers."""

import uuid

import pytest
from rest_framework.test import APIClient

from leads.models import Lead


@pytest.fixture
def lead(workspace):
    answer = workspace.api().post("/api/v1/leads", {"first_name": "Ada", "last_name": "King", "email": "ada@x.test"})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_new_lead_answers_every_field(lead, workspace):
    assert set(lead) == {
        "id", "first_name", "last_name", "email", "phone_number", "company", "state", "source", "owner_id",
        "contact_id", "custom_fields", "has_resume", "consent", "created_at", "updated_at",
    }  # fmt: skip
    assert (lead["state"], lead["has_resume"], lead["owner_id"]) == ("pending", False, None)
    assert lead["created_at"].endswith("Z")
    with workspace.scope():
        assert str(Lead.objects.get().contact.pk) == lead["contact_id"]


def test_leads_of_one_person_share_a_contact_by_email_and_then_by_phone(workspace):
    api = workspace.api()
    one = api.post("/api/v1/leads", {"email": "Ada@x.test", "phone_number": "(415) 555-0134"}).json()
    two = api.post("/api/v1/leads", {"email": "ada@X.test"}).json()
    three = api.post("/api/v1/leads", {"email": "other@x.test", "phone_number": "+1 415 555 0134"}).json()
    assert one["phone_number"] == "+14155550134"
    assert one["contact_id"] == two["contact_id"] == three["contact_id"]
    assert len({one["id"], two["id"], three["id"]}) == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({"first_name": "Only"}, "email"),
        ({"email": "nonsense"}, "email"),
        ({"email": "a@x.test", "first_name": "x" * 129}, "first_name"),
        ({"email": "a@x.test", "last_name": "x" * 129}, "last_name"),
        ({"email": "x" * 250 + "@x.test"}, "email"),
        ({"email": "a@x.test", "phone_number": "abc"}, "phone_number"),
        ({"email": "a@x.test", "state": "asleep"}, "state"),
        ({"email": "a@x.test", "custom_fields": []}, "custom_fields"),
        ({"email": "a@x.test", "custom_fields": {"a": {"b": 1}}}, "custom_fields"),
        ({"email": "a@x.test", "owner_id": "me"}, "owner_id"),
        ({"email": "a@x.test", "owner_id": str(uuid.uuid4())}, "owner_id"),
        ({"email": "a@x.test", "contact_id": str(uuid.uuid4())}, "contact_id"),
        ({"email": "a@x.test", "is_admin": True}, "is_admin"),
        ({"email": "a@x.test", "id": str(uuid.uuid4())}, "id"),
        ({"email": "a@x.test", "first_name": "\u202eevil"}, "first_name"),
    ],
)
def test_a_bad_lead_is_refused_naming_the_field(workspace, body, field):
    answer = workspace.api().post("/api/v1/leads", body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["field"].split(".")[0] == field


def test_a_lead_can_be_made_for_a_known_contact(workspace, lead):
    answer = workspace.api().post("/api/v1/leads", {"contact_id": lead["contact_id"], "source": "referral"})
    assert answer.status_code == 201
    assert answer.json()["email"] == "ada@x.test"


STEPS = {
    "pending": {"reached_out", "qualified", "lost"},
    "reached_out": {"qualified", "converted", "lost"},
    "qualified": {"converted", "lost"},
    "converted": set(),
    "lost": {"pending"},
}


@pytest.mark.parametrize("start", STEPS)
@pytest.mark.parametrize("target", STEPS)
def test_only_the_legal_steps_are_taken(workspace, start, target):
    api = workspace.api()
    lead = api.post("/api/v1/leads", {"email": "a@x.test", "state": start}).json()
    answer = api.patch(f"/api/v1/leads/{lead['id']}/state", {"state": target})
    if target in STEPS[start]:
        assert (answer.status_code, answer.json()["state"]) == (200, target)
    else:
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
        assert set(answer.json()["allowed"]) == STEPS[start]


def test_an_unknown_state_is_unreadable_and_a_missing_one_too(workspace, lead):
    url = f"/api/v1/leads/{lead['id']}/state"
    assert workspace.api().patch(url, {"state": "asleep"}).status_code == 400
    assert workspace.api().patch(url, {}).status_code == 400
    assert workspace.api().patch(f"/api/v1/leads/{uuid.uuid4()}/state", {"state": "lost"}).status_code == 404


def test_an_edit_changes_only_what_it_names_and_a_replacement_empties_the_rest(workspace, lead):
    api, url = workspace.api(), f"/api/v1/leads/{lead['id']}"
    edited = api.patch(url, {"company": "Acme", "owner_id": str(workspace.manager.pk)}).json()
    assert (edited["first_name"], edited["company"], edited["owner_id"]) == ("Ada", "Acme", str(workspace.manager.pk))
    replaced = api.put(url, {"email": "ada@x.test", "first_name": "Augusta"})
    assert replaced.status_code == 200, replaced.content
    assert (replaced.json()["company"], replaced.json()["owner_id"]) == ("", None)


def test_an_edit_with_a_state_follows_the_steps(workspace, lead):
    api, url = workspace.api(), f"/api/v1/leads/{lead['id']}"
    assert api.patch(url, {"state": "converted"}).status_code == 409
    assert api.patch(url, {"state": "qualified"}).json()["state"] == "qualified"


def test_a_stale_version_is_refused(workspace, lead):
    api, url = workspace.api(), f"/api/v1/leads/{lead['id']}"
    etag = api.get(url)["ETag"]
    assert api.patch(url, {"company": "A"}, headers={"If-Match": etag}).status_code == 200
    assert api.patch(url, {"company": "B"}, headers={"If-Match": etag}).status_code == 412


def test_lists_are_newest_first_and_narrowed_by_every_filter(workspace):
    api = workspace.api()
    owner = str(workspace.agent.pk)
    api.post("/api/v1/leads", {"email": "one@x.test", "first_name": "Uno", "source": "web", "state": "lost"})
    api.post("/api/v1/leads", {"email": "two@x.test", "phone_number": "+14155550177", "owner_id": owner})

    def found(query: str) -> list[str]:
        answer = api.get(f"/api/v1/leads?{query}")
        assert answer.status_code == 200, answer.content
        return [item["email"].split("@")[0] for item in answer.json()["items"]]

    assert found("") == ["two", "one"]
    assert found("state=lost") == ["one"]
    assert found("source=web") == ["one"]
    assert found(f"owner={owner}") == ["two"]
    assert found("email=ONE@x.test") == ["one"]
    assert found("search=uno") == ["one"]
    assert found("search=555-0177") == ["two"]
    assert found(f"campaign={uuid.uuid4()}") == []
    assert found("created_after=2000-01-01T00:00:00Z&ordering=created_at") == ["one", "two"]
    assert found("created_before=2000-01-01T00:00:00Z") == []


@pytest.mark.parametrize("query", ["state=asleep", "owner=me", "campaign=x", "created_after=soon", "colour=red"])
def test_an_unreadable_filter_is_refused(workspace, query):
    assert workspace.api().get(f"/api/v1/leads?{query}").status_code == 400


def test_a_deleted_lead_is_gone_and_can_be_restored(workspace, lead):
    api, url = workspace.api(), f"/api/v1/leads/{lead['id']}"
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404
    assert api.get("/api/v1/leads").json()["total"] == 0
    assert api.delete(url).status_code == 404
    assert api.post(f"{url}/restore").status_code == 200
    assert api.get(url).status_code == 200


def test_only_admins_purge_and_nothing_is_left(workspace, lead):
    url = f"/api/v1/leads/{lead['id']}"
    workspace.api().post(f"{url}/notes", {"content": "Met her."})
    assert workspace.api("agent").delete(f"{url}?purge=true").status_code == 403
    assert workspace.api("manager").delete(f"{url}?purge=maybe").status_code == 400
    assert workspace.api("admin").delete(f"{url}?purge=true").status_code == 204
    with workspace.scope():
        from notes.models import Note

        assert not Lead.objects.exists()
        assert not Note.objects.exists()


def test_a_stranger_meets_nothing(workspace, stranger, lead):
    api, url = stranger.api("admin"), f"/api/v1/leads/{lead['id']}"
    for answer in (
        api.get(url),
        api.patch(url, {"company": "x"}),
        api.put(url, {"email": "a@x.test"}),
        api.delete(url),
        api.delete(f"{url}?purge=true"),
        api.patch(f"{url}/state", {"state": "lost"}),
        api.get(f"{url}/resume"),
        api.get(f"{url}/notes"),
        api.post(f"{url}/notes", {"content": "x"}),
        api.post(f"{url}/restore"),
    ):
        assert answer.status_code == 404
    refused = api.post("/api/v1/leads", {"email": "b@x.test", "contact_id": lead["contact_id"]})
    assert refused.status_code == 400
    with workspace.scope():
        assert Lead.objects.get().company == ""


def test_without_identity_nothing_is_answered(client, db):
    assert client.get("/api/v1/leads").status_code == 401
    assert client.get("/api/v1/notes").status_code == 401


def test_a_list_costs_the_same_for_one_and_three_leads(workspace, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    api, counts = workspace.api(), []
    for wanted in (1, 3):
        while api.get("/api/v1/leads").json()["total"] < wanted:
            api.post("/api/v1/leads", {"email": f"{uuid.uuid4().hex}@x.test"})
        with CaptureQueriesContext(connection) as queries:
            assert api.get("/api/v1/leads").json()["total"] == wanted
        counts.append(len(queries))
    assert counts[0] == counts[1]


def _email(length):
    """A valid address of that length."""
    domain = ".".join(["d" * 60] * 3) + ".example"
    return "a" * (length - len(domain) - 1) + "@" + domain


def test_an_email_has_at_most_256_characters_everywhere(workspace):
    api = workspace.api()
    made = api.post("/api/v1/leads", {"first_name": "Ada", "email": _email(256)})
    assert made.status_code == 201, made.content
    assert made.json()["email"] == _email(256)
    assert api.post("/api/v1/leads", {"first_name": "Ada", "email": _email(257)}).status_code == 400
    assert api.patch(f"/api/v1/leads/{made.json()['id']}", {"email": _email(257)}).status_code == 400
    form = {"form_key": workspace.form_key, "first_name": "Ada", "last_name": "King"}
    public = APIClient()
    sent = [
        public.post("/api/v1/public/leads", form | {"email": _email(n)}, format="multipart").status_code
        for n in (256, 257)
    ]
    assert sent == [201, 400]
    assert len(api.get("/api/v1/contacts", {"email": _email(256)}).json()["items"]) == 1
