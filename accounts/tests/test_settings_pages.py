"""The settings pages, as each role meets them."""

import pytest

from accounts.models import ApiKey, User, WebhookEndpoint

pytestmark = pytest.mark.django_db
PAGES = ["", "/workspace", "/people", "/people/new", "/api-keys", "/webhooks", "/credits", "/audit"]


@pytest.mark.parametrize("page", PAGES)
def test_an_admin_opens_every_page(workspace, page):
    assert workspace.browser("admin").get(f"/settings{page}").status_code == 200


def test_an_agent_opens_only_their_account(workspace):
    browser = workspace.browser("agent")
    answers = {page: browser.get(f"/settings{page}").status_code for page in PAGES}
    assert answers == {"": 200, **{page: 403 for page in PAGES if page}}


def test_a_new_password_needs_the_current_one(workspace):
    browser = workspace.browser("agent")
    form = {"name": "Ana", "current_password": "wrong", "new_password": "a-new-password"}
    assert "not your current password" in browser.post("/settings", form).content.decode()
    assert browser.post("/settings", {**form, "current_password": "correct-horse"}).status_code == 302
    assert browser.get("/settings").status_code == 200, "the session of this browser goes on"
    with workspace.scope():
        assert User.objects.get(pk=workspace.agent.pk).check_password("a-new-password")


def test_a_person_is_added_and_changed(workspace):
    browser = workspace.browser("admin")
    form = {"name": "Nia New", "email": "nia@x.test", "role": "agent", "is_active": "on", "password": "long-enough"}
    assert browser.post("/settings/people/new", form).status_code == 302
    with workspace.scope():
        person = User.objects.get(email="nia@x.test")
    assert browser.post(f"/settings/people/{person.pk}", {**form, "role": "manager"}).status_code == 302
    again = browser.post("/settings/people/new", form)
    assert "already signs in" in again.content.decode()


def test_the_last_admin_is_told_why_not(workspace):
    form = {"name": "A", "email": workspace.admin.email, "role": "agent", "is_active": "on", "password": ""}
    page = workspace.browser("admin").post(f"/settings/people/{workspace.admin.pk}", form)
    assert "cannot be demoted" in page.content.decode()


def test_another_workspaces_person_is_404(workspace, stranger):
    assert stranger.browser("admin").get(f"/settings/people/{workspace.agent.pk}").status_code == 404


def test_a_key_is_shown_once_and_ended(workspace):
    browser = workspace.browser("admin")
    page = browser.post("/settings/api-keys", {"name": "Zapier", "role": "agent"}).content.decode()
    with workspace.scope():
        key = ApiKey.objects.get(name="Zapier")
    assert f"{key.prefix}." in page
    assert f"{key.prefix}." not in browser.get("/settings/api-keys").content.decode()
    browser.post(f"/settings/api-keys/{key.pk}/revoke")
    with workspace.scope():
        assert ApiKey.objects.get(pk=key.pk).revoked_at


def test_loosening_a_cap_without_a_reason_is_told_at_the_field(workspace):
    browser = workspace.browser("admin")
    form = {
        "business_name": "Northwind",
        "timezone": "Europe/Berlin",
        "default_region": "de",
        "notification_emails": "a@b.test\nc@d.test",
        "per_day": 9,
        "per_24h": 3,
        "per_30_days": 8,
        "min_gap_minutes": 120,
    }
    assert "Loosening a cap needs a reason" in browser.post("/settings/workspace", form).content.decode()
    assert browser.post("/settings/workspace", {**form, "reason": "Agreed"}).status_code == 302
    settings = workspace.api("admin").get("/api/v1/settings").json()
    assert (settings["timezone"], settings["default_region"]) == ("Europe/Berlin", "DE")
    assert settings["notification_emails"] == ["a@b.test", "c@d.test"]


def test_credits_are_added_by_admins(workspace):
    assert workspace.browser("admin").post("/settings/credits", {"amount": 5, "note": "x"}).status_code == 302
    workspace.browser("manager").post("/settings/credits", {"amount": 5})
    assert workspace.api().get("/api/v1/credits").json()["balance"] == 105


def test_a_webhook_is_added_shown_once_and_removed(workspace):
    browser = workspace.browser("admin")
    refused = browser.post("/settings/webhooks", {"url": "https://10.0.0.1/x"}).content.decode()
    assert "private" in refused or "public" in refused
    page = browser.post("/settings/webhooks", {"url": "https://1.1.1.1/x", "events": ["call.ended"]}).content.decode()
    assert "whsec_" in page
    listed = browser.get("/settings/webhooks").content.decode()
    assert "whsec_" not in listed
    with workspace.scope():
        endpoint = WebhookEndpoint.objects.get()
        assert endpoint.events == ["call.ended"]
    browser.post(f"/settings/webhooks/{endpoint.pk}/delete")
    with workspace.scope():
        assert not WebhookEndpoint.objects.exists()


def test_the_audit_tells_acts_in_words(workspace):
    browser = workspace.browser("admin")
    form = {"name": "Nia", "email": "nia@x.test", "role": "agent", "password": "long-enough"}
    browser.post("/settings/people/new", form)
    assert "User created" in browser.get("/settings/audit").content.decode()
