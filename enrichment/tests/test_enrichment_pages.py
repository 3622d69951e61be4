"""The pages of enrichment: they work as plain links and forms, by role, in a constant number of queries."""

import httpx
import pytest
import respx
from django.db import connection
from django.test.utils import CaptureQueriesContext

from enrichment import batches, sweeping
from enrichment.choices import provider_choices
from enrichment.models import EnrichmentBatch, EnrichmentRun, ProviderSetting
from enrichment.services import request_enrichment
from enrichment.tests.conftest import finish, make_contact

pytestmark = pytest.mark.django_db


def test_the_button_queues_a_run_and_the_panel_shows_what_was_found(workspace):
    with workspace.scope():
        contact = make_contact()
    browser = workspace.browser()
    answer = browser.post(f"/contacts/{contact.pk}/enrich", {"next": f"/contacts/{contact.pk}"})
    assert (answer.status_code, answer["Location"]) == (302, f"/contacts/{contact.pk}")
    assert b"Looking up" in browser.get(f"/contacts/{contact.pk}/enrichment").content
    with workspace.scope():
        run = finish(EnrichmentRun.objects.get())
    page = browser.get(f"/contacts/{contact.pk}/enrichment").content.decode()
    assert "Blue Ridge" in page
    assert "every 2s" not in page
    record = browser.get(f"/contacts/{contact.pk}").content.decode()
    assert "enriched by simulated" in record.lower()
    browser.post(f"/contacts/{contact.pk}/enrichments/{run.pk}/undo")
    with workspace.scope():
        contact.refresh_from_db()
    assert contact.company == ""


def test_a_foreign_address_to_go_back_to_is_not_followed(workspace):
    with workspace.scope():
        contact = make_contact()
    answer = workspace.browser().post(f"/contacts/{contact.pk}/enrich", {"next": "//evil.example/"})
    assert answer["Location"] == f"/contacts/{contact.pk}"


def test_a_strangers_contact_is_not_found(workspace, stranger):
    with workspace.scope():
        contact = make_contact()
    browser = stranger.browser("admin")
    assert browser.get(f"/contacts/{contact.pk}/enrichment").status_code == 404
    assert browser.post(f"/contacts/{contact.pk}/enrich").status_code == 404


def test_the_panel_costs_the_same_for_one_run_and_for_three(workspace):
    with workspace.scope():
        contact = make_contact()
        finish(request_enrichment(actor=None, contact=contact))
    browser = workspace.browser()
    browser.get(f"/contacts/{contact.pk}/enrichment")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            browser.get(f"/contacts/{contact.pk}/enrichment")
        counts.append(len(queries))
        with workspace.scope():
            finish(request_enrichment(actor=None, contact=contact))
            finish(request_enrichment(actor=None, contact=contact))
    assert counts[0] == counts[1]


@respx.mock
def test_a_key_that_works_is_kept_and_turns_the_simulation_off(workspace):
    respx.get(url__startswith="https://api.hunter.io/v2/account").mock(
        return_value=httpx.Response(200, json={"data": {}})
    )
    browser = workspace.browser("admin")
    assert browser.get("/settings/enrichment").status_code == 200
    form = {"enabled": "on", "cost_credits": 3, "position": 5, "api_key": "abc-secret"}
    assert browser.post("/settings/enrichment/hunter", form).status_code == 302
    with workspace.scope():
        setting = ProviderSetting.objects.get(provider="hunter")
        assert (setting.api_key, setting.enabled, setting.cost_credits) == ("abc-secret", True, 3)
        assert not ProviderSetting.objects.get(provider="simulated").enabled
        with connection.cursor() as cursor:
            cursor.execute("SELECT api_key FROM enrichment_providersetting WHERE provider = 'hunter'")
            assert "abc-secret" not in cursor.fetchone()[0]
    assert b"abc-secret" not in browser.get("/settings/enrichment/hunter").content


@respx.mock
def test_a_key_that_does_not_work_is_not_kept(workspace):
    respx.get(url__startswith="https://api.hunter.io/v2/account").mock(return_value=httpx.Response(401))
    browser = workspace.browser("admin")
    answer = browser.post("/settings/enrichment/hunter", {"cost_credits": 3, "position": 5, "api_key": "wrong"})
    assert b"The key was refused" in answer.content
    with workspace.scope():
        assert ProviderSetting.objects.get(provider="hunter").api_key == ""


