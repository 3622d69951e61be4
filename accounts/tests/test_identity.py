"""Signing in, staying in, and being kept out."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import ApiKey

pytestmark = pytest.mark.django_db


def sign_in(workspace, role="agent", password="correct-horse"):
    client = APIClient()
    person = getattr(workspace, role)
    return client.post("/api/v1/auth/token", {"email": person.email.upper(), "password": password})


def test_the_right_password_answers_tokens_that_work(workspace):
    answer = sign_in(workspace)
    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh", "expires_in"}
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")
    me = client.get("/api/v1/auth/me/").json()
    assert me["email"] == workspace.agent.email
    assert me["minutes_remaining"] == 1000
    assert me["credits_remaining"] == 100
    assert me["business_name"] == "Northwind"


def test_a_wrong_password_and_an_unknown_email_answer_alike(workspace):
    wrong = sign_in(workspace, password="nope")
    unknown = APIClient().post("/api/v1/auth/token", {"email": "nobody@x.test", "password": "nope"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong["WWW-Authenticate"] == unknown["WWW-Authenticate"]
    strip = lambda a: {k: v for k, v in a.json().items() if k != "request_id"}  # noqa: E731
    assert strip(wrong) == strip(unknown)


def test_repeated_failures_slow_one_account_and_not_the_office(workspace):
    for _ in range(10):
        assert sign_in(workspace, password="nope").status_code == 401
    slowed = sign_in(workspace)
    assert slowed.status_code == 429
    assert int(slowed["Retry-After"]) > 0
    assert sign_in(workspace, role="manager").status_code == 200


def test_a_refresh_token_rotates_and_its_reuse_ends_the_family(workspace):
    first = sign_in(workspace).json()["refresh"]
    client = APIClient()
    second = client.post("/api/v1/auth/token/refresh", {"refresh": first})
    assert second.status_code == 200
    assert client.post("/api/v1/auth/token/refresh", {"refresh": first}).json()["code"] == "token_reused"
    ended = client.post("/api/v1/auth/token/refresh", {"refresh": second.json()["refresh"]})
    assert ended.status_code == 401


def test_signing_out_ends_the_refresh_token(workspace):
    refresh = sign_in(workspace).json()["refresh"]
    assert APIClient().post("/api/v1/auth/logout", {"refresh": refresh}).status_code == 204
    assert APIClient().post("/api/v1/auth/token/refresh", {"refresh": refresh}).status_code == 401


@pytest.mark.parametrize("header", ["Bearer a.b.c", "Bearer a b", "Bearer", "Api-Key nope", "Api-Key a b", "Bearer é"])
def test_a_bad_credential_is_401_with_a_challenge(workspace, header):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header.encode().decode("latin-1"))
    answer = client.get("/api/v1/auth/me")
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer
    assert answer["Content-Type"] == "application/problem+json"


def test_a_refresh_token_is_no_access_token(workspace):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {sign_in(workspace).json()['refresh']}")
    assert client.get("/api/v1/auth/me").status_code == 401


def test_an_api_key_works_until_it_is_revoked(workspace):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {workspace.api_key}")
    assert client.get("/api/v1/auth/me").json()["role"] == "admin"
    made = client.post("/api/v1/api-keys", {"name": "Zapier", "role": "agent"})
    assert made.status_code == 201
    assert made.json()["key"].startswith(made.json()["prefix"])
    listed = client.get("/api/v1/api-keys").json()["items"]
    assert all("key" not in item and "hashed_key" not in item for item in listed)
    other = APIClient()
    other.credentials(HTTP_AUTHORIZATION=f"Api-Key {made.json()['key']}")
    assert other.get("/api/v1/users").status_code == 403
    assert client.delete(f"/api/v1/api-keys/{made.json()['id']}").status_code == 204
    assert other.get("/api/v1/auth/me").status_code == 401
    with workspace.scope():
        assert ApiKey.objects.get(pk=made.json()["id"]).revoked_at


def test_people_are_managed_by_admins_only(workspace):
    assert workspace.api("manager").get("/api/v1/users").status_code == 403
    admin = workspace.api("admin")
    made = admin.post("/api/v1/users", {"email": "new@x.test", "name": "New", "role": "agent"})
    assert made.status_code == 201
    again = admin.post("/api/v1/users", {"email": "NEW@x.test", "name": "New", "role": "agent"})
    assert again.status_code == 409
    assert admin.patch(f"/api/v1/users/{made.json()['id']}", {"role": "manager"}).json()["role"] == "manager"


@pytest.mark.parametrize("change", [{"role": "agent"}, {"is_active": False}])
def test_the_last_active_admin_stays(workspace, change):
    answer = workspace.api("admin").patch(f"/api/v1/users/{workspace.admin.pk}", change)
    assert answer.status_code == 409
    assert answer.json()["code"] == "last_admin"


def test_another_tenants_user_is_404(workspace, stranger):
    answer = stranger.api("admin").get(f"/api/v1/users/{workspace.admin.pk}")
    assert answer.status_code == 404


def test_loosening_a_cap_needs_a_reason(workspace):
    admin = workspace.api("admin")
    refused = admin.patch("/api/v1/settings", {"number_caps": {"per_day": 5}})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "reason"
    allowed = admin.patch("/api/v1/settings", {"number_caps": {"per_day": 5}, "reason": "Agreed with counsel"})
    assert allowed.status_code == 200
    assert allowed.json()["number_caps"] == {
        "per_day": 5,
        "per_24h": 3,
        "per_30_days": 8,
        "min_gap_minutes": 120,
    }


def test_a_page_sends_the_anonymous_to_sign_in_and_back(workspace):
    client = Client()
    answer = client.get("/?x=1")
    assert answer.status_code == 302
    assert answer["Location"] == "/login?next=%2F%3Fx%3D1"


def test_the_browser_session_serves_the_api_with_csrf(workspace):
    client = workspace.browser("admin")
    assert client.get("/api/v1/auth/me").json()["role"] == "admin"
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    refused = strict.post("/api/v1/api-keys", {"name": "x"}, content_type="application/json")
    assert refused.status_code == 403
    assert refused.json()["code"] == "csrf_failed"
