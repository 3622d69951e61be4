"""The proof that an import survives its workers: a real Celery worker is killed again and again.

`python -m bench.contacts_kills --rows 200000 --kills 20 --crashes 2` imports a file over contacts that partly
exist, with `kill -9` of worker processes and of PostgreSQL on the way, then takes the import back through
kills too. The table must hold exactly what the file says, and after the undo exactly what it held before.
Exit code 0 means that it did and that all kills came before the end. The whole run ends within `--limit` seconds,
whatever hangs; progress goes to stderr.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from celery import Celery

from bench.chaos_world import Program, World
from bench.contacts_people import PeopleFile, found

SAY_SECONDS = 5.0
PEOPLE = "bench.contacts_people"
QUIET = ("--loglevel", "error", "--without-mingle", "--without-gossip")
WORKER = [sys.executable, "-m", "celery", "-A", "crm", "worker", "-Q", "default", "-c", "1", *QUIET]


class OutOfTime(Exception):
    """The run has not ended within its limit."""


def say(words: str) -> None:
    """A line of progress."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {words}\n")
    sys.stderr.flush()


def out_of_time(*_: Any) -> None:
    """The alarm: leave whatever is waited for."""
    raise OutOfTime


def broker_of(redis_url: str) -> str:
    """Celery's own writing of a Unix socket."""
    return redis_url.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")


@dataclass
class Killer:
    """Kills a worker as an import moves on, starts it again, and gives beat's nudge."""

    worker: Program
    broker: str
    ask: Callable[..., list[tuple[Any, ...]]]
    crash: Callable[[], Any] = lambda: None
    random: random.Random = field(default_factory=lambda: random.Random(1))

    def nudge(self) -> None:
        """What beat does every fifteen seconds."""
        with Celery(broker=self.broker) as app:
            app.send_task("contacts.tasks.resume_imports", queue="default")

    def kill(self) -> str:
        """kill -9 the child that works, or one time in four the whole worker."""
        children = self.worker.pids()[1:]
        if not children or self.random.random() < 0.25:
            self.worker.kill()
            return "worker"
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return "child"

    def progress(self, job: str) -> tuple[float, str]:
        """(share done, status) of the import or of its undo."""
        sql = "SELECT rows_total, rows_done, created + updated, options, status FROM contacts_import WHERE id = %s"
        try:
            total, rows, touched, options, status = self.ask(sql, job)[0]
        except psycopg.OperationalError:  # it is being restarted
            return 0.0, "running"
        undone = sum(options.get("undone", {}).values())
        return (undone / max(1, touched) if options.get("undo") else rows / max(1, total)), status

    def drive(self, job: str, part: str, *, kills: int, crashes: int = 0, limit: float = 1200) -> dict[str, Any]:
        """Kill so many times at random shares of the work; return how it ended and what was killed.

        Raises OutOfTime after `limit` seconds.
        """
        nudged, said, done, deadline = 0.0, 0.0, 0, time.monotonic() + limit
        killed = {"child": 0, "worker": 0, "postgres": 0}
        at = sorted(self.random.uniform(0.02, 0.7) for _ in range(kills))
        crash_after = {round(kills * (n + 1) / (crashes + 1)) for n in range(crashes)}
        while True:
            if time.monotonic() > deadline:
                raise OutOfTime
            self.worker.ensure()
            if time.monotonic() > nudged + 1:
                nudged = time.monotonic()
                self.nudge()
            share, status = self.progress(job)
            ended = status not in ("pending", "running")
            if ended or time.monotonic() > said + SAY_SECONDS:
                said = time.monotonic()
                say(f"{part}: {status}, {share:.0%} done, {done} of {kills} kills, PostgreSQL {killed['postgres']}")
            if ended:
                return {"status": status, "killed": killed}
            if done < kills and share >= at[done]:
                done += 1
                killed[self.kill()] += 1
                if done in crash_after:
                    self.crash()
                    killed["postgres"] += 1
            time.sleep(0.05)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """One run in a world of its own."""
    world = World(speed=1, faults={}, seed=options.seed)
    world.environment["IMPORT_LEASE_SECONDS"] = "2"
    file = PeopleFile(options.rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        path.write_text(file.text())
        try:
            say("the servers start")
            world.start()
            say("the known contacts are made")
            tenant = json.loads(world.run("-m", PEOPLE, "make", str(options.rows)))["tenant"]
            before = found(world.ask, tenant)
            worker = Program("worker", WORKER, world.environment, world.data / "logs" / "worker.log")
            world.programs["worker"] = worker
            killer = Killer(worker, broker_of(world.urls["REDIS_URL"]), world.ask, world.crash_postgres, world.random)
            began = time.monotonic()
            job = json.loads(world.run("-m", PEOPLE, "start", tenant, str(path)))["import"]
            told = killer.drive(job, "import", kills=options.kills, crashes=options.crashes)
            told["seconds"] = round(time.monotonic() - began, 1)
            after = found(world.ask, tenant, job)
            world.run("-m", PEOPLE, "undo", tenant, job)
            back = killer.drive(job, "undo", kills=options.kills // 2)
            undone = found(world.ask, tenant)
        finally:
            signal.alarm(0)
            world.close()
            say("everything is ended and removed")
    broken = violations(file, told, after, back, undone == before)
    wanted, came = options.kills + options.kills // 2, sum(map(kills_of, (told, back)))
    if (came, told["killed"]["postgres"]) != (wanted, options.crashes):
        broken.append(f"{came} of {wanted} kills came before the end: take more rows")
    return {"rows": options.rows, "import": told, **after, "undo": back, "violations": broken}


def kills_of(told: dict[str, Any]) -> int:
    """How often the worker was killed in a part."""
    return int(told["killed"]["child"] + told["killed"]["worker"])


def violations(
    file: PeopleFile, told: dict[str, Any], after: dict[str, Any], back: dict[str, Any], as_before: bool
) -> list[str]:
    """What is not as it must be."""
    broken = [
        f"{name}: {after[name]} instead of {value}" for name, value in file.expected().items() if after[name] != value
    ]
    broken += [f"the import ended as {told['status']}"] if told["status"] != "completed" else []
    broken += [f"the undo ended as {back['status']}"] if back["status"] != "undone" else []
    return broken if as_before else [*broken, "the undo did not bring the table back"]


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--crashes", type=int, default=2, help="PostgreSQL killed and restarted")
    parser.add_argument("--limit", type=int, default=1200, help="seconds after which the run has failed")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that an ended run ends what it has started
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(options.limit)
    try:
        result = run(options)
    except OutOfTime:
        result = {"rows": options.rows, "violations": [f"not at the end after {options.limit} seconds"]}
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return int(bool(result["violations"]))


if __name__ == "__main__":
    sys.exit(main())
