"""The public form under load: eight clients send at once, one submission in a hundred of them bad.

Run `python -m bench.intake` for 50,000 against an installation of its own under gunicorn. Prints JSON; exit code 0
means that every good one was answered 201 and stored once with its two mails, every bad one was answered 400 and left
nothing, and nothing answered 5xx. The limits per address are out of the way: all clients share one address here.
With `--deliver` a mail worker then sends every mail to an SMTP server of this process, which must get each once.
Progress goes to stderr.
"""

from __future__ import annotations

import argparse
import asyncio
import email
import json
import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from aiosmtpd.controller import Controller

from bench.chaos_world import Program, World, free_port

ADMIN = ("--email", "load@example.com", "--password", "correct-horse-battery")
ROUTE = "/api/v1/public/leads"
TELL_EVERY_SECONDS = 10
BAD: tuple[dict[str, str], ...] = (
    {"email": "nonsense"},
    {"first_name": ""},
    {"first_name": "x" * 200},
    {"phone_number": "call me"},
    {"consent": "perhaps"},
    {"is_admin": "true"},
)


@dataclass
class Storm:
    """What was sent and answered: counts by (was it good, status), and the seconds of each answer."""

    answers: Counter[tuple[bool, int]] = field(default_factory=Counter)
    receipts: set[str] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)

    def wrong(self) -> int:
        """Answers other than 201 for good ones and 400 for bad ones."""
        return sum(n for (good, status), n in self.answers.items() if status != (201 if good else 400))

    def good(self) -> int:
        """How many good ones were sent."""
        return sum(n for (good, _), n in self.answers.items() if good)


def submission(number: int, form_key: str, dice: random.Random, bad: float) -> tuple[dict[str, str], bool]:
    """A body and whether it is good."""
    body = {
        "form_key": form_key,
        "first_name": "Load",
        "last_name": f"Number {number}",
        "email": f"load-{number}@example.com",
        "message": "Please call me back.",
        "consent": "true",
    }
    return (body | dice.choice(BAD), False) if dice.random() < bad else (body, True)


async def storm(
    base: str, form_key: str, *, submissions: int, clients: int = 8, first: int = 0, bad: float = 0.01
) -> Storm:
    """Send submissions from number `first` on, each client one after the other."""
    seen, dice = Storm(), random.Random(first)
    told, began_at = time.monotonic(), time.monotonic()
    waiting = [submission(number, form_key, dice, bad) for number in range(first, first + submissions)]

    def tell() -> None:
        nonlocal told
        if time.monotonic() - told > TELL_EVERY_SECONDS:
            told, done = time.monotonic(), len(seen.seconds)
            pace = done / (told - began_at)
            _say(f"{done:,} of {submissions:,}, {pace:.0f} a second, {len(waiting) / pace:.0f} s to go")

    async def client() -> None:
        async with httpx.AsyncClient(base_url=base, timeout=60) as http:
            while waiting:
                body, good = waiting.pop()
                began = time.monotonic()
                answer = await http.post(ROUTE, files={name: (None, text) for name, text in body.items()})
                seen.seconds.append(time.monotonic() - began)
                seen.answers[good, answer.status_code] += 1
                if answer.status_code == 201:
                    seen.receipts.add(answer.json()["id"])
                tell()

    await asyncio.gather(*(client() for _ in range(clients)))
    return seen


def _say(words: str) -> None:
    sys.stderr.write(words + "\n")
    sys.stderr.flush()


class Inbox:
    """An SMTP server's memory: how often each Message-ID came."""

    def __init__(self) -> None:
        self.came: Counter[str] = Counter()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.came[str(email.message_from_bytes(envelope.content)["Message-ID"])] += 1
        return "250 Taken"


def _installation(smtp_port: int) -> tuple[World, str]:
    """Servers, schema, a workspace and gunicorn; return the world and the form key."""
    world = World(speed=1, faults={})
    world.environment |= {
        "INTAKE_RATE_PER_FORM_AND_ADDRESS": "10000000/min",
        "INTAKE_RATE_PER_ADDRESS": "10000000/min",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(smtp_port),
    }
    printed = world.run("-m", "crm.embedded", "start").splitlines()
    world.urls = dict(line.split("=", 1) for line in printed if "=" in line)
    world.run("manage.py", "migrate", "--database", "owner", "-v", "0")
    made = world.run("manage.py", "create_workspace", "Load", *ADMIN)
    port = world.environment["PORT"]
    command = [
        *(sys.executable, "-m", "gunicorn", "crm.asgi:application", "-k", "uvicorn_worker.UvicornWorker"),
        *("-w", "2", "-b", f"127.0.0.1:{port}", "--log-level", "error"),
    ]
    world.programs["web"] = Program("web", command, world.environment, world.data / "logs" / "web.log")
    world.programs["web"].ensure()
    _wait_for(f"http://127.0.0.1:{port}/healthz")
    return world, json.loads(made)["form_key"]


