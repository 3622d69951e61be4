"""The public form under load: eight clients send at once, one submission in a hundred of them bad.

Run `python -m bench.intake` for 50,000 against an installation of its own under gunicorn. Prints JSON; exit code 0
means that every good one was answered 201 and stored once with its two mails, every bad one was answered 400 and left
nothing, and nothing answered 5xx. The limits per address are out of the way: all clients share one address here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.chaos_world import Program, World

ADMIN = ("--email", "load@example.com", "--password", "correct-horse-battery")
ROUTE = "/api/v1/public/leads"
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
    waiting = [submission(number, form_key, dice, bad) for number in range(first, first + submissions)]

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

    await asyncio.gather(*(client() for _ in range(clients)))
    return seen


def _installation() -> tuple[World, str]:
    """Servers, schema, a workspace and gunicorn; return the world and the form key."""
    world = World(speed=1, faults={})
    world.environment |= {
        "INTAKE_RATE_PER_FORM_AND_ADDRESS": "10000000/min",
        "INTAKE_RATE_PER_ADDRESS": "10000000/min",
        "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
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


def main() -> int:
    """Run and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=50_000)
    parser.add_argument("--clients", type=int, default=8)
    given = parser.parse_args()
    world, form_key = _installation()
    try:
        began = time.monotonic()
        base = f"http://127.0.0.1:{world.environment['PORT']}"
        seen = asyncio.run(storm(base, form_key, submissions=given.submissions, clients=given.clients))
        seconds = time.monotonic() - began
        stored = _stored(world)
    finally:
        world.close()
    times = sorted(seen.seconds)
    good = seen.good()
    lost = good - stored["leads"]
    report = {
        "submissions": given.submissions,
        "clients": given.clients,
        "seconds": round(seconds, 1),
        "per_second": round(given.submissions / seconds, 1),
        "p50_ms": round(times[len(times) // 2] * 1000),
        "p99_ms": round(times[len(times) * 99 // 100] * 1000),
        "answers": {f"{'good' if ok else 'bad'} {status}": n for (ok, status), n in sorted(seen.answers.items())},
        "wrong_answers": seen.wrong(),
        "stored": stored,
        "lost": lost,
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    whole = {"leads": good, "addresses": good, "consents": good, "mails": 2 * good, "distinct_mails": 2 * good}
    return 0 if not seen.wrong() and stored == whole and len(seen.receipts) == good else 1


if __name__ == "__main__":
    sys.exit(main())
