"""Can the purse be cheated? Many clients, repeated keys, killed without warning; then the books are checked.

    .venv/bin/python bench/ledger.py --clients 100 --moves 50000 --kills 20

Client processes spend, hold and settle from one purse under prepared keys, a fifth of them given out twice. At
random moments clients are killed with SIGKILL and their work is begun again from the start. At the end: balance and
held equal the sums of the entries, no key moved anything twice, and the balance was never seen below zero.
Exits with 1 when one of these fails. Writes to a workspace of its own in the configured database.
"""

import argparse
import os
import random
import signal
import sys
import time
import uuid
from collections import Counter
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
os.environ.setdefault("DB_POOL_MAX", "1")


def make_plan(clients: int, moves: int, seed: int) -> list[list[tuple[str, str, int]]]:
    """The moves of each client: (what, key, amount); a fifth of all keys appears with two clients."""
    dice = random.Random(seed)
    fresh = [(dice.choice(["spend", "hold", "hold"]), f"k{n}", dice.randint(1, 9)) for n in range(int(moves * 0.8))]
    repeated = dice.sample(fresh, moves - len(fresh))
    everything = fresh + repeated
    dice.shuffle(everything)
    return [everything[n::clients] for n in range(clients)]


def client(tenant: str, moves: list[tuple[str, str, int]]) -> None:
    """Carry out moves; a hold is settled for half its amount. Refusals for want of credits are fine."""
    import django

    django.setup()
    from accounts import ledger
    from core.scope import tenant_scope

    for what, key, amount in moves:
        try:
            with tenant_scope(uuid.UUID(tenant)):
                if what == "spend":
                    ledger.spend(kind="credits", amount=amount, key=key)
                else:
                    ledger.hold(kind="credits", amount=amount, key=key)
            if what == "hold":
                with tenant_scope(uuid.UUID(tenant)):
                    ledger.settle(kind="credits", key=key, amount=amount // 2)
        except ledger.InsufficientFunds:
            continue


def run(tenant: str, plan: list[list[tuple[str, str, int]]], kills: int, seed: int) -> tuple[int, float]:
    """Run the clients, killing some; return (kills done, seconds)."""
    context, dice, began, done = get_context("spawn"), random.Random(seed), time.monotonic(), 0
    start = lambda moves: context.Process(target=client, args=(tenant, moves), daemon=True)  # noqa: E731
    running = {n: start(moves) for n, moves in enumerate(plan)}
    for process in running.values():
        process.start()
    while running:
        time.sleep(dice.uniform(0.2, 0.6))
        if done < kills:
            number = dice.choice(list(running))
            if running[number].is_alive():
                os.kill(running[number].pid or 0, signal.SIGKILL)
                running[number].join()
                running[number] = start(plan[number])
                running[number].start()
                done += 1
        for number in [n for n, p in running.items() if not p.is_alive()]:
            if running[number].exitcode == 0:
                del running[number]
            else:  # it lost its connection or was killed: from the start
                running[number] = start(plan[number])
                running[number].start()
    return done, time.monotonic() - began


def check(tenant: str, plan: list[list[tuple[str, str, int]]], grant: int) -> list[str]:
    """What is wrong with the books, in words."""
    from accounts import ledger
    from accounts.models import LedgerEntry
    from core.scope import tenant_scope

    wanted = {key: (what, amount) for moves in plan for what, key, amount in moves}
    with tenant_scope(uuid.UUID(tenant)):
        problems = ledger.drift()
        account = ledger.get_account("credits")
        entries = list(LedgerEntry.objects.filter(account=account).order_by("id"))
    counted = Counter(entry.key for entry in entries)
    problems += [f"{key} moved {count} times" for key, count in counted.items() if count > 1]
    balance = grant - sum(_cost(e, wanted) for e in entries if e.key.removeprefix("settle:") in wanted and e.amount)
    if balance != account.balance:
        problems.append(f"the balance is {account.balance}, the plan says {balance}")
    if account.balance < 0 or account.held != 0:
        problems.append(f"balance {account.balance}, held {account.held}")
    return problems


def _cost(entry, wanted) -> int:  # type: ignore[no-untyped-def]
    what, amount = wanted[entry.key.removeprefix("settle:")]
    return amount if what == "spend" else amount // 2


def main() -> int:
    """Run and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--moves", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--credits", type=int, default=120_000, help="few enough that some moves are refused")
    options = parser.parse_args()
    import django

    django.setup()
    from accounts.services import create_workspace
    from core.scope import tenant_context

    with tenant_context(None):
        slug = uuid.uuid4().hex[:10]
        made = create_workspace(
            name="Ledger bench", email=f"{slug}@bench.invalid", password=slug * 2, credits=options.credits
        )
    plan = make_plan(options.clients, options.moves, options.seed)
    kills, seconds = run(made["tenant_id"], plan, options.kills, options.seed)
    problems = check(made["tenant_id"], plan, options.credits)
    print(f"{options.clients} clients, {options.moves:,} moves (20 % repeated), {kills} kills: {seconds:.0f} s")
    print(f"{options.moves / seconds:,.0f} moves a second; problems: {problems or 'none'}")
    return int(bool(problems) or kills < options.kills)


if __name__ == "__main__":
    sys.exit(main())
