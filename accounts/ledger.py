"""The purses: call minutes and enrichment credits, append-only and proof against double spending.

Every move is one conditional UPDATE of the account plus one entry with a key that is unique for ever, in one
transaction; so a repeat finds its entry and changes nothing, and two at once cannot spend the same unit.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Sum, Value
from django.db.models.functions import Concat, Now, Substr

from accounts.models import LedgerAccount, LedgerEntry
from core.problems import DomainError, InvalidInput
from core.scope import current_tenant_id

MOST = 10**12
GIVE_UP_AFTER = dt.timedelta(days=7)


class InsufficientFunds(DomainError):
    """The purse holds less than is asked for."""

    code = "insufficient_credits"
    status = 402
    title = "There are not enough credits left."


class NotHeld(DomainError):
    """There is no open hold under this key."""

    code = "not_held"
    title = "Nothing is held under this key any more."


def get_account(kind: str) -> LedgerAccount:
    """The workspace's purse of a kind, made empty on first use."""
    account = LedgerAccount.objects.filter(kind=kind).first()
    if account is None:
        LedgerAccount.objects.bulk_create([LedgerAccount(kind=kind)], ignore_conflicts=True)
        account = LedgerAccount.objects.get(kind=kind)
    assert isinstance(account, LedgerAccount)
    return account


def available(kind: str) -> int:
    """Units that can still be held or spent."""
    return get_account(kind).available


def _check_amount(amount: int) -> None:
    if not isinstance(amount, int) or isinstance(amount, bool) or not 1 <= amount <= MOST:
        raise InvalidInput("The amount must be a whole number above zero.", field="amount")


_MOVE = """
WITH entry AS (
  INSERT INTO accounts_ledgerentry (id, tenant_id, account_id, kind, amount, held_delta, key, reference, note,
    actor_name, expires_at)
  VALUES (%(id)s, %(tenant)s, %(account)s, %(kind)s, %(amount)s, %(held)s, %(key)s, %(reference)s, %(note)s,
    %(actor_name)s, %(expires_at)s)
  ON CONFLICT DO NOTHING RETURNING id
), purse AS (
  UPDATE accounts_ledgeraccount SET balance = balance + %(amount)s, held = held + %(held)s
  WHERE id = %(account)s AND balance + %(amount)s >= 0 AND held + %(held)s >= 0
    AND held + %(held)s <= balance + %(amount)s AND EXISTS (SELECT FROM entry) RETURNING id
)
SELECT (SELECT count(*) FROM entry), (SELECT count(*) FROM purse)
"""


def _move(account: LedgerAccount, *, kind: str, key: str, amount: int, held: int, **words: Any) -> LedgerEntry:
    """Insert the entry (a repeat returns the first) and move the account, in one statement.

    In the caller's transaction, which takes the entry back when the purse refuses.
    """
    entry = LedgerEntry(account=account, kind=kind, key=key, amount=amount, held_delta=held, **words)
    values: dict[str, Any] = {
        "id": entry.id,
        "tenant": current_tenant_id(),
        "account": account.id,
        "kind": kind,
        "amount": amount,
        "held": held,
        "key": key,
        "reference": entry.reference,
        "note": entry.note,
        "actor_name": entry.actor_name,
        "expires_at": entry.expires_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, values)
        inserted, moved = cursor.fetchone()
    if inserted and not moved:
        raise InsufficientFunds(
            "There are not enough call minutes left."
            if account.kind == LedgerAccount.Kind.MINUTES
            else "There are not enough credits left."
        )
    return entry if inserted else LedgerEntry.objects.get(account=account, key=key)


@transaction.atomic
def grant(*, kind: str, amount: int, key: str, note: str = "", actor_name: str = "") -> LedgerEntry:
    """Add units to a purse."""
    _check_amount(amount)
    words = {"note": note, "actor_name": actor_name}
    return _move(get_account(kind), kind=LedgerEntry.Kind.GRANT, key=key, amount=amount, held=0, **words)


@transaction.atomic
def hold(*, kind: str, amount: int, key: str, reference: str = "", expires_at: Any = None) -> LedgerEntry:
    """Reserve units before an outside call; raises InsufficientFunds."""
    _check_amount(amount)
    words = {"reference": reference, "expires_at": expires_at}
    return _move(get_account(kind), kind=LedgerEntry.Kind.HOLD, key=f"hold:{key}", amount=0, held=amount, **words)