def _wait_for(address: str) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            if httpx.get(address, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    raise RuntimeError(f"{address} never answered")


def _stored(world: World) -> dict[str, Any]:
    """What lies in the database, counted past the product."""
    ((leads, people, consents, mails, kinds),) = world.ask(
        "SELECT (SELECT count(*) FROM leads_lead), (SELECT count(DISTINCT email) FROM leads_lead),"
        " (SELECT count(*) FROM leads_submission WHERE consent), (SELECT count(*) FROM core_email),"
        " (SELECT count(*) FROM (SELECT DISTINCT about_id, kind FROM core_email) AS k)"
    )
    return {"leads": leads, "addresses": people, "consents": consents, "mails": mails, "distinct_mails": kinds}


def _cpu_seconds(parent: int) -> float:
    """Processor time of a process and its children so far."""
    children = [p for t in Path(f"/proc/{parent}/task").iterdir() for p in (t / "children").read_text().split()]
    ticks = 0
    for pid in (str(parent), *children):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _processes(world: World) -> dict[str, int]:
    """The parents of the processes that answer a submission."""
    postmaster = next(world.data.rglob("postmaster.pid")).read_text().split()[0]
    web = world.programs["web"].process
    assert web is not None
    return {"web": web.pid, "database": int(postmaster)}


def _deliver(world: World, inbox: Inbox) -> dict[str, Any]:
    """Let a mail worker send everything; return what came in at the SMTP server."""
    command = [sys.executable, "-m", "celery", "-A", "crm", "worker", "-Q", "mail", "-c", "2", "--loglevel", "error"]
    world.programs["mail"] = Program("mail", command, world.environment, world.data / "logs" / "mail.log")
    world.programs["mail"].ensure()
    began, before = time.monotonic(), -1
    while True:
        time.sleep(TELL_EVERY_SECONDS)
        ((owed,),) = world.ask("SELECT count(*) FROM core_email WHERE status IN ('queued', 'sending')")
        came = sum(inbox.came.values())
        _say(f"{came:,} mails sent, {owed:,} owed")
        if not owed or came == before:
            break
        before = came
    seconds = time.monotonic() - began
    ((sent,),) = world.ask("SELECT count(*) FROM core_email WHERE status = 'sent'")
    return {
        "seconds": round(seconds, 1),
        "owed": owed,
        "sent": sent,
        "came": came,
        "distinct": len(inbox.came),
        "twice": sum(n > 1 for n in inbox.came.values()),
    }


def _report(given: argparse.Namespace, seen: Storm, seconds: float, cpu: dict[str, float]) -> dict[str, Any]:
    times = sorted(seen.seconds)
    return {
        "submissions": given.submissions,
        "clients": given.clients,
        "seconds": round(seconds, 1),
        "per_second": round(given.submissions / seconds, 1),
        "p50_ms": round(times[len(times) // 2] * 1000),
        "p99_ms": round(times[len(times) * 99 // 100] * 1000),
        "cpu_ms_each": {name: round(used * 1000 / given.submissions, 1) for name, used in cpu.items()},
        "answers": {f"{'good' if ok else 'bad'} {status}": n for (ok, status), n in sorted(seen.answers.items())},
        "wrong_answers": seen.wrong(),
    }


def _run(world: World, form_key: str, given: argparse.Namespace, inbox: Inbox) -> tuple[dict[str, Any], bool]:
    """Send, count and judge; return the report and whether all is well."""
    base, processes = f"http://127.0.0.1:{world.environment['PORT']}", _processes(world)
    began, before = time.monotonic(), {name: _cpu_seconds(pid) for name, pid in processes.items()}
    seen = asyncio.run(storm(base, form_key, submissions=given.submissions, clients=given.clients))
    cpu = {name: _cpu_seconds(pid) - before[name] for name, pid in processes.items()}
    report = _report(given, seen, time.monotonic() - began, cpu)
    stored, good = _stored(world), seen.good()
    report |= {"stored": stored, "lost": good - stored["leads"]}
    whole = {"leads": good, "addresses": good, "consents": good, "mails": 2 * good, "distinct_mails": 2 * good}
    well = not seen.wrong() and stored == whole and len(seen.receipts) == good
    if given.deliver:
        report["mail"] = mail = _deliver(world, inbox)
        well = well and mail["owed"] == mail["twice"] == 0 and mail["distinct"] == mail["sent"] == 2 * good
    return report, well


def main() -> int:
    """Run and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=50_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--deliver", action="store_true", help="send the mails too")
    given = parser.parse_args()
    inbox = Inbox()
    smtp = Controller(inbox, hostname="127.0.0.1", port=free_port())
    smtp.start()
    world, form_key = _installation(smtp.port)
    try:
        report, well = _run(world, form_key, given, inbox)
    finally:
        world.close()
        smtp.stop()
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
