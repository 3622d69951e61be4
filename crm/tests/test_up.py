"""`manage.py up` as a whole: from an empty folder, through a kill, to nothing left."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from crm import embedded
from crm.embedded import place, postgres, redis
from crm.embedded.place import REPOSITORY
from crm.processes import leftovers, ports

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]
NOT_PASSED_ON = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SIMULATOR_URL", "PUBLIC_BASE_URL")


def start(data: Path, port: int) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
    return subprocess.Popen(
        [sys.executable, "manage.py", "up", "--no-demo"],
        cwd=REPOSITORY,
        env=environment | {"SWITCHBOARD_DATA": str(data), "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_until_ready(up: subprocess.Popen[str]) -> None:
    assert up.stdout is not None
    told = []
    for line in up.stdout:
        told.append(line)
        if "is ready:" in line:
            return
    raise AssertionError("".join(told))


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def wait_until_all_is_well(port: int, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError):
            if json.loads(get(f"http://127.0.0.1:{port}/readyz"))["status"] == "ok":
                return
        assert time.monotonic() < end
        time.sleep(0.2)


def assert_an_idle_connection_stays_open(port: int) -> None:
    """A client that asks every few seconds over one connection is not hung up on in between."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    client.connect()
    opened = client.sock
    for pause in (0.0, 3.0):
        time.sleep(pause)
        client.request("GET", "/healthz")
        assert client.getresponse().read()
    assert client.sock is opened


def test_everything_starts_survives_kill_9_of_itself_and_its_servers_and_leaves_nothing(data: Path) -> None:
    port = ports.free_port()
    killed = start(data, port)
    wait_until_ready(killed)
    assert json.loads(get(f"http://127.0.0.1:{port}/readyz"))["status"] == "ok"
    assert json.loads(get(f"{embedded.running('simulator_url', data)}/healthz"))["status"] == "ok"
    assert_an_idle_connection_stays_open(port)
    killed.kill()
    killed.wait()

    again = start(data, port)
    wait_until_ready(again)
    assert embedded.running("public_base_url", data) == f"http://127.0.0.1:{port}"
    for server in (postgres.postmaster(place.home_of(data, "postgres", place.service_account())), redis.server(data)):
        os.kill(server, signal.SIGKILL)
    wait_until_all_is_well(port)
    second = start(data, ports.free_port())
    assert "already runs from this folder" in second.communicate(timeout=180)[0]
    assert second.returncode == 1

    again.send_signal(signal.SIGTERM)
    asked = time.monotonic()
    told, _ = again.communicate(timeout=60)
    assert time.monotonic() - asked < 30
    assert again.returncode == 0
    assert "PostgreSQL had died; it runs again." in told
    assert "Redis had died; it runs again." in told
    assert "Everything is stopped." in told
    assert embedded.is_running(data) == {"postgres": False, "redis": False}
    assert ports.is_free("127.0.0.1", port)
    assert leftovers.end(data) == []
    assert not (data / "run.json").exists()


def test_a_taken_port_is_told_and_the_servers_it_started_are_stopped(data: Path) -> None:
    embedded.ensure_redis(data)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told, _ = start(data, port).communicate(timeout=180)
    assert f"port {port} is taken by process {os.getpid()}" in told
    assert embedded.is_running(data) == {"postgres": False, "redis": False}
