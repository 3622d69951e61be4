"""The Django admin shows each workspace only itself, and only to managers and admins."""

import pytest
from django.contrib import admin

from core.rls import tenant_models

pytestmark = pytest.mark.django_db
NOT_IN_ADMIN = {
    "accounts.RefreshToken": "secrets of a session",
    "core.IdempotencyKey": "bookkeeping of the API edge",
    "campaigns.LeadTally": "counters, read as sums",
    "campaigns.CallTally": "counters, read as sums",
    "campaigns.LeadReach": "counters, read as sums",
}


def test_agents_are_kept_out(workspace):
    assert workspace.browser("agent").get("/admin/").status_code == 302


def test_people_are_for_admins(workspace):
    assert workspace.browser("manager").get("/admin/accounts/user/").status_code == 403
    page = workspace.browser("admin").get("/admin/accounts/user/")
    assert page.status_code == 200
    assert workspace.agent.email in page.content.decode()


def test_another_workspaces_people_are_not_listed(workspace, stranger):
    page = stranger.browser("admin").get("/admin/accounts/user/").content.decode()
    assert workspace.agent.email not in page
    assert stranger.browser("admin").get(f"/admin/accounts/user/{workspace.agent.pk}/change/").status_code == 302


def test_the_last_admin_cannot_be_demoted_here_either(workspace):
    url = f"/admin/accounts/user/{workspace.admin.pk}/change/"
    form = {"email": workspace.admin.email, "name": "A", "role": "agent", "is_active": "on", "new_password": ""}
    page = workspace.browser("admin").post(url, form)
    assert "cannot be demoted" in page.content.decode()


def test_every_list_of_the_admin_opens(workspace):
    browser = workspace.browser("admin")
    for model in admin.site._registry:
        url = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert browser.get(url).status_code == 200, url
        assert browser.get(url, {"q": "x"}).status_code == 200, url


def known(model):
    return model._meta.label in NOT_IN_ADMIN or hasattr(model, "pgh_id")


def test_every_tenant_model_is_in_the_admin(db):
    missing = [m._meta.label for m in tenant_models() if m not in admin.site._registry and not known(m)]
    assert missing == []