_HOLD_MANY = """
WITH entry AS (
  INSERT INTO accounts_ledgerentry (id, tenant_id, account_id, kind, amount, held_delta, key, reference, note,
    actor_name)
  SELECT crm_uuid7(), %(tenant)s, %(account)s, 'hold', 0, wanted.amount, wanted.key, '', '', ''
  FROM unnest(%(keys)s::text[], %(amounts)s::bigint[]) AS wanted(key, amount)
  ON CONFLICT DO NOTHING RETURNING held_delta
)
UPDATE accounts_ledgeraccount SET held = held + (SELECT coalesce(sum(held_delta), 0) FROM entry)
WHERE id = %(account)s AND balance >= held + (SELECT coalesce(sum(held_delta), 0) FROM entry)
RETURNING (SELECT coalesce(sum(held_delta), 0) FROM entry)
"""


def hold_many(*, kind: str, amounts: Mapping[str, int]) -> int:
    """Reserve units under many keys at once; return how many were newly reserved. Raises InsufficientFunds."""
    if not amounts:
        return 0
    account = get_account(kind)
    keys = sorted(amounts)
    values: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "account": account.id,
        "keys": [f"hold:{key}" for key in keys],
        "amounts": [amounts[key] for key in keys],
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_HOLD_MANY, values)
        held = cursor.fetchone()
        if held is None:
            raise InsufficientFunds("There is less left than is to be held.")
    return int(held[0])


_OPEN_HOLD = """
SELECT a.id, h.held_delta, h.reference, EXISTS (SELECT FROM accounts_ledgerentry s WHERE s.tenant_id = h.tenant_id
    AND s.account_id = h.account_id AND s.key = %(settle)s)
FROM accounts_ledgeraccount a JOIN accounts_ledgerentry h ON h.tenant_id = a.tenant_id AND h.account_id = a.id
WHERE a.tenant_id = %(tenant)s AND a.kind = %(kind)s AND h.key = %(hold)s FOR UPDATE OF h
"""


def settle(*, kind: str, key: str, amount: int, note: str = "") -> LedgerEntry:
    """End a hold: capture `amount` of it (0 releases it all); a repeat returns the first settlement.

    More than was held is captured as far as the balance reaches: a call that ran over its hold is paid,
    never below zero. Raises NotHeld.
    """
    values: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "kind": kind,
        "hold": f"hold:{key}",
        "settle": f"settle:{key}",
    }
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(_OPEN_HOLD, values)
        found = cursor.fetchone()
        if found is None:
            raise NotHeld
        account_id, held, reference, is_settled = found
        account = LedgerAccount(id=account_id, kind=kind)
        if is_settled:
            return LedgerEntry.objects.get(account=account, key=f"settle:{key}")  # type: ignore[no-any-return]
        spend = amount
        if amount > held:  # only then the purse itself must stand still before the move
            locked = LedgerAccount.objects.select_for_update().get(pk=account_id)
            spend = min(amount, held + max(0, locked.available))
        return _move(
            account,
            kind=LedgerEntry.Kind.CAPTURE if spend else LedgerEntry.Kind.RELEASE,
            key=f"settle:{key}",
            amount=-spend,
            held=-held,
            reference=reference,
            note=note,
        )


def expire_holds(*, most: int = 500) -> int:
    """Give back holds of the open scope whose time is over and that nobody settled; return how many.

    A settlement that comes after that returns the release and moves nothing.
    """
    settled = LedgerEntry.objects.filter(account=OuterRef("account"), key=Concat(Value("settle:"), _hold_name()))
    expired = LedgerEntry.objects.filter(kind=LedgerEntry.Kind.HOLD, expires_at__range=(Now() - GIVE_UP_AFTER, Now()))
    open_holds = expired.filter(~Exists(settled)).select_related("account").order_by("expires_at")[:most]
    for entry in open_holds:
        settle(kind=entry.account.kind, key=entry.key.removeprefix("hold:"), amount=0, note="Expired")
    return len(open_holds)


def _hold_name() -> Substr:
    return Substr(OuterRef("key"), len("hold:") + 1)


def tenants_with_expired_holds() -> list[uuid.UUID]:
    """Workspaces with holds to give back; asked before a tenant is known."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_expired_tenants()")
        return [tenant_id for (tenant_id,) in cursor.fetchall()]


@transaction.atomic
def spend(*, kind: str, amount: int, key: str, note: str = "") -> LedgerEntry:
    """Take units at once, without a hold; raises InsufficientFunds."""
    _check_amount(amount)
    return _move(get_account(kind), kind=LedgerEntry.Kind.CAPTURE, key=key, amount=-amount, held=0, note=note)


def drift() -> list[str]:
    """Every purse of the scope whose balance is not the sum of its entries, in words."""
    problems = []
    for account in LedgerAccount.objects.all():
        sums = LedgerEntry.objects.filter(account=account).aggregate(amount=Sum("amount"), held=Sum("held_delta"))
        if (sums["amount"] or 0, sums["held"] or 0) != (account.balance, account.held):
            problems.append(f"{account.kind}: balance {account.balance}, entries sum to {sums['amount'] or 0}")
    return problems
