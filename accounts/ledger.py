"""The purses: call minutes and enrichment credits, append-only and proof against double spending.

Every move is one conditional UPDATE of the account plus one entry with a key that is unique for ever, in one
transaction; so a repeat finds its entry and changes nothing, and two at once cannot spend the same unit.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Sum, Value
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


def _move(account: LedgerAccount, *, kind: str, key: str, amount: int, held: int, **words: Any) -> LedgerEntry:
    """Insert the entry (a repeat returns the first) and move the account in the same transaction."""
    with transaction.atomic():
        entry = LedgerEntry(account=account, kind=kind, key=key, amount=amount, held_delta=held, **words)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO accounts_ledgerentry (id, tenant_id, account_id, kind, amount, held_delta, key,"
                " reference, note, actor_name, expires_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                [
                    entry.id,
                    current_tenant_id(),
                    account.id,
                    kind,
                    amount,
                    held,
                    key,
                    entry.reference,
                    entry.note,
                    entry.actor_name,
                    entry.expires_at,
                ],
            )
            if cursor.rowcount == 0:
                return LedgerEntry.objects.get(account=account, key=key)  # type: ignore[no-any-return]
            cursor.execute(
                "UPDATE accounts_ledgeraccount SET balance = balance + %s, held = held + %s"
                " WHERE id = %s AND balance + %s >= 0 AND held + %s >= 0 AND held + %s <= balance + %s",
                [amount, held, account.id, amount, held, held, amount],
            )
            if cursor.rowcount == 0:
                raise InsufficientFunds(
                    "There are not enough call minutes left."
                    if account.kind == LedgerAccount.Kind.MINUTES
                    else "There are not enough credits left."
                )
        return entry


def grant(*, kind: str, amount: int, key: str, note: str = "", actor_name: str = "") -> LedgerEntry:
    """Add units to a purse."""
    _check_amount(amount)
    words = {"note": note, "actor_name": actor_name}
    return _move(get_account(kind), kind=LedgerEntry.Kind.GRANT, key=key, amount=amount, held=0, **words)


def hold(*, kind: str, amount: int, key: str, reference: str = "", expires_at: Any = None) -> LedgerEntry:
    """Reserve units before an outside call; raises InsufficientFunds."""
    _check_amount(amount)
    words = {"reference": reference, "expires_at": expires_at}
    return _move(get_account(kind), kind=LedgerEntry.Kind.HOLD, key=f"hold:{key}", amount=0, held=amount, **words)


def hold_many(*, kind: str, amounts: Mapping[str, int]) -> int:
    """Reserve units under many keys at once; return how many were newly reserved. Raises InsufficientFunds."""
    if not amounts:
        return 0
    account = get_account(kind)
    entries = [
        LedgerEntry(account=account, kind=LedgerEntry.Kind.HOLD, key=f"hold:{key}", held_delta=amount)
        for key, amount in amounts.items()
    ]
    with transaction.atomic():
        known = set(LedgerEntry.objects.filter(account=account, key__in=[e.key for e in entries]).values_list("key"))
        new = [entry for entry in entries if (entry.key,) not in known]
        LedgerEntry.objects.bulk_create(new)
        total = sum(entry.held_delta for entry in new)
        moved = LedgerAccount.objects.filter(pk=account.pk, balance__gte=F("held") + total)
        if not moved.update(held=F("held") + total):
            raise InsufficientFunds("There is less left than is to be held.")
    return total


def settle(*, kind: str, key: str, amount: int, note: str = "") -> LedgerEntry:
    """End a hold: capture `amount` of it (0 releases it all); a repeat returns the first settlement.

    More than was held is captured as far as the balance reaches: a call that ran over its hold is paid,
    never below zero.
    """
    account = get_account(kind)
    with transaction.atomic(savepoint=False):
        held = LedgerEntry.objects.select_for_update().filter(account=account, key=f"hold:{key}").first()
        settled = LedgerEntry.objects.filter(account=account, key=f"settle:{key}")
        done: LedgerEntry | None = settled.first() if held else None
        if held and not done:
            done = _settle(account, held, key, amount, note)
    if done is None:
        raise NotHeld
    return done


def _settle(account: LedgerAccount, held: LedgerEntry, key: str, amount: int, note: str) -> LedgerEntry:
    spend = amount
    if amount > held.held_delta:  # only then the purse itself must stand still before the move
        locked = LedgerAccount.objects.select_for_update().get(pk=account.pk)
        spend = min(amount, held.held_delta + max(0, locked.available))
    return _move(
        account,
        kind=LedgerEntry.Kind.CAPTURE if spend else LedgerEntry.Kind.RELEASE,
        key=f"settle:{key}",
        amount=-spend,
        held=-held.held_delta,
        reference=held.reference,
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
