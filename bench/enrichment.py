"""Enriching many contacts at once with the product's own web server and workers, while people read pages.

`python -m bench.enrichment --contacts 10000` brings up an installation of its own, starts a batch over all its
contacts on the page, and reads that batch's page, the contact list and a contact until the batch has ended.
Prints contacts per second, how long those pages took before and meanwhile, and the longest time in which no
contact was finished. Exit code 0: every contact was looked up, the purse agrees, and no page failed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
import time
from typing import Any

import httpx

from bench.chaos_world import World

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
MODULE = "bench.enrichment"
EMAIL, PASSWORD = "admin@enrichment.example", "enrich-enrich"


def prepare(count: int) -> None:
    """A workspace with contacts at company addresses and credits enough (run inside the installation)."""
    import uuid

    import django

    django.setup()
    from accounts.services import create_workspace
    from contacts.models import Contact
    from core.scope import tenant_scope

    made = create_workspace(name="Bench", email=EMAIL, password=PASSWORD, credits=count * 2)
    with tenant_scope(uuid.UUID(made["tenant_id"])):
        contacts = [Contact(email=f"jo.li{n}@firm{n}.example", first_name="Jo") for n in range(count)]
        Contact.objects.bulk_create(contacts, batch_size=2_000)
        sys.stdout.write(json.dumps({"contact": str(contacts[0].pk)}))


def sign_in(base: str) -> httpx.Client:
    """A browser's session."""
    client = httpx.Client(base_url=base, follow_redirects=True, timeout=30)
    for _ in range(120):
        try:
            form = client.get("/login")
            break
        except httpx.TransportError:
            time.sleep(0.5)
    post(client, "/login", form.text, username=EMAIL, password=PASSWORD)
    return client


def post(client: httpx.Client, path: str, page: str, **data: str) -> httpx.Response:
    """Send the form of a page."""
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token, page[:500]
    return client.post(path, data={"csrfmiddlewaretoken": token[1], **data}, headers={"Referer": str(client.base_url)})


def read(client: httpx.Client, pages: dict[str, str], times: dict[str, list[float]], failed: list[str]) -> None:
    """Read each page once and note how long it took."""
    for name, path in pages.items():
        began = time.perf_counter()
        answer = client.get(path)
        times.setdefault(name, []).append(time.perf_counter() - began)
        if answer.status_code != 200:
            failed.append(f"{path}: {answer.status_code}")


def figures(times: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Middle, 95th percentile and worst, in milliseconds."""
    return {
        name: {
            "reads": len(taken),
            "p50_ms": round(statistics.median(taken) * 1000),
            "p95_ms": round(sorted(taken)[int(len(taken) * 0.95)] * 1000),
            "worst_ms": round(max(taken) * 1000),
        }
        for name, taken in times.items()
    }


def watch(client: httpx.Client, world: World, batch: str, pages: dict[str, str], patience: float) -> dict[str, Any]:
    """Read pages until the batch has ended; answers what was seen meanwhile."""
    times: dict[str, list[float]] = {}
    failed: list[str] = []
    began = moved = time.monotonic()
    done, stall, status = 0, 0.0, ""
    while status != "completed" and time.monotonic() - began < patience:
        read(client, {"batch": f"/enrichment/batches/{batch}", **pages}, times, failed)
        ((ended, status),) = world.ask(
            "SELECT (SELECT count(*) FROM enrichment_enrichmentrun WHERE batch_id = b.id AND completed_at IS NOT NULL),"
            " b.status FROM enrichment_enrichmentbatch b WHERE b.id = %s",
            batch,
        )
        now = time.monotonic()
        if ended > done or not done:
            stall, moved = max(stall, now - moved if done else 0), now
        done = ended
        time.sleep(0.5)
    seconds = time.monotonic() - began
    return {
        "looked_up": done,
        "seconds": round(seconds, 1),
        "contacts_per_second": round(done / seconds, 1),
        "longest_stall_seconds": round(stall, 1),
        "pages_meanwhile": figures(times),
        "failed_pages": failed[:10],
        "load": os.getloadavg()[0],
    }


def books(world: World) -> dict[str, Any]:
    """What was found and paid."""
    ((found, spent, balance, held, entries),) = world.ask(
        "SELECT (SELECT count(*) FROM enrichment_enrichmentrun WHERE before <> '{}'),"
        " (SELECT sum(credits) FROM enrichment_enrichmentrun), a.balance, a.held,"
        " (SELECT sum(amount) FROM accounts_ledgerentry e WHERE e.account_id = a.id)"
        " FROM accounts_ledgeraccount a WHERE a.kind = 'credits'"
    )
    return {
        "found": found,
        "credits": int(spent),
        "balance": balance,
        "held": held,
        "off_by": int(balance - entries),
    }


def prove(count: int, patience: float) -> dict[str, Any]:
    """Bring everything up, run one batch, take it down."""
    world = World(speed=1, faults={}, dialers=0)
    try:
        world.start()
        world.run("manage.py", "collectstatic", "--noinput", "-v", "0")
        made = json.loads(world.run("-m", MODULE, "--prepare", str(count)))
        world.start_workers()
        celery = [sys.executable, "-m", "celery", "-A", "crm", "worker", "-Q", "default,enrichment,mail", "-c", "2"]
        world._program("worker", [*celery, "--loglevel", "error", "--without-mingle", "--without-gossip"])
        client = sign_in(world.environment["PUBLIC_BASE_URL"])
        pages = {"contacts": "/contacts", "contact": f"/contacts/{made['contact']}", "spending": "/enrichment"}
        before: dict[str, list[float]] = {}
        failed: list[str] = []
        for _ in range(10):
            read(client, pages, before, failed)
        started = post(client, "/enrichment/start", client.get("/enrichment/new").text, scope="matching")
        batch = started.url.path.rpartition("/")[2]
        seen = watch(client, world, batch, pages, patience)
        return {"contacts": count, **seen, "pages_before": figures(before), **books(world)}
    finally:
        world.close()


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=3600, help="look no longer than this, and fail")
    parser.add_argument("--prepare", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prepare:
        prepare(options.prepare)
        return 0
    found = prove(options.contacts, options.seconds)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    whole = found["looked_up"] == found["found"] == options.contacts
    return int(not whole or found["off_by"] != 0 or found["held"] != 0 or bool(found["failed_pages"]))


if __name__ == "__main__":
    sys.exit(main())