def test_the_order_of_providers_is_changed_place_by_place(workspace):
    def order():
        with workspace.scope():
            return [choice.provider.name for choice in provider_choices()]

    first, second, third, *rest = order()
    browser = workspace.browser("admin")
    for name in (third, third, third):
        assert browser.post(f"/settings/enrichment/{name}/earlier").status_code == 302
    assert order() == [third, first, second, *rest]
    assert browser.post("/settings/enrichment/nobody/earlier").status_code == 404


def test_an_agent_sees_no_settings_and_no_spending(workspace):
    browser = workspace.browser("agent")
    for path in ("/settings/enrichment", "/settings/enrichment/hunter", "/enrichment", "/enrichment/new"):
        assert browser.get(path).status_code == 403, path


def test_many_are_priced_started_watched_and_taken_back(workspace):
    with workspace.scope():
        for n in range(3):
            make_contact(email=f"p{n}.x@acme{n}.example", company="")
        make_contact(email="other@gmail.com", company="Elsewhere")
    browser = workspace.browser("manager")
    page = browser.get("/enrichment/new?company=Elsewhere").content.decode()
    assert "Enrich 1 contact" in page
    page = browser.post("/enrichment/new", {"scope": "matching", "query": ""}).content.decode()
    assert "Enrich 4 contacts" in page
    assert "8 credits" in page
    answer = browser.post("/enrichment/start", {"query": ""})
    batch = browser.get(answer["Location"])
    assert b"0 of 4" in batch.content
    sweeping.drain(workspace.id)
    sweeping.drain(workspace.id)
    page = browser.get(answer["Location"], headers={"HX-Request": "true"}).content.decode()
    assert "4 of 4" in page
    assert "every" not in page
    assert "Phone, Company, Title" in page
    assert "Nothing new" in page
    assert browser.get("/enrichment").status_code == 200
    with workspace.scope():
        made = EnrichmentBatch.objects.get()
        assert (made.status, batches.progress_of(made).credits) == ("completed", 6)
    browser.post(f"/enrichment/batches/{made.pk}/undo")
    with workspace.scope():
        assert batches.carry_out_undo(made.pk) == 3


def test_a_stopped_batch_looks_nobody_up_any_more(scoped):
    make_contact()
    batch = batches.start_batch(actor=scoped.manager)
    batches.fill_batches()
    assert batches.cancel_batch(actor=scoped.manager, batch=batch) == 1
    assert EnrichmentRun.objects.get().error == "Stopped."


def test_the_budget_page_saves_the_rules(workspace):
    browser = workspace.browser("admin")
    form = {"monthly_budget": 40, "alarm_percent": 50, "buy_next_numbers": "on"}
    assert browser.post("/settings/enrichment", form).status_code == 302
    with workspace.scope():
        provider_choices()
    assert b"40" in browser.get("/enrichment").content


def test_the_alarm_mails_the_team_once_a_month(scoped):
    from accounts.models import Tenant
    from core.models import Email
    from enrichment import refreshing
    from enrichment.choices import get_policy

    Tenant.objects.update(notification_emails=["team@x.example"])
    policy = get_policy()
    policy.monthly_budget = 4
    policy.alarm_percent = 50
    policy.save()
    assert refreshing.alarm_when_low() is False
    finish(request_enrichment(actor=None, contact=make_contact()))
    assert [refreshing.alarm_when_low() for _ in range(2)] == [True, False]
    assert Email.objects.get().to == ["team@x.example"]


def test_the_spending_page_warns_when_the_budget_runs_low_and_when_it_is_spent(workspace):
    from enrichment.choices import get_policy

    browser = workspace.browser("manager")
    with workspace.scope():
        policy = get_policy()
        policy.monthly_budget, policy.alarm_percent = 3, 50
        policy.save()
    assert "budget is spent" not in browser.get("/enrichment").content.decode()
    with workspace.scope():
        finish(request_enrichment(actor=None, contact=make_contact()))
    assert "50 % of this month's budget is spent" in browser.get("/enrichment").content.decode()
    with workspace.scope():
        policy.monthly_budget = 2
        policy.save()
    assert "only free providers" in browser.get("/enrichment").content.decode()


def test_old_finds_are_renewed_once_a_day(scoped):
    from enrichment import refreshing
    from enrichment.choices import get_policy

    contact = make_contact()
    finish(request_enrichment(actor=None, contact=contact))
    policy = get_policy()
    policy.refresh_after_days = 30
    policy.save()
    assert refreshing.refresh_old_finds() is None
    EnrichmentRun.objects.update(created_at="2020-01-01T00:00:00Z")
    from django.core.cache import cache

    cache.delete("enrichment:refreshed")
    assert refreshing.refresh_old_finds().contact_ids == [contact.pk]
    assert refreshing.refresh_old_finds() is None
