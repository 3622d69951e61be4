"""Enrichment over the API."""

import uuid

import pytest

from accounts import ledger
from accounts.models import LedgerAccount, Tenant
from contacts.services import create_contact
from enrichment.models import EnrichmentRun
from enrichment.tests.conftest import finish, make_contact

pytestmark = pytest.mark.django_db


def test_asking_answers_202_and_the_list_shows_the_steps(workspace):
    with workspace.scope():
        contact = make_contact()
    api = workspace.api()
    answer = api.post(f"/api/v1/contacts/{contact.pk}/enrich")
    assert answer.status_code == 202, answer.content
    assert answer.json()["status"] == "pending"
    with workspace.scope():
        finish(EnrichmentRun.objects.get())
    body = api.get(f"/api/v1/contacts/{contact.pk}/enrichments").json()
    assert body["total"] == 1
    (run,) = body["items"]
    assert run["id"] == answer.json()["id"]
    assert (run["status"], run["cached"], run["credits"]) == ("completed", False, 2)
    first = run["steps"][0]
    assert (first["name"], first["outcome"], first["credits"]) == ("simulated", "found", 2)
    assert "company" in first["fields"]
    assert api.get("/api/v1/credits").json()["balance"] == 98


def test_asking_twice_is_one_run(workspace):
    with workspace.scope():
        contact = make_contact()
    api = workspace.api()
    first, second = (api.post(f"/api/v1/contacts/{contact.pk}/enrich").json() for _ in range(2))
    assert first == second


def test_too_few_credits_answer_402(workspace):
    with workspace.scope():
        contact = make_contact()
        ledger.spend(kind=LedgerAccount.Kind.CREDITS, amount=99, key="most")
    answer = workspace.api().post(f"/api/v1/contacts/{contact.pk}/enrich")
    assert answer.status_code == 402
    assert answer.json()["code"] == "insufficient_credits"


def test_a_remembered_answer_needs_no_credits(workspace):
    with workspace.scope():
        contact = make_contact()
        from enrichment.services import request_enrichment

        finish(request_enrichment(actor=None, contact=contact))
        ledger.spend(kind=LedgerAccount.Kind.CREDITS, amount=98, key="most")
    assert workspace.api().post(f"/api/v1/contacts/{contact.pk}/enrich").status_code == 202


def test_a_contact_that_does_not_exist_answers_404(workspace):
    for path in ("enrich", "enrichments"):
        call = workspace.api().post if path == "enrich" else workspace.api().get
        assert call(f"/api/v1/contacts/{uuid.uuid4()}/{path}").status_code == 404


def test_an_unknown_member_answers_400(workspace):
    with workspace.scope():
        contact = make_contact()
    answer = workspace.api().post(f"/api/v1/contacts/{contact.pk}/enrich", {"force": True})
    assert answer.status_code == 400


def test_the_providers_stand_in_waterfall_order(workspace):
    items = workspace.api().get("/api/v1/enrichment/providers").json()["items"]
    assert [i["name"] for i in items[:2]] == ["simulated", "company_domain"]
    assert items[0]["cost_credits"] == 2
    assert items[0]["configured"] is True
    assert "company" in items[0]["fields"]


def test_a_new_contact_is_queued_only_when_the_workspace_wants_that(scoped, after_commit):
    with after_commit():
        create_contact(actor=scoped.agent, email="a@acme.example")
    assert EnrichmentRun.objects.count() == 0
    Tenant.objects.update(auto_enrich=True)
    with after_commit():
        made = create_contact(actor=scoped.agent, email="b@acme.example")
    run = EnrichmentRun.objects.get()
    assert (run.contact_id, run.trigger) == (made.pk, "created")
