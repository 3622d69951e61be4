"""The purse: never below zero, never spent twice, always the sum of its lines."""

import threading

import pytest
from django.db import connection

from accounts import ledger
from accounts.models import LedgerAccount, LedgerEntry
from conftest import Workspace
from core.scope import tenant_scope

CREDITS = LedgerAccount.Kind.CREDITS


def test_a_hold_reserves_and_a_settlement_captures(scoped):
    ledger.hold(kind=CREDITS, amount=30, key="run-1")
    account = ledger.get_account(CREDITS)
    assert (account.balance, account.held, account.available) == (100, 30, 70)
    ledger.settle(kind=CREDITS, key="run-1", amount=10)
    account = ledger.get_account(CREDITS)
    assert (account.balance, account.held) == (90, 0)
    assert ledger.drift() == []


def test_settling_twice_is_one_settlement(scoped):
    ledger.hold(kind=CREDITS, amount=30, key="run-1")
    first = ledger.settle(kind=CREDITS, key="run-1", amount=10)
    assert ledger.settle(kind=CREDITS, key="run-1", amount=30).pk == first.pk
    assert ledger.get_account(CREDITS).balance == 90


def test_a_hold_with_the_same_key_is_one_hold(scoped):
    ledger.hold(kind=CREDITS, amount=30, key="run-1")
    ledger.hold(kind=CREDITS, amount=30, key="run-1")
    assert ledger.get_account(CREDITS).held == 30


def test_more_than_is_there_is_refused_and_leaves_no_line(scoped):
    with pytest.raises(ledger.InsufficientFunds):
        ledger.spend(kind=CREDITS, amount=101, key="big")
    assert not LedgerEntry.objects.filter(key="big").exists()
    assert ledger.get_account(CREDITS).balance == 100


def test_what_is_held_cannot_be_spent(scoped):
    ledger.hold(kind=CREDITS, amount=60, key="run-1")
    with pytest.raises(ledger.InsufficientFunds):
        ledger.hold(kind=CREDITS, amount=60, key="run-2")


def test_settling_what_was_never_held_is_refused(scoped):
    with pytest.raises(ledger.NotHeld):
        ledger.settle(kind=CREDITS, key="nothing", amount=1)


def test_a_call_that_ran_over_its_hold_is_paid_but_never_below_zero(scoped):
    ledger.spend(kind=CREDITS, amount=90, key="most")
    ledger.hold(kind=CREDITS, amount=5, key="run-1")
    ledger.settle(kind=CREDITS, key="run-1", amount=50)
    assert ledger.get_account(CREDITS).balance == 0


@pytest.mark.django_db(transaction=True)
def test_sixty_clients_cannot_spend_the_same_credit():
    workspace = Workspace("Race")
    spent = []

    def spend(number):
        try:
            with tenant_scope(workspace.id):
                ledger.spend(kind=CREDITS, amount=10, key=f"spend-{number}")
            spent.append(number)
        except ledger.InsufficientFunds:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=spend, args=(n,)) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(spent) == 10
    with tenant_scope(workspace.id):
        assert ledger.get_account(CREDITS).balance == 0
        assert ledger.drift() == []


def test_the_api_tells_and_grants(workspace):
    admin = workspace.api("admin")
    assert workspace.api("agent").get("/api/v1/credits").json() == {"balance": 100, "held": 0, "available": 100}
    assert workspace.api("manager").post("/api/v1/credits/grant", {"amount": 5}).status_code == 403
    assert admin.post("/api/v1/credits/grant", {"amount": 5, "note": "bonus"}).status_code == 201
    ledger_page = admin.get("/api/v1/credits/ledger").json()
    assert sum(e["amount"] for e in ledger_page["items"]) == 105 == admin.get("/api/v1/credits").json()["balance"]
    entry = ledger_page["items"][0]
    assert admin.patch(f"/api/v1/credits/ledger/{entry['id']}", {"amount": 1}).status_code == 405
    assert admin.delete(f"/api/v1/credits/ledger/{entry['id']}").status_code == 405


@pytest.mark.parametrize("amount", [0, -5, 1.5, "5", 10**20, True, None])
def test_an_unusable_amount_is_400(workspace, amount):
    answer = workspace.api("admin").post("/api/v1/credits/grant", {"amount": amount})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "amount"
