"""An import of four batches whose Celery worker is killed; `python -m bench.contacts_kills` is the full size."""

import os

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from bench.chaos_world import Program
from bench.contacts_kills import WORKER, Killer
from bench.contacts_people import PeopleFile, found, make, start, undo

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ROWS = 20_000


def ask(sql, *params):
    with psycopg.connect(url_of("owner")) as owner:
        return owner.execute(sql, params).fetchall()


def url_of(alias):
    at = connections[alias].get_connection_params()
    host, port = at.get("host", ""), at.get("port") or 5432
    return f"postgresql://{at['user']}:{at.get('password', '')}@/{at['dbname']}?host={host}&port={port}"


@pytest.fixture
def killer(tmp_path):
    """A real worker on the database and the Redis of this test, killed at its end."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    outer |= {"DATABASE_URL": url_of("default"), "DATABASE_OWNER_URL": url_of("owner")}
    outer |= {"REDIS_URL": settings.REDIS_URL, "IMPORT_LEASE_SECONDS": "0.7"}
    worker = Program("worker", WORKER, outer, tmp_path / "worker.log")
    worker.ensure()
    try:
        yield Killer(worker, settings.CELERY_BROKER_URL, ask)
    finally:
        worker.kill()


def test_an_import_and_its_undo_are_exact_though_the_worker_is_killed(killer, tmp_path):
    file = PeopleFile(ROWS)
    path = tmp_path / "people.csv"
    path.write_text(file.text())
    tenant = make(ROWS)["tenant"]
    before = found(ask, tenant)
    job = start(tenant, str(path))["import"]
    told = killer.drive(job, "import", kills=3, limit=120)
    assert (told["status"], sum(told["killed"].values())) == ("completed", 3), (tmp_path / "worker.log").read_text()
    after = found(ask, tenant, job)
    assert {name: after[name] for name in file.expected()} == file.expected()
    undo(tenant, job)
    assert killer.drive(job, "undo", kills=1, limit=120)["status"] == "undone"
    assert found(ask, tenant) == before
