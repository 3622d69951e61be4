"""What one request costs: the product's API through the whole stack, beside Django REST framework alone.

`python -m bench.requests` fills two workspaces of one table (a small and a large one), serves the product and the
floor (bench/floor.py) the same way, one worker process each, and asks both in turns by one client. It prints requests
a second and their ratios, CPU a request (the worker and every process of PostgreSQL), SQL statements a request, and
the p95 of lists and pages in the small and in the large workspace. Exit code 0 means the goals are met: 60 % of the
floor for lists and one record, 50 % for create, lists that do not grow with the table, and at most 5 statements for a
list of contacts, 6 of leads, 5 for one record, 4 for a search and 8 to create. Times travel from machine to machine
as multiples of what the floor's list takes there: where it takes 3.8 ms of CPU, ours may take 8 and a page 100 ms.
The 8 and 100 ms themselves are judged as well.

Statements are told twice: `raw` is all that Django sends, `own` is without what only opens and closes a transaction
and its workspace (BEGIN, COMMIT, ROLLBACK, savepoints, set_config). The goals are compared with `own`: the frame is
the price of the tenant wall, alike on every request, and says nothing of how a view was written.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from bench.chaos_world import World, free_port
from bench.contacts_search import fill

PASSWORD = "requests-requests"
ROUNDS, BATCH = 12, 25
LEADS = """
INSERT INTO leads_lead (id, tenant_id, contact_id, first_name, last_name, email, phone_number, company, state, source,
  message, custom_fields, consent, resume, resume_name, created_at)
SELECT crm_uuid7(), tenant_id, id, first_name, last_name, email, phone_number, company, 'pending', 'bench', '', '{}',
  true, '', '', created_at FROM contacts_contact WHERE tenant_id = %s
"""
FLOORS = {"list": "list", "leads": "list", "one": "one", "create": "create"}
SHARE = {"list": 0.6, "leads": 0.6, "one": 0.6, "create": 0.5}
STATEMENTS = {"list": 5, "leads": 6, "one": 5, "search": 4, "create": 8}
FRAME = re.compile(r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE SAVEPOINT|SELECT set_config\()", re.IGNORECASE)
FLOOR_MS, CPU_MS, PAGE_MS = 3.8, 8, 100
GROWTH = {"contacts": "list", "leads": "leads"}
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of(pids: list[int]) -> float:
    """CPU seconds these processes have used, children they have reaped included."""
    spent = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        spent += sum(map(int, fields[11:15]))
    return spent / TICKS


def children(pid: int) -> list[int]:
    """The children of a process."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@dataclass
