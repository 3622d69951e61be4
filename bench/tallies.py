"""Ways to keep a campaign's counters: how fast eight writers are with each, and what reading costs.

`python -m bench.tallies` lets eight connections move leads of one campaign from state to state, a few milliseconds
a transaction as a webhook takes, while counters are kept in no way, in one row a state, in rows spread over 16 places,
or as appended changes (the product's way). Tables of its own in the database of this checkout; they are dropped.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import threading
import time
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

import django

django.setup()

import psycopg
from django.db import connections

APART = True
STATES = ("pending", "queued", "dialing", "in_call", "done")
TABLES = """
DROP SCHEMA IF EXISTS bench_tallies CASCADE;
CREATE SCHEMA bench_tallies;
CREATE TABLE bench_tallies.lead (id int PRIMARY KEY, status text NOT NULL);
INSERT INTO bench_tallies.lead SELECT n, 'pending' FROM generate_series(0, {leads} - 1) n;
CREATE TABLE bench_tallies.tally (status text, place int, n int NOT NULL);
INSERT INTO bench_tallies.tally SELECT s, p, 0 FROM unnest(%(states)s::text[]) s, generate_series(0, 15) p;
CREATE INDEX ON bench_tallies.tally (status, place);
UPDATE bench_tallies.tally SET n = {leads} WHERE status = 'pending' AND place = 0;
"""
CHANGES = """(SELECT status, sum(s)::int AS n FROM (SELECT status, -1 AS s FROM gone
 UNION ALL SELECT status, 1 FROM came) c GROUP BY 1 HAVING sum(s) <> 0 {order}) d"""
ADD = "UPDATE bench_tallies.tally t SET n = t.n + d.n FROM {changes} WHERE t.status = d.status AND t.place = {place}"
WAYS = {
    "none": "",
    "a row a state": ADD.format(changes=CHANGES.format(order="ORDER BY 1"), place="0"),
    "rows in 16 places": ADD.format(changes=CHANGES.format(order="ORDER BY 1"), place="pg_backend_pid() % 16"),
    "appended changes": f"INSERT INTO bench_tallies.tally SELECT d.status, 0, d.n FROM {CHANGES.format(order='')}",
}
TRIGGER = """
CREATE FUNCTION bench_tallies.count() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {way}; RETURN NULL; END $$;
CREATE TRIGGER count AFTER UPDATE ON bench_tallies.lead REFERENCING OLD TABLE AS gone NEW TABLE AS came
FOR EACH STATEMENT EXECUTE FUNCTION bench_tallies.count();
"""
MOVE = "UPDATE bench_tallies.lead SET status = %s WHERE id = %s"


class Writers:
    """Connections that move leads of their own for some seconds."""

    def __init__(self, params: dict[str, Any], *, count: int, leads: int, hold: float, seconds: float) -> None:
        self.params, self.count, self.leads, self.hold = params, count, leads, hold
        self.ends = time.monotonic() + seconds
        self.moved = [0] * count
        self.deadlocks = [0] * count

    def run(self) -> None:
        """Until the time is over."""
        threads = [threading.Thread(target=self._write, args=(number,)) for number in range(self.count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _write(self, number: int) -> None:
        chance = random.Random(number)
        with psycopg.connect(**self.params) as connection:
            while time.monotonic() < self.ends:
                try:
                    with connection.transaction():
                        for _ in range(2):
                            lead = chance.randrange(self.leads // self.count) * self.count + number
                            connection.execute(MOVE, [chance.choice(STATES), lead])
                        time.sleep(self.hold)
                    self.moved[number] += 1
                except psycopg.errors.DeadlockDetected:
                    self.deadlocks[number] += 1


def measure(params: dict[str, Any], way: str, options: argparse.Namespace) -> dict[str, Any]:
    """Transactions a second, deadlocks, and the time of reading all counters after that."""
    with psycopg.connect(**params, autocommit=True) as owner:
        owner.execute(TABLES.format(leads=options.leads).replace("%(states)s", f"'{{{','.join(STATES)}}}'"))
        if WAYS[way]:
            owner.execute(TRIGGER.format(way=WAYS[way]))
        writers = Writers(
            params, count=options.writers, leads=options.leads, hold=options.hold / 1000, seconds=options.seconds
        )
        writers.run()
        began = time.perf_counter()
        told = dict(owner.execute("SELECT status, sum(n) FROM bench_tallies.tally GROUP BY 1").fetchall())
        read = time.perf_counter() - began
        rows = dict(owner.execute("SELECT status, count(*) FROM bench_tallies.lead GROUP BY 1").fetchall())
        owner.execute("DROP SCHEMA bench_tallies CASCADE")
    exact = {name: n for name, n in told.items() if n} == rows
    return {
        "transactions_a_second": round(sum(writers.moved) / options.seconds),
        "deadlocks": sum(writers.deadlocks),
        "read_ms": round(read * 1000, 2),
        "exact": exact,
    }


def main() -> int:
    """Run, print; exit 0 when every way that counts was exact."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--hold", type=float, default=3.0, help="milliseconds a transaction stays open")
    options = parser.parse_args()
    params = connections["owner"].get_connection_params()
    params = {name: value for name, value in params.items() if name not in ("cursor_factory", "context")}
    result = {way: measure(params, way, options) for way in WAYS}
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return 0 if all(told["exact"] for way, told in result.items() if way != "none") else 1


if __name__ == "__main__":
    sys.exit(main())
