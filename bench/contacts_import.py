"""How fast an import is beside the bare database, and whether its memory stays flat.

`python -m bench.contacts_import --rows 1000000` measures in one run: COPY into a staging table and INSERT … ON
CONFLICT of the same people into a table with the same indexes (the yardstick), the import of a small file, and
the import of the whole one, each in a process of its own. Exit code 0 means that all rows came in as they must,
that memory did not grow with the file, and that nothing of the run is left on the disk.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import sys
import tempfile
import time
import uuid
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg

from bench.chaos_world import World
from bench.contacts_people import HEADER, PeopleFile
from crm.embedded.place import socket_dir

GOAL = 0.6
MOST_MB = 300
STAGED = 10_000
SMALLEST = 10_000
"""Rows of the small file: two whole batches at least, or its memory is not that of an import under way."""


def write_file(path: Path, rows: int) -> None:
    """The file, line by line."""
    file = PeopleFile(rows)
    with path.open("w") as out:
        out.write(HEADER + "\n")
        out.writelines(file.line(n) + "\n" for n in range(rows))


def yardstick(url: str, rows: int) -> float:
    """Rows a second of COPY to a staging table and INSERT … ON CONFLICT, with every index of the contacts."""
    file, tenant = PeopleFile(rows), uuid.uuid4()
    columns = "id, tenant_id, first_name, email, phone_number, company, referral_code, last_name, title, status, tags"
    rest = ", notes, custom_fields, enrichment_data, timezone"
    people = (file.person(n) for n in range(rows))
    seconds = 0.0
    with psycopg.connect(url) as owner:
        owner.execute("CREATE TABLE yardstick (LIKE contacts_contact INCLUDING ALL)")
        owner.execute(
            "CREATE TEMP TABLE stage (id uuid, tenant_id uuid, first_name text, email text, phone_number text,"
            " company text, referral_code text) ON COMMIT DELETE ROWS"
        )
        owner.commit()
        while batch := list(islice(people, STAGED)):
            began = time.monotonic()
            with owner.cursor() as cursor, cursor.copy("COPY stage FROM STDIN") as copy:
                for first, email, phone, company in batch:
                    copy.write_row((uuid.uuid4(), tenant, first, email, phone, company, uuid.uuid4().hex[:16]))
            owner.execute(
                f"INSERT INTO yardstick ({columns}{rest}) SELECT *, 'Lee, Jr.', '', 'lead', '{{Summer,Fair}}',"
                " '', '{}', '{}', '' FROM stage ON CONFLICT DO NOTHING"
            )
            owner.commit()
            seconds += time.monotonic() - began
        owner.execute("DROP TABLE yardstick")
    return rows / seconds


def work(tenant: str, job: str) -> dict[str, Any]:
    """Carry an import to its end in this process; return seconds and the most memory it took."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    import django

    django.setup()
    from contacts.importing.engine import BATCH, run_slice

    began = time.monotonic()
    while run_slice(uuid.UUID(tenant), uuid.UUID(job)):
        pass
    seconds = time.monotonic() - began
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"seconds": round(seconds, 1), "peak_mb": peak_mb, "batch": BATCH}


def measure(world: World, folder: Path, rows: int) -> dict[str, Any]:
    """Import so many rows into a workspace of their own."""
    path = folder / f"{rows}.csv"
    write_file(path, rows)
    tenant = json.loads(world.run("-m", "bench.contacts_people", "make", "0"))["tenant"]
    job = json.loads(world.run("-m", "bench.contacts_people", "start", tenant, str(path)))["import"]
    path.unlink()
    told = json.loads(world.run("-m", "bench.contacts_import", "--work", tenant, job))
    counts = world.ask("SELECT status, created, updated, skipped, failed FROM contacts_import WHERE id = %s", job)[0]
    expected = PeopleFile(rows).expected()["counts"]
    as_told = ("completed", expected["created"] + expected["updated"], 0, expected["skipped"], expected["failed"])
    return {"rows": rows, **told, "rows_per_second": round(rows / told["seconds"]), "exact": counts == as_told}


def run(rows: int) -> dict[str, Any]:
    """One run in a world of its own."""
    world = World(speed=1, faults={})
    with tempfile.TemporaryDirectory() as folder:
        try:
            world.start()
            small = measure(world, Path(folder), max(SMALLEST, rows // 10))
            bare = yardstick(world.urls["DATABASE_OWNER_URL"], rows)
            whole = measure(world, Path(folder), rows)
        finally:
            world.close()
    left = [str(path) for path in (world.data, socket_dir(world.data), Path(folder)) if path.exists()]
    ratio = whole["rows_per_second"] / bare
    flat = whole["peak_mb"] <= min(MOST_MB, small["peak_mb"] * 1.25) and small["rows"] >= 2 * small["batch"]
    return {
        "yardstick_rows_per_second": round(bare),
        "small": small,
        "whole": whole,
        "ratio": round(ratio, 2),
        "ratio_reached": ratio >= GOAL,
        "left_behind": left,
        "ok": small["exact"] and whole["exact"] and flat and not left,
    }


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--work", nargs=2, metavar=("TENANT", "IMPORT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rows < 2 * SMALLEST:
        parser.error(
            f"--rows: at least {2 * SMALLEST:,}, or there is nothing to compare the memory of {SMALLEST:,} with"
        )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that an ended run ends what it has started
    result = work(*options.work) if options.work else run(options.rows)
    sys.stdout.write(json.dumps(result) + "\n")
    return int(not result.get("ok", True))


if __name__ == "__main__":
    sys.exit(main())
