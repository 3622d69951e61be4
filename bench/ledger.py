"""Can the purse be cheated? Many clients, repeated keys, kills without warning, and a watcher of the books (G5).

`python -m bench.ledger` lets 100 clients (20 processes of 5) grant, spend, hold and settle 50,000 moves on one
purse. Every fifth move repeats a key, half of them with another client at the very same moment. Twenty times a
process is killed with SIGKILL and its clients repeat what was in doubt. All the while a watcher compares the
balance with the sum of the entries. `--control` runs the usual purse (read, check, write back), which must fail.
Exit code 0 means that the run proved what it should. Works in a workspace of its own in the configured database.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import signal
import sys
import time
import uuid
from typing import Any

from bench import ledger_clients as desk
from bench.ledger_clients import Move

APART = True
THREADS = 5


def make_plan(clients: int, moves: int, seed: int) -> list[list[Move]]:
    """The moves of each client as (what, key, amount); a fifth repeats a key of another client."""
    dice = random.Random(seed)
    kinds = ["spend", "spend", "hold", "hold", "hold", "hold", "hold", "hold", "hold", "grant"]
    fresh = [(dice.choice(kinds), f"k{n}", dice.randint(1, 9)) for n in range(moves * 4 // 5)]
    again = dice.sample(fresh, moves - len(fresh))
    at_once, later = set(again[: len(again) // 2]), again[len(again) // 2 :]
    everything: list[Move] = []
    for move in fresh:
        everything += [move, move] if move in at_once else [move]
    for move in later:
        everything.insert(dice.randrange(len(everything)), move)
    return [everything[n::clients] for n in range(clients)]


class Run:
    """One run: its processes, what they confirmed, and what the watcher saw."""

    def __init__(self, database: str, tenant: str, plan: list[list[Move]], *, control: bool) -> None:
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["bench.ledger_clients"])
        self.database, self.tenant, self.plan, self.control = database, tenant, plan, control
        self.confirmed = self.context.Array("i", len(plan), lock=False)
        self.timeouts = self.context.Array("i", len(plan), lock=False)
        self.looks, self.wrong = self.context.Value("i", 0), self.context.Value("i", 0)
        self.stop = self.context.Event()

    def start(self, first: int) -> Any:
        """A process with the clients from `first` on."""
        lists = self.plan[first : first + THREADS]
        arguments = (self.database, self.tenant, self.control, lists, self.confirmed, self.timeouts, first)
        process = self.context.Process(target=desk.clients, args=arguments, daemon=True)
        process.start()
        return process

    def is_done(self, first: int) -> bool:
        """Whether the clients from `first` on had every move confirmed."""
        lists = self.plan[first : first + THREADS]
        return all(self.confirmed[first + n] == len(moves) for n, moves in enumerate(lists))

    def go(self, kills: int, seed: int) -> tuple[int, float]:
        """Run all clients to their end, killing processes on the way; (kills done, seconds)."""
        arguments = (self.database, self.tenant, self.looks, self.wrong, self.stop)
        watcher = self.context.Process(target=desk.watch, args=arguments, daemon=True)
        watcher.start()
        dice, began, done = random.Random(seed), time.monotonic(), 0
        running = {first: self.start(first) for first in range(0, len(self.plan), THREADS)}
        total, told = sum(map(len, self.plan)), began
        while running:
            time.sleep(0.02)
            if done < kills and sum(self.confirmed) >= total * (done + 1) // (kills + 2):
                first = dice.choice(list(running))
                os.kill(running[first].pid, signal.SIGKILL)
                running[first].join()
                done += 1
            for first in [first for first, process in running.items() if not process.is_alive()]:
                del running[first]
                if not self.is_done(first):
                    running[first] = self.start(first)
            if time.monotonic() - told > 15:
                told = time.monotonic()
                sys.stderr.write(f"{told - began:.0f} s: {sum(self.confirmed):,} of {total:,} moves, {done} kills\n")
        seconds = time.monotonic() - began
        self.stop.set()
        watcher.join()
        return done, seconds


def judge(tenant: str, plan: list[list[Move]], start: int) -> dict[str, Any]:
    """What the books say at the end, compared with what every key was meant to move."""
    with desk.tenant_scope(uuid.UUID(tenant)):
        account = desk.ledger.get_account("credits")
        entries = list(desk.LedgerEntry.objects.filter(account=account).values_list("key", "amount", "held_delta"))
    meant = {key: (what, amount) for moves in plan for what, key, amount in moves}
    times: dict[str, int] = {}
    other, balance, held = 0, 0, 0
    for name, amount, delta in entries:
        key = name.partition("#")[0]
        times[key] = times.get(key, 0) + 1
        balance, held = balance + amount, held + delta
        other += (amount, delta) != _meant(key, meant, start)
    holds = {key.removeprefix("hold:") for key in times if key.startswith("hold:")}
    return {
        "entries": len(entries),
        "balance": account.balance,
        "sum_of_entries": balance,
        "off_by": account.balance - balance,
        "left_held": account.held,
        "moved_twice": sum(count > 1 for count in times.values()),
        "moved_another_amount": other,
        "holds_never_settled": sum(f"settle:{key}" not in times for key in holds),
        "refused": sum(key not in times and f"hold:{key}" not in times for key in meant),
    }


def _meant(key: str, meant: dict[str, tuple[str, int]], start: int) -> tuple[int, int]:
    """What an entry of this key may move: (balance, held)."""
    kind, _, name = key.rpartition(":")
    if name not in meant:
        return start, 0
    what, amount = meant[name]
    if kind == "hold":
        return 0, amount
    if kind == "settle":
        return -(amount // 2), -amount
    return (amount if what == "grant" else -amount), 0


MUST_BE_ZERO = ("off_by", "left_held", "moved_twice", "moved_another_amount", "holds_never_settled", "looks_wrong")


def prove(
    *, clients: int, moves: int, kills: int, seed: int = 1, control: bool = False, database: str = ""
) -> dict[str, Any]:
    """Run and judge; `violations` names what is not zero and should be."""
    from accounts.services import create_workspace
    from core.scope import tenant_context

    start = moves  # few enough that a part of the moves is refused
    with tenant_context(None):
        slug = uuid.uuid4().hex
        made = create_workspace(name="Purse", email=f"{slug}@bench.invalid", password=slug, credits=start)
    plan = make_plan(clients, moves, seed)
    run = Run(database or desk.connections["default"].settings_dict["NAME"], made["tenant_id"], plan, control=control)
    done, seconds = run.go(kills, seed)
    found = {"clients": clients, "moves": sum(map(len, plan)), "kills": done, "seconds": round(seconds, 1)}
    found |= {"moves_per_second": round(moves / seconds), "looks": run.looks.value, "looks_wrong": run.wrong.value}
    found["timeouts_repeated"] = sum(run.timeouts)
    found |= judge(made["tenant_id"], plan, start)
    return found | {"violations": [name for name in MUST_BE_ZERO if found[name]]}


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--moves", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--control", action="store_true", help="the usual purse, which must be found guilty")
    options = parser.parse_args()
    found = prove(**vars(options))
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return int(bool(found["violations"]) != options.control or found["kills"] < options.kills)


if __name__ == "__main__":
    sys.exit(main())
