"""`/contacts`: make, read, change, trash, restore, purge."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from contacts.models import Contact

pytestmark = pytest.mark.django_db
URL = "/api/v1/contacts"
FIELDS = {
    "id", "first_name", "last_name", "email", "phone_number", "company", "title", "status", "tags", "notes",
    "custom_fields", "enrichment_data", "referral_code", "owner_id", "is_active", "created_at", "updated_at",
}  # fmt: skip


def make(client, **values):
    answer = client.post(URL, {"email": f"{uuid.uuid4().hex[:8]}@example.com", **values})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_contact_is_made_and_answered_whole(workspace):
    client = workspace.api()
    body = {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "Ada@Example.com",
        "phone_number": "(415) 555-0134",
        "company": "Analytical Engines",
        "title": "Countess",
        "status": "opportunity",
        "tags": [" VIP", "vip", "Math"],
        "notes": "Met in London.",
        "custom_fields": {"plan": "gold", "seats": 40, "trial": False},
        "owner_id": str(workspace.agent.pk),
    }
    answer = client.post(f"{URL}/", body)
    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == FIELDS
    assert made["phone_number"] == "+14155550134"
    assert made["tags"] == ["VIP", "Math"]
    assert made["created_at"].endswith("Z")
    assert made["is_active"] is True
    assert {k: made[k] for k in ("email", "custom_fields", "owner_id", "status")} == {
        k: body[k] for k in ("email", "custom_fields", "owner_id", "status")
    }
    got = client.get(f"{URL}/{made['id']}")
    assert got.json() == made
    assert got["ETag"] == answer["ETag"]


def test_a_phone_number_alone_is_enough_and_nothing_is_not(workspace):
    client = workspace.api()
    assert client.post(URL, {"phone_number": "+14155550134"}).status_code == 201
    refused = client.post(URL, {"first_name": "Ada"})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "email"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nope"),
        ("email", 5),
        ("phone_number", "abc"),
        ("phone_number", "1.55512E+10"),
        ("status", "boss"),
        ("tags", "vip"),
        ("tags", [1]),
        ("first_name", "x" * 129),
        ("first_name", None),
        ("first_name", 7),
        ("custom_fields", []),
        ("custom_fields", {"a": {"b": 1}}),
        ("owner_id", "x"),
        ("owner_id", "6a2e21b1-2c36-45ea-b24b-0dfe9829ae69"),
        ("is_admin", True),
        ("id", "2ed8d204-2e09-4d3f-a5f9-e7f4d93804ee"),
        ("notes", "x" * 20_001),
    ],
)
def test_a_bad_value_is_400_and_names_its_field(workspace, field, value):
    answer = workspace.api().post(URL, {"email": "ok@example.com", field: value})
    assert answer.status_code == 400, answer.content
    assert answer.json()["code"] == "validation_error"
    assert answer.json()["errors"][0]["field"].startswith(field)


def test_a_known_email_is_409_unless_asked_to_return_or_update(workspace):
    client = workspace.api()
    first = make(client, email="ada@example.com", first_name="Ada", company="Old")
    again = {"email": "ADA@example.com", "company": "New"}
    refused = client.post(URL, again)
    assert refused.status_code == 409
    assert refused.json()["code"] == "duplicate_contact"
    assert refused.json()["existing_id"] == first["id"]
    returned = client.post(f"{URL}?on_conflict=return", again)
    assert (returned.status_code, returned.json()["company"]) == (200, "Old")
    updated = client.post(f"{URL}?on_conflict=update", again)
    assert (updated.status_code, updated.json()["company"]) == (200, "New")
    assert updated.json()["first_name"] == "Ada"
    assert client.post(f"{URL}?on_conflict=maybe", again).status_code == 400


def test_patch_changes_one_field_and_put_replaces_all(workspace):
    client = workspace.api()
    made = make(client, first_name="Ada", tags=["VIP"], notes="n")
    patched = client.patch(f"{URL}/{made['id']}", {"title": "Boss"}).json()
    assert (patched["title"], patched["first_name"]) == ("Boss", "Ada")
    assert patched["updated_at"] > made["updated_at"]
    put = client.put(f"{URL}/{made['id']}", {"email": "new@example.com"}).json()
    assert (put["email"], put["first_name"], put["tags"], put["notes"]) == ("new@example.com", "", [], "")
    whole = client.get(f"{URL}/{made['id']}").json()
    assert client.put(f"{URL}/{made['id']}", whole).status_code == 200
    assert client.patch(f"{URL}/{made['id']}", {"email": None}).status_code == 400


def test_an_edit_of_an_old_version_is_412(workspace):
    client = workspace.api()
    made = make(client)
    url = f"{URL}/{made['id']}"
    etag = client.get(url)["ETag"]
    assert client.patch(url, {"title": "a"}, headers={"If-Match": etag}).status_code == 200
    assert client.patch(url, {"title": "b"}, headers={"If-Match": etag}).status_code == 412
    assert client.delete(url, headers={"If-Match": etag}).status_code == 412


def test_changing_to_a_taken_email_is_409(workspace):
    client = workspace.api()
    first, second = make(client), make(client)
    answer = client.patch(f"{URL}/{second['id']}", {"email": first["email"].upper()})
    assert answer.status_code == 409
    assert answer.json()["existing_id"] == first["id"]


def test_delete_is_soft_and_restore_brings_it_back(workspace):
    client = workspace.api()
    made = make(client)
    url = f"{URL}/{made['id']}"
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    assert client.delete(url).status_code == 404
    assert client.patch(url, {"title": "x"}).status_code == 404
    gone = client.get(f"{url}?is_active=all")
    assert (gone.status_code, gone.json()["is_active"]) == (200, False)
    assert client.get(URL).json()["total"] == 0
    assert client.get(f"{URL}?is_active=false").json()["total"] == 1
    assert client.post(f"{url}/restore").status_code == 200
    assert client.get(url).status_code == 200


def test_restore_is_409_when_the_email_was_taken_meanwhile(workspace):
    client = workspace.api()
    made = make(client)
    client.delete(f"{URL}/{made['id']}")
    taken = make(client, email=made["email"])
    answer = client.post(f"{URL}/{made['id']}/restore/")
    assert (answer.status_code, answer.json()["existing_id"]) == (409, taken["id"])


def test_purging_is_for_admins_and_for_good(workspace):
    made = make(workspace.api())
    url = f"{URL}/{made['id']}"
    workspace.api().delete(url)
    assert workspace.api("manager").delete(f"{url}?purge=true").status_code == 403
    assert workspace.api("admin").delete(f"{url}?purge=true").status_code == 204
    assert workspace.api().get(f"{url}?is_active=all").status_code == 404


def test_a_strangers_contact_does_not_exist(workspace, stranger):
    made = make(stranger.api())
    client = workspace.api("admin")
    url = f"{URL}/{made['id']}"
    unknown = f"{URL}/{uuid.uuid4()}"
    for method, suffix in [
        ("get", ""),
        ("patch", ""),
        ("put", ""),
        ("delete", ""),
        ("delete", "?purge=true"),
        ("post", "/restore"),
    ]:
        body = {"email": "x@example.com"} if method in ("patch", "put") else {}
        theirs = getattr(client, method)(url + suffix, body) if method != "get" else client.get(url)
        nobodys = getattr(client, method)(unknown + suffix, body) if method != "get" else client.get(unknown)
        assert theirs.status_code == nobodys.status_code == 404, (method, suffix, theirs.content)
        assert {**theirs.json(), "request_id": ""} == {**nobodys.json(), "request_id": ""}
    assert stranger.api().get(url).status_code == 200


def test_nobody_sees_contacts_without_signing_in(client):
    assert client.get(URL).status_code == 401
    assert client.get(f"{URL}/not-a-uuid").status_code in (401, 404)


@pytest.mark.django_db(transaction=True)
def test_twenty_posts_at_once_have_one_201_and_the_rest_409(workspace):
    gate = threading.Barrier(20)
    clients = [workspace.api() for _ in range(20)]

    def post(client):
        try:
            gate.wait()
            return client.post(URL, {"email": "ada@example.com", "tags": ["VIP"]}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = sorted(pool.map(post, clients))
    assert answers == [201] + [409] * 19
    with workspace.scope():
        assert Contact.objects.count() == 1
