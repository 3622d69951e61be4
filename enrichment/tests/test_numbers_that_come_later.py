"""Apollo sends phone numbers some minutes later: taken over once, paid once, only at the address made for them."""

import datetime as dt
import json

import httpx
import pytest
import respx
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import ledger
from accounts.models import LedgerAccount
from enrichment.choices import get_policy, provider_choices
from enrichment.models import EnrichmentStep, ProviderSetting
from enrichment.services import request_enrichment
from enrichment.tests.conftest import finish, make_contact

pytestmark = pytest.mark.django_db
CREDITS = LedgerAccount.Kind.CREDITS
MESSAGE = {"people": [{"phone_numbers": [{"sanitized_number": "+12125550123", "confidence_cd": "high"}]}]}


@pytest.fixture
def asked(workspace, settings):
    """A contact for whom Apollo found a title and promised a number; and the address it was told."""
    settings.PUBLIC_BASE_URL = "https://crm.example"
    with workspace.scope(), respx.mock:
        provider_choices()
        ProviderSetting.objects.exclude(provider="apollo").update(enabled=False)
        ProviderSetting.objects.filter(provider="apollo").update(enabled=True, api_key="k")
        answer = {"person": {"title": "CEO", "first_name": "Jo"}}
        route = respx.post(url__startswith="https://api.apollo.io").mock(return_value=httpx.Response(200, json=answer))
        contact = make_contact()
        run = finish(request_enrichment(actor=None, contact=contact))
        url = json.loads(route.calls.last.request.content)["webhook_url"]
    return contact, run, url.removeprefix("https://crm.example")


def purse(workspace):
    with workspace.scope():
        assert ledger.drift() == []
        account = ledger.get_account(CREDITS)
        return account.balance, account.held


def test_the_number_is_taken_over_and_paid_once(workspace, asked):
    contact, run, url = asked
    assert (run.status, run.credits) == ("completed", 1)
    assert purse(workspace) == (99, 8)
    answers = [APIClient().post(url, MESSAGE).json() for _ in range(2)]
    assert answers == [{"taken": True}, {"taken": False}]
    with workspace.scope():
        contact.refresh_from_db()
        assert contact.phone_number == "+12125550123"
        run.refresh_from_db()
        assert run.credits == 9
    assert purse(workspace) == (91, 0)


def test_a_message_without_a_number_frees_the_hold(workspace, asked):
    _, _, url = asked
    assert APIClient().post(url, {"people": []}).json() == {"taken": False}
    assert purse(workspace) == (99, 0)


def test_a_number_that_never_comes_frees_the_hold(workspace, asked):
    from accounts.models import LedgerEntry
    from accounts.tasks import expire_holds

    with workspace.scope():
        LedgerEntry.objects.update(expires_at=timezone.now() - dt.timedelta(minutes=1))
        EnrichmentStep.objects.update(waits_until=timezone.now() - dt.timedelta(minutes=1))
    assert expire_holds() == 1
    assert expire_holds() == 0
    assert purse(workspace) == (99, 0)
    assert APIClient().post(asked[2], MESSAGE).json() == {"taken": False}
    assert purse(workspace) == (99, 0)


def test_another_address_answers_404_and_an_odd_body_breaks_nothing(workspace, asked):
    _, _, url = asked
    assert APIClient().post(url[:-1] + ("A" if url[-1] != "A" else "B"), MESSAGE).status_code == 404
    assert APIClient().post(url, ["x"]).status_code in (200, 400)


def test_a_number_typed_meanwhile_stays_and_costs_nothing(workspace, asked):
    from contacts.services import update_contact

    contact, _, url = asked
    with workspace.scope():
        update_contact(actor=workspace.agent, contact=contact, phone_number="+12125550199")
    assert APIClient().post(url, MESSAGE).json() == {"taken": False}
    with workspace.scope():
        contact.refresh_from_db()
        assert contact.phone_number == "+12125550199"
    assert purse(workspace) == (99, 0)


def test_a_number_is_not_promised_beyond_the_months_budget(workspace, settings):
    settings.PUBLIC_BASE_URL = "https://crm.example"
    with workspace.scope(), respx.mock:
        policy = get_policy()
        policy.monthly_budget = 12
        policy.save()
        provider_choices()
        ProviderSetting.objects.exclude(provider="apollo").update(enabled=False)
        ProviderSetting.objects.filter(provider="apollo").update(enabled=True, api_key="k")
        answer = {"person": {"title": "CEO"}}
        route = respx.post(url__startswith="https://api.apollo.io").mock(return_value=httpx.Response(200, json=answer))
        for name in ("jo", "al"):
            finish(request_enrichment(actor=None, contact=make_contact(email=f"{name}@acme.example")))
    promised = ["webhook_url" in json.loads(call.request.content) for call in route.calls]
    assert promised == [True, False]
