"""What the edge answers to input that is broken, foreign or repeated."""

import json

import pytest

pytestmark = pytest.mark.django_db
URL = "/api/v1/api-keys"


def raw(client, body, content_type="application/json", **extra):
    return client.generic("POST", URL, body, content_type=content_type, **extra)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "parse_error"),
        (b"[]", "not_an_object"),
        (b"null", "not_an_object"),
        (b'{"name": "a\\u0000b"}', "invalid_character"),
        (b'{"na\\u0000me": "x"}', "invalid_character"),
        (b'{"name": "\\ud800"}', "invalid_character"),
        (b'{"name": NaN}', "parse_error"),
        (b'{"name": 1e400}', "number_out_of_range"),
        (b'{"name": ' + b"9" * 5000 + b"}", "parse_error"),
        (b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep"),
        (b'{"name": ' + b"[" * 40 + b"]" * 40 + b"}", "too_deep"),
        (b'{"name": "\xff"}', "parse_error"),
        (b'{"name": "a", "name": "b"}', "duplicate_key"),
    ],
)
def test_broken_json_is_400_with_its_code(workspace, body, code):
    answer = raw(workspace.api("admin"), body)
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "name", "required"),
        ({"name": "x", "is_admin": True}, "is_admin", "unknown_field"),
        ({"name": "x", "id": "1"}, "id", "read_only"),
        ({"name": "x", "role": "king"}, "role", "invalid_choice"),
        ({"name": "x" * 101}, "name", "too_long"),
    ],
)
def test_a_wrong_field_is_named(workspace, body, field, code):
    answer = workspace.api("admin").post(URL, body)
    assert answer.status_code == 400
    assert {"field": field, "code": code}.items() <= answer.json()["errors"][0].items()


def test_too_large_a_body_is_413(workspace):
    body = json.dumps({"name": "x" * 2_000_000}).encode()
    assert raw(workspace.api("admin"), body).status_code == 413


@pytest.mark.parametrize("content_type", ["text/xml", "application/json; charset=bogus"])
def test_a_wrong_content_type_is_415(workspace, content_type):
    assert raw(workspace.api("admin"), b"{}", content_type).status_code == 415


def test_a_compressed_body_is_415(workspace):
    assert raw(workspace.api("admin"), b"x", HTTP_CONTENT_ENCODING="gzip").status_code == 415


def test_an_overlong_address_is_414(workspace):
    assert workspace.api().get(f"/api/v1/auth/me?x={'y' * 9000}").status_code == 414


def test_a_foreign_host_is_400(workspace):
    answer = workspace.api().get("/api/v1/auth/me", HTTP_HOST="evil.example")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_host")


def test_an_unknown_address_is_404_in_the_same_shape(workspace):
    answer = workspace.api().get("/api/v1/nothing/here")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_wrong_method_is_405_and_names_the_right_ones(workspace):
    answer = workspace.api("admin").put(URL, {})
    assert answer.status_code == 405
    assert "POST" in answer["Allow"]


def test_only_json_is_answered(workspace):
    assert workspace.api("admin").get(URL, HTTP_ACCEPT="application/xml").status_code == 406


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("page=0", "invalid_page"),
        ("page_size=0", "invalid_page"),
        ("page_size=101", "invalid_page"),
        ("page_size=1000000000", "invalid_page"),
        ("page=-1", "invalid_page"),
        ("page=" + "9" * 30, "invalid_page"),
        ("cursor=garbage", "invalid_cursor"),
        ("ordering=hashed_key", "invalid_ordering"),
        ("nonsense=1", "unknown_parameter"),
        ("cursor=%00", "invalid_character"),
        ("fields=password", "invalid_field"),
    ],
)
def test_a_bad_list_parameter_is_400(workspace, query, code):
    answer = workspace.api("admin").get(f"{URL}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_cursor_walks_the_list_to_its_end(workspace):
    client = workspace.api("admin")
    names = [f"key {n}" for n in range(5)]
    for name in names:
        assert client.post(URL, {"name": name, "role": "agent"}).status_code == 201
    page = client.get(f"{URL}?page_size=2&fields=id,name").json()
    seen = page["items"]
    assert (page["total"], page["total_is_exact"], page["page_size"]) == (6, True, 2)
    while page["next_cursor"]:
        page = client.get(URL, {"page_size": 2, "cursor": page["next_cursor"]}).json()
        seen += page["items"]
    assert [k["name"] for k in seen] == [*reversed(names), "First key"]


def test_a_cursor_of_another_tenant_is_refused(workspace, stranger):
    admin = workspace.api("admin")
    admin.post(URL, {"name": "second"})
    cursor = admin.get(f"{URL}?page_size=1").json()["next_cursor"]
    answer = stranger.api("admin").get(URL, {"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


def test_a_repeat_with_the_same_key_acts_once(workspace):
    client = workspace.api("admin")
    first = client.post(URL, {"name": "once"}, HTTP_IDEMPOTENCY_KEY="abc")
    again = client.post(URL, {"name": "once"}, HTTP_IDEMPOTENCY_KEY="abc")
    assert first.status_code == again.status_code == 201
    assert again["Idempotent-Replayed"] == "true"
    assert first.content == again.content
    other = client.post(URL, {"name": "other"}, HTTP_IDEMPOTENCY_KEY="abc")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert client.get(URL).json()["total"] == 2


def test_a_refusal_is_replayed_too(workspace):
    client = workspace.api("admin")
    first = client.post("/api/v1/users", {"email": workspace.agent.email}, HTTP_IDEMPOTENCY_KEY="k")
    again = client.post("/api/v1/users", {"email": workspace.agent.email}, HTTP_IDEMPOTENCY_KEY="k")
    assert first.status_code == again.status_code == 409
    assert again["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", "x" * 300, "ключ"])
def test_an_unusable_idempotency_key_is_400(workspace, key):
    answer = workspace.api("admin").post(URL, {"name": "x"}, HTTP_IDEMPOTENCY_KEY=key)
    assert answer.status_code == 400


def test_the_request_id_is_taken_or_made(workspace):
    client = workspace.api()
    assert client.get("/api/v1/auth/me", HTTP_X_REQUEST_ID="my-id-1")["X-Request-ID"] == "my-id-1"
    made = client.get("/api/v1/nothing", HTTP_X_REQUEST_ID="bad id\n")
    assert made["X-Request-ID"] == made.json()["request_id"]


def test_a_stale_version_is_412(workspace):
    client = workspace.api("admin")
    url = f"/api/v1/users/{workspace.agent.pk}"
    version = client.get(url)["ETag"]
    assert client.patch(url, {"name": "One"}, HTTP_IF_MATCH=version).status_code == 200
    stale = client.patch(url, {"name": "Two"}, HTTP_IF_MATCH=version)
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")


def test_the_schema_and_its_page_are_served(client, db):
    schema = client.get("/api/v1/schema")
    assert schema.status_code == 200
    assert schema.json()["openapi"].startswith("3.1")
    assert "/api/v1/auth/token" in schema.json()["paths"]
    assert client.get("/api/v1/docs/").status_code == 200


def test_a_page_that_takes_forms_only_says_so(workspace):
    answer = workspace.browser("agent").get("/tasks/new")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "takes forms only" in answer.content.decode()
