"""Search and list of a million contacts under row-level security, beside the bare index.

`python -m bench.contacts_search` fills one workspace and a second one beside it, then times the product's search
and list as the role the product runs under, and the same look-up as the owner without ranks or highlights.
Exit code 0 means that search keeps to three times the bare query and that a deep page costs what the first does.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

import psycopg

from bench.chaos_world import World

GOAL = 3.0
REPEATS = 15
FIRST = "Ada,Grace,Alan,Barbara,Edsger,Frances,Donald,Margaret,Ken,Radia,Linus,Hedy,Tim,Katherine,Dennis,Mary,José,Zoë"
LAST = "Lovelace,Hopper,Turing,Liskov,Dijkstra,Allen,Knuth,Hamilton,Thompson,Perlman,Torvalds,Lamarr,Berners,Johnson"
FILL = """
INSERT INTO contacts_contact (id, tenant_id, first_name, last_name, email, phone_number, company, title, status, tags,
  notes, custom_fields, enrichment_data, timezone, referral_code, created_at)
SELECT crm_uuid7(), %(tenant)s,
  f.names[1 + n %% 18] || CASE WHEN n %% 3 = 0 THEN '' ELSE substr(md5(n::text), 1, 4) END,
  l.names[1 + n / 18 %% 14] || CASE WHEN n %% 7 = 0 THEN '' ELSE substr(md5((n * 7)::text), 1, 5) END,
  'p' || n || '@firm' || n %% 9973 || '.example', '+1' || 2000000000 + n::bigint * 7919 %% 7999999999,
  initcap(substr(md5((n %% 9973)::text), 1, 7)) || ' Works', 'Buyer', 'lead',
  (CASE WHEN n %% 5 = 0 THEN '{vip}' ELSE '{}' END)::varchar[],
  '', '{}', '{}', '', upper(substr(md5('r' || n), 1, 12)), now() - n * interval '1 second'
FROM generate_series(%(first)s::int, %(last)s::int) AS n,
  (SELECT string_to_array(%(firsts)s, ',') AS names) AS f, (SELECT string_to_array(%(lasts)s, ',') AS names) AS l
"""
STEP = 50_000
QUERIES = {
    "a rare word": "p500001",
    "a common word": "lovelace",
    "two words": "grace hopper",
    "a prefix": "dijk",
    "a misspelling": "lovelase",
    "digits of a number": "415079",
}
BARE = "SELECT c.id FROM contacts_contact c WHERE c.tenant_id = %s AND c.search_document LIKE %s LIMIT 20"
BARE_FUZZY = "SELECT c.id FROM contacts_contact c WHERE c.tenant_id = %s AND %s <%% c.search_document LIMIT 20"


def fill(url: str, tenant: str, rows: int) -> None:
    """So many people of many names, in steps."""
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("SELECT set_config('app.tenant', %s, false)", [tenant])
        for first in range(0, rows, STEP):
            last = min(rows, first + STEP) - 1
            owner.execute(FILL, {"tenant": tenant, "first": first, "last": last, "firsts": FIRST, "lasts": LAST})
        owner.execute("VACUUM ANALYZE contacts_contact")


def p95(act: Callable[[], Any]) -> float:
    """Milliseconds that nineteen of twenty runs keep to."""
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        act()
        times.append((time.perf_counter() - began) * 1000)
    return round(statistics.quantiles(times, n=20)[-1], 2)


def bare(url: str, tenant: str) -> dict[str, float]:
    """The look-ups alone, as the owner."""
    told = {}
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("SELECT set_config('app.tenant', %s, false)", [tenant])
        owner.execute("SET pg_trgm.word_similarity_threshold = 0.45")
        for name, query in QUERIES.items():
            fuzzy = name == "a misspelling"
            words = f"%{query}%" if query.isdigit() else "% " + "%".join(query.split()) + "%"
            values = (tenant, query if fuzzy else words)
            told[name] = p95(lambda f=fuzzy, v=values: owner.execute(BARE_FUZZY if f else BARE, v).fetchall())
    return told


def inside(tenant: str) -> dict[str, Any]:
    """Search, plans and list in this process, as the product's role."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    import django

    django.setup()
    from django.db import connection, transaction
    from django.test import RequestFactory
    from rest_framework.request import Request

    from contacts.models import Contact
    from contacts.search import load_hits, ranked_ids
    from core.pagination import Pages
    from core.scope import tenant_scope

    def search(query: str) -> int:
        with transaction.atomic():
            return len(load_hits(query, ranked_ids(query)[:20]))

    def page(cursor: str = "") -> Pages:
        pages = Pages()
        request = Request(RequestFactory().get("/", {"cursor": cursor} if cursor else {}))
        pages.paginate_queryset(Contact.objects.active().order_by("-created_at", "-id"), request)
        return pages

    with tenant_scope(uuid.UUID(tenant)):
        with connection.cursor() as sql:
            sql.execute(
                "SELECT current_user, (SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user)"
            )
            role, walks_past = sql.fetchone()
        found = {name: search(query) for name, query in QUERIES.items()}
        times = {name: p95(lambda q=query: search(q)) for name, query in QUERIES.items()}
        deep = _deep_cursor(Contact)
        listing = {"first page": p95(page), "page after 500,000": p95(lambda: page(deep))}
    return {"role": role, "past_policies": walks_past, "found": found, "search": times, "list": listing}


def _deep_cursor(model: Any) -> str:
    """The cursor of a page in the middle."""
    from core.pagination import _encode, ordering_of
    from core.scope import current_tenant_id

    rows = model.objects.active().order_by("-created_at", "-id")
    middle = rows[500_000] if rows.count() > 500_000 else rows.last()
    return _encode(middle, ordering_of(rows), str(current_tenant_id()))


def run(rows: int, beside: int) -> dict[str, Any]:
    """One run in a world of its own."""
    world = World(speed=1, faults={})
    world.environment["STATEMENT_TIMEOUT"] = "120s"
    try:
        world.start()
        owner = world.urls["DATABASE_OWNER_URL"]
        for count in (beside, rows):
            tenant = json.loads(world.run("-m", "bench.contacts_people", "make", "0"))["tenant"]
            fill(owner, tenant, count)
        floor = bare(owner, tenant)
        told = json.loads(world.run("-m", "bench.contacts_search", "--inside", tenant))
    finally:
        world.close()
    ratios = {name: round(ms / floor[name], 1) for name, ms in told["search"].items()}
    listing = told["list"]
    return {
        "contacts": rows,
        **told,
        "bare": floor,
        "ratios": ratios,
        "misses": [name for name, ratio in ratios.items() if ratio > GOAL],
        "deep_page_flat": listing["page after 500,000"] <= 1.5 * listing["first page"],
    }


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--beside", type=int, default=200_000, help="contacts of another workspace")
    parser.add_argument("--inside", metavar="TENANT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    result = inside(options.inside) if options.inside else run(options.rows, options.beside)
    sys.stdout.write(json.dumps(result) + "\n")
    return int(bool(result.get("misses")) or not result.get("deep_page_flat", True))


if __name__ == "__main__":
    sys.exit(main())
