"""Start what is not running, find what is, stop both: the calls the rest of the product uses."""

import os
from pathlib import Path
from typing import NamedTuple

from crm.embedded import postgres, redis
from crm.embedded.place import data_dir, home_of, locked, service_account, socket_dir


class Urls(NamedTuple):
    """How to reach the database: as the product's role, and as the role that owns the tables and migrates."""

    database_url: str
    owner_url: str


def _pgdata(data: Path) -> Path:
    return home_of(data, "postgres", service_account())


def _postgres_runs(data: Path) -> bool:
    return (data / "postgres.place").exists() and postgres.is_ready(data, _pgdata(data))


def ensure_postgres(data: Path | None = None) -> Urls:
    """Return the URLs of the running PostgreSQL of a data folder, starting it first when needed."""
    data = data or data_dir()
    if not _postgres_runs(data):
        with locked(data):
            if not _postgres_runs(data):
                postgres.start(data)
    # Killed between start and preparation: the server runs, the marker is missing.
    if not (_pgdata(data) / "switchboard.prepared").exists():
        with locked(data):
            postgres.prepare(data, _pgdata(data))
    return Urls(postgres.url(data, "crm_app"), postgres.url(data, "crm_owner"))


def ensure_redis(data: Path | None = None) -> str:
    """Return the URL of the running Redis of a data folder, starting it first when needed."""
    data = data or data_dir()
    if not redis.is_ready(data):
        with locked(data):
            if not redis.is_ready(data):
                redis.start(data)
    return redis.url(data)


def revive(data: Path) -> list[str]:
    """Start again those servers of a data folder which this process uses and whose process is gone.

    Returns their names. One that lives but is slow to answer is left alone.
    """
    revived = []
    uses_postgres = os.environ.get("DATABASE_URL") == postgres.url(data, "crm_app")
    uses_redis = os.environ.get("REDIS_URL") == redis.url(data)
    with locked(data):
        if uses_postgres and not postgres.postmaster(_pgdata(data)):
            postgres.start(data)
            revived.append("PostgreSQL")
        if uses_redis and not redis.server(data):
            redis.start(data)
            revived.append("Redis")
    return revived


def is_running(data: Path | None = None) -> dict[str, bool]:
    """Tell which of the two servers accept connections now; starts nothing."""
    data = data or data_dir()
    return {"postgres": _postgres_runs(data), "redis": redis.is_ready(data)}


def stop(data: Path | None = None) -> None:
    """Stop both servers of a data folder, the database last, and remove their socket folder."""
    data = data or data_dir()
    if not data.exists():
        return
    with locked(data):
        redis.stop(data)
        if (data / "postgres.place").exists():
            postgres.stop(data, _pgdata(data))
        sockets = socket_dir(data)
        for leftover in (sockets / "redis.sock", sockets / ".s.PGSQL.5432.lock", sockets / ".s.PGSQL.5432"):
            leftover.unlink(missing_ok=True)
        if sockets.is_dir() and not any(sockets.iterdir()):
            sockets.rmdir()