class Client:
    """One connection that stays open."""

    port: int
    headers: dict[str, str]
    times: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """One request; anything but success ends the run."""
        text = json.dumps(body) if body is not None else None
        headers = self.headers | ({"Content-Type": "application/json"} if text else {})
        self.connection.request("POST" if text else "GET", path, text, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{path}: {answer.status} {content[:300]!r}")
        return json.loads(content) if "json" in answer.headers["Content-Type"] else len(content)

    def batch(self, name: str, act: Callable[[], Any], pids: Callable[[], list[int]]) -> None:
        """Some requests of one kind, timed."""
        self.connection.close()  # an idle one may have been shut by the server
        self.connection.connect()
        before = cpu_of(pids())
        for _ in range(BATCH):
            began = time.perf_counter()
            act()
            self.times.setdefault(name, []).append((time.perf_counter() - began) * 1000)
        self.cpu[name] = self.cpu.get(name, 0) + cpu_of(pids()) - before

    def told(self) -> dict[str, Any]:
        """Requests a second, p50 and p95 in ms, CPU in ms a request."""
        result = {}
        for name, spent in self.times.items():
            cut = statistics.quantiles(spent, n=20)
            result[name] = {
                "per_second": round(1000 * len(spent) / sum(spent), 1),
                "p50_ms": round(cut[9], 2),
                "p95_ms": round(cut[18], 2),
                "cpu_ms": round(1000 * self.cpu[name] / len(spent), 2),
            }
        return result


def person() -> dict[str, Any]:
    """A body to create a contact from."""
    mark = uuid.uuid4().hex[:12]
    number = f"+1415555{int(mark[:4], 16) % 10000:04}"
    return {"first_name": "New", "last_name": mark, "email": f"{mark}@new.example", "phone_number": number}


def kinds(client: Client, prefix: str, one: str) -> dict[str, Callable[[], Any]]:
    """What is asked of either side."""
    return {
        "list": lambda: client.ask(f"{prefix}/contacts"),
        "one": lambda: client.ask(f"{prefix}/contacts/{one}"),
        "create": lambda: client.ask(f"{prefix}/contacts", person()),
    }


def measure(world: World, product: Client, small: Client, floor: Client, page: Client) -> dict[str, Any]:
    """Ask in turns, so that whatever else the machine does hits all alike."""
    postmaster = int(next(iter(world.data.glob("**/postmaster.pid"))).read_text().split()[0])

    def pids(name: str) -> list[int]:
        web = world.programs[name].pids()
        return [*web, postmaster, *children(postmaster)]

    ours = kinds(product, "/api/v1", product.ask("/api/v1/contacts")["items"][7]["id"])
    ours["leads"] = lambda: product.ask("/api/v1/leads")
    ours["search"] = lambda: product.ask("/api/v1/contacts/search?q=dijk")
    theirs = kinds(floor, "", floor.ask("/contacts")["results"][7]["id"])
    pages = {"contacts": "/contacts", "leads": "/leads", "record": f"/contacts/{_first(product)}", "today": "/today"}
    for act in [*ours.values(), *theirs.values()] * 8:
        act()
    for _ in range(ROUNDS):
        for name, act in theirs.items():
            floor.batch(name, act, lambda: pids("floor"))
        for name, act in ours.items():
            product.batch(name, act, lambda: pids("product"))
        for name in ("contacts", "leads"):
            small.batch(name, partial(small.ask, f"/api/v1/{name}"), lambda: pids("product"))
    for name, path in pages.items():
        for _ in range(2):
            page.batch(name, partial(page.ask, path), lambda: pids("product"))
    return {"product": product.told(), "small": small.told(), "floor": floor.told(), "pages": page.told()}


def _first(product: Client) -> str:
    return str(product.ask("/api/v1/contacts")["items"][0]["id"])


def serve(world: World, name: str, application: str) -> int:
    """One worker as the product runs it; its port."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", application, "-k", "uvicorn_worker.UvicornWorker", "-w", "1"]
    world._program(name, [*command, "-b", f"127.0.0.1:{port}", "--log-level", "error"])
    for _ in range(300):
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
        except OSError:
            time.sleep(0.2)
        else:
            return port
    raise RuntimeError(f"{name} does not come up: {(world.data / 'logs' / f'{name}.log').read_text()[-2000:]}")


def make() -> dict[str, str]:
    """A workspace, a token and the cookie of a session."""
    from django.conf import settings
    from django.test import Client as Inner

    from accounts.services import create_workspace

    email = f"{uuid.uuid4().hex[:8]}@requests.test"
    tenant = create_workspace(name="Requests", email=email, password=PASSWORD)["tenant_id"]
    inner: Any = Inner(SERVER_NAME="127.0.0.1")
    access = inner.post("/api/v1/auth/token", {"email": email, "password": PASSWORD}, "application/json").json()
    inner.post("/login", {"username": email, "password": PASSWORD})
    session = inner.cookies[settings.SESSION_COOKIE_NAME]
    return {"tenant": tenant, "access": access["access"], "cookie": f"{session.key}={session.value}"}


def counted(statements: list[str]) -> dict[str, int]:
    """How many statements there are, and how many of them are more than the frame of a request."""
    return {"raw": len(statements), "own": sum(not FRAME.match(sql) for sql in statements)}


def count(access: str) -> dict[str, dict[str, int]]:
    """The statements of one request of each kind, through the whole stack."""
    from django.db import connection
    from django.test import Client as Inner
    from django.test.utils import CaptureQueriesContext

    inner: Any = Inner(SERVER_NAME="127.0.0.1", headers={"Authorization": f"Bearer {access}"})
    one = inner.get("/api/v1/contacts").json()["items"][0]["id"]
    acts = {
        "list": lambda: inner.get("/api/v1/contacts"),
        "leads": lambda: inner.get("/api/v1/leads"),
        "one": lambda: inner.get(f"/api/v1/contacts/{one}"),
        "search": lambda: inner.get("/api/v1/contacts/search?q=dijk"),
        "create": lambda: inner.post("/api/v1/contacts", person(), "application/json"),
    }
    told = {}
    for name, act in acts.items():
        act()
        with CaptureQueriesContext(connection) as asked:
            act()
        told[name] = counted([query["sql"] for query in asked.captured_queries])
        if os.environ.get("BENCH_SQL"):
            sys.stderr.write("".join(f"{name}: {q['sql'][:200]}\n" for q in asked.captured_queries))
    return told


def inside(step: str, value: str) -> dict[str, Any]:
    """In the product's environment: make a workspace with a session, or count statements."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    import django

    django.setup()
    return dict(make() if step == "make" else count(value))


def judge(told: dict[str, Any], statements: dict[str, dict[str, int]]) -> list[str]:
    """The goals that are missed."""
    ours, floor, small = told["product"], told["floor"], told["small"]
    shares = {name: round(ours[name]["per_second"] / floor[FLOORS[name]]["per_second"], 2) for name in FLOORS}
    growth = {name: round(ours[own]["p95_ms"] / small[name]["p95_ms"], 2) for name, own in GROWTH.items()}
    cpu = {name: round(ours[name]["cpu_ms"] / floor["list"]["cpu_ms"], 2) for name in GROWTH.values()}
    pages = {name: round(page["p95_ms"] / floor["list"]["cpu_ms"], 1) for name, page in told["pages"].items()}
    most = PAGE_MS / FLOOR_MS
    told |= {
        "shares": shares,
        "p95_growth": growth,
        "cpu_of_floor": cpu,
        "page_p95_of_floor": pages,
        "statements": statements,
    }
    return [
        *(f"{name} at {share} of the floor" for name, share in shares.items() if share < SHARE[name]),
        *(f"p95 of {name} grows {times} times" for name, times in growth.items() if times > 1.3),
        *(f"{name} takes {n['own']} statements" for name, n in statements.items() if n["own"] > STATEMENTS[name]),
        *(f"{name} takes {times} times the floor's CPU" for name, times in cpu.items() if times > CPU_MS / FLOOR_MS),
        *(f"page {name} takes {times} of the floor's lists" for name, times in pages.items() if times > most),
        *(f"{name} takes {ours[name]['cpu_ms']} ms of CPU" for name in cpu if ours[name]["cpu_ms"] > CPU_MS),
        *(f"page {n} has a p95 of {t['p95_ms']} ms" for n, t in told["pages"].items() if t["p95_ms"] > PAGE_MS),
    ]


def run(rows: int, small_rows: int) -> dict[str, Any]:
    """One run in a world of its own."""
    world = World(speed=1, faults={})
    world.environment |= {"API_RATE": "1000000/min", "ACCESS_TOKEN_SECONDS": "7200"}
    try:
        world.start()
        world.run("manage.py", "collectstatic", "--noinput", "-v", "0")
        owner = world.urls["DATABASE_OWNER_URL"]
        large, small = (json.loads(world.run("-m", "bench.requests", "--inside", "make")) for _ in range(2))
        fill(owner, {large["tenant"]: rows, small["tenant"]: small_rows})
        with psycopg.connect(owner, autocommit=True) as sql:
            for tenant in (large["tenant"], small["tenant"]):
                sql.execute("SELECT set_config('app.tenant', %s, false)", [tenant])
                sql.execute(LEADS, [tenant])
            sql.execute("VACUUM ANALYZE leads_lead")
        world.environment |= world.urls
        world.run("-m", "bench.floor", large["tenant"])
        statements = json.loads(world.run("-m", "bench.requests", "--inside", "count", large["access"]))
        web, floor = serve(world, "product", "crm.asgi:application"), serve(world, "floor", "bench.floor:application")
        bearer = [{"Authorization": f"Bearer {made['access']}"} for made in (large, small)]
        clients = [
            *(Client(web, headers) for headers in bearer),
            Client(floor, {"Authorization": "Token bench"}),
            Client(web, {"Cookie": large["cookie"]}),
        ]
        told = measure(world, *clients)
    finally:
        world.close()
    misses = judge(told, statements)
    return {"contacts": rows, "beside": small_rows, **told, "misses": misses}


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=10_000, help="contacts of the small workspace")
    parser.add_argument("--inside", nargs="+", metavar="STEP", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        sys.stdout.write(json.dumps(inside(options.inside[0], options.inside[-1])) + "\n")
        return 0
    result = run(options.rows, options.small)
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return int(bool(result["misses"]))


if __name__ == "__main__":
    sys.exit(main())
