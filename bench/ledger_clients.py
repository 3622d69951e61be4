"""The clients of the ledger proof, and the purse as it is usually built: read, check, write back.

Imported once by a fork server, so that a hundred clients cost one start.
"""

from __future__ import annotations

import os
import threading
import uuid
from types import SimpleNamespace
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
os.environ["DB_POOL_MAX"] = "2"

import django

django.setup()

from django.db import OperationalError, connections

from accounts import ledger
from accounts.models import LedgerAccount, LedgerEntry
from core.scope import tenant_scope

Move = tuple[str, str, int]
CREDITS = "credits"


def use_database(name: str) -> None:
    """Speak to this database instead of the configured one (a test's)."""
    connections["default"].settings_dict["NAME"] = name


def clients(
    database: str, tenant: str, control: bool, lists: list[list[Move]], done: Any, timeouts: Any, first: int
) -> None:
    """A process with one thread per list; `done[first + n]` is how many moves of a list were confirmed."""
    use_database(database)
    purse = USUAL if control else ledger
    threads = [
        threading.Thread(target=_client, args=(purse, uuid.UUID(tenant), moves, done, timeouts, first + n))
        for n, moves in enumerate(lists)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _client(purse: Any, tenant: uuid.UUID, moves: list[Move], done: Any, timeouts: Any, place: int) -> None:
    """Carry out what is not confirmed yet; after a kill the move in doubt comes again, and ten before it."""
    for position in range(max(0, done[place] - 10), len(moves)):
        what, key, amount = moves[position]
        while not _tried(purse, tenant, what, key, amount):
            timeouts[place] += 1
        done[place] = max(done[place], position + 1)


def _tried(purse: Any, tenant: uuid.UUID, what: str, key: str, amount: int) -> bool:
    """Carry out one move; false when a time limit ended it and nobody knows how, so that it must be repeated."""
    try:
        _move(purse, tenant, what, key, amount)
    except ledger.InsufficientFunds:
        pass
    except OperationalError:
        return False
    finally:
        connections["default"].close()  # back to the pool, as after a request
    return True


def _move(purse: Any, tenant: uuid.UUID, what: str, key: str, amount: int) -> None:
    with tenant_scope(tenant):
        if what == "grant":
            purse.grant(kind=CREDITS, amount=amount, key=key)
        elif what == "spend":
            purse.spend(kind=CREDITS, amount=amount, key=key)
        else:
            purse.hold(kind=CREDITS, amount=amount, key=key)
    if what == "hold":
        with tenant_scope(tenant):
            purse.settle(kind=CREDITS, key=key, amount=amount // 2)


def _usual(entry: str, key: str, amount: int, held: int) -> None:
    """Look whether the key is known, read the purse, check, write it back, note it down."""
    if LedgerEntry.objects.filter(key__startswith=f"{key}#").exists():
        return
    account = LedgerAccount.objects.get(kind=CREDITS)
    if account.balance + amount < account.held + held:
        raise ledger.InsufficientFunds
    LedgerAccount.objects.filter(pk=account.pk).update(balance=account.balance + amount, held=account.held + held)
    LedgerEntry.objects.create(
        account=account, kind=entry, amount=amount, held_delta=held, key=f"{key}#{uuid.uuid4().hex}"
    )


USUAL = SimpleNamespace(
    grant=lambda *, kind, amount, key: _usual("grant", key, amount, 0),
    spend=lambda *, kind, amount, key: _usual("capture", key, -amount, 0),
    hold=lambda *, kind, amount, key: _usual("hold", f"hold:{key}", 0, amount),
    settle=lambda *, kind, key, amount: _usual("capture", f"settle:{key}", -amount, 0),
)
"""The positive control: correct for one client at a time, and what a proof must find guilty."""


def watch(database: str, tenant: str, looks: Any, wrong: Any, stop: Any) -> None:
    """Compare the purse with the sum of its entries, both read in one statement, until told to stop."""
    use_database(database)
    while not stop.is_set():
        with tenant_scope(uuid.UUID(tenant)), connections["default"].cursor() as cursor:
            cursor.execute(_LOOK)
            balance, held, amounts, holds = cursor.fetchone()
        looks.value += 1
        wrong.value += (balance, held) != (amounts, holds) or balance < 0 or not 0 <= held <= balance
        stop.wait(0.02)


_LOOK = """
    SELECT a.balance, a.held, coalesce(sum(e.amount), 0), coalesce(sum(e.held_delta), 0)
    FROM accounts_ledgeraccount a LEFT JOIN accounts_ledgerentry e ON e.account_id = a.id
    WHERE a.kind = 'credits' GROUP BY a.id
"""
