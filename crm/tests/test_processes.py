"""The supervisor of `manage.py up`, on real processes."""

import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from crm import embedded
from crm.embedded.place import REPOSITORY, is_alive, socket_dir
from crm.processes import leftovers, plan, ports
from crm.processes.supervisor import Program, Supervisor

SLEEP = ["sleep", "60"]


def shell(text: str) -> list[str]:
    return ["/bin/sh", "-c", text]


def eventually(holds: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def screen() -> io.StringIO:
    return io.StringIO()


def test_output_of_each_process_carries_its_name(screen: io.StringIO) -> None:
    supervisor = Supervisor([Program("a", shell("echo one; exec sleep 60")), Program("long", SLEEP)], screen)
    for child in supervisor.children:
        child.start()
    assert eventually(lambda: "a    | one\n" in screen.getvalue())
    supervisor.stop()


def test_a_process_that_dies_is_started_again_after_a_growing_pause(screen: io.StringIO) -> None:
    supervisor = Supervisor([Program("web", shell("exit 3"))], screen)
    child = supervisor.children[0]
    child.start()

    def twice() -> bool:
        supervisor.watch(time.monotonic())
        return child.restarts == 2

    assert eventually(twice)
    supervisor.stop()
    assert "ended with code 3; starting it again in 0.5 s" in screen.getvalue()
    assert "starting it again in 1 s" in screen.getvalue()


def test_a_worker_that_falls_silent_is_ended_and_started_again(screen: io.StringIO, tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    program = Program("worker", shell(f"touch {beat}; exec sleep 60"), heartbeat=beat)
    supervisor = Supervisor([program], screen, deaf_after=0.5)
    child = supervisor.children[0]
    child.start()

    def restarted() -> bool:
        supervisor.watch(time.monotonic())
        return child.restarts == 1

    assert eventually(restarted)
    assert "says nothing" in screen.getvalue()
    supervisor.stop()


def test_a_worker_not_yet_heard_from_is_left_alone(screen: io.StringIO, tmp_path: Path) -> None:
    supervisor = Supervisor([Program("worker", SLEEP, heartbeat=tmp_path / "beat")], screen, deaf_after=0)
    supervisor.children[0].start()
    supervisor.watch(time.monotonic())
    assert supervisor.children[0].is_running()
    supervisor.stop()


def test_stop_ends_the_giver_of_work_first_and_kills_what_ignores_it(screen: io.StringIO, tmp_path: Path) -> None:
    order = tmp_path / "order"
    note = "trap 'echo {0} >> {1}; exit' TERM; touch {1}.{0}; while :; do sleep 0.05; done"
    stubborn = f"trap '' TERM; touch {order}.stubborn; while :; do sleep 0.05; done"
    supervisor = Supervisor(
        [
            Program("web", shell(note.format("web", order))),
            Program("beat", shell(note.format("beat", order)), stop_first=True),
            Program("stubborn", shell(stubborn)),
        ],
        screen,
    )
    for child in supervisor.children:
        child.start()
    assert eventually(lambda: all(Path(f"{order}.{name}").exists() for name in ("web", "beat", "stubborn")))
    supervisor.stop(patience=1)
    assert order.read_text().split() == ["beat", "web"]
    assert not any(child.is_running() for child in supervisor.children)
    assert "stubborn | did not stop in time; killed" in screen.getvalue()


def test_run_tells_once_when_ready_and_returns_on_sigterm(screen: io.StringIO) -> None:
    supervisor = Supervisor([Program("web", SLEEP)], screen)
    told: list[bool] = []

    def tell() -> None:
        told.append(True)
        threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        supervisor.run(tell, lambda: True)
    finally:
        supervisor.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
    assert told == [True]


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels have no such request")
def test_children_end_when_the_supervisor_is_killed() -> None:
    code = (
        "import sys; from crm.processes.supervisor import *;"
        "s = Supervisor([Program('child', ['sleep', '60'])], sys.stdout); s.children[0].start();"
        "print(s.children[0].process.pid, flush=True); import time; time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert eventually(lambda: Path(f"/proc/{child}/comm").read_text() == "sleep\n", 60)
    parent.kill()
    parent.wait()
    assert eventually(lambda: not is_alive(child))


def test_leftovers_of_a_killed_run_are_ended_and_those_of_other_folders_are_not(tmp_path: Path) -> None:
    def stray(data: Path) -> subprocess.Popen[bytes]:
        variables = {"SWITCHBOARD_DATA": str(data), "BEAT_SCHEDULE_FILE": str(data / "beat-schedule")}
        return subprocess.Popen(SLEEP, env=os.environ | variables)

    ours, theirs = stray(tmp_path), stray(tmp_path / "other")
    try:
        assert leftovers.end(tmp_path) == [ours.pid]
        assert ours.wait(5) == -signal.SIGTERM
        assert theirs.poll() is None
    finally:
        theirs.kill()
        theirs.wait()


def test_only_one_run_per_data_folder(tmp_path: Path) -> None:
    with leftovers.sole(tmp_path) as first, leftovers.sole(tmp_path) as second:
        assert (first, second) == (True, False)


def test_a_taken_port_is_refused_with_its_holder_and_another_port() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        words = ports.complaint("127.0.0.1", port)
    assert f"port {port} is taken by process {os.getpid()}" in words
    assert f"PORT={port + 1} script/server" in words
    assert ports.complaint("127.0.0.1", port) == ""
    assert "is not a port" in ports.complaint("127.0.0.1", 70000)


def test_the_plan_runs_each_queue_and_lets_the_caller_choose(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    port = ports.free_port()
    monkeypatch.setenv("PORT", str(port))
    monkeypatch.setenv("SIMULATOR_SPEED", "50")
    monkeypatch.setenv("SIMULATOR_FAULTS", '{"http_429": 0.1}')
    monkeypatch.delenv("SIMULATOR_URL", raising=False)
    made = plan.make_plan(tmp_path, "secret")
    names = [program.name for program in plan.programs(made, tmp_path)]
    assert names == ["phones", "web", "dialer", "worker", "beat"]
    assert made.environment["PUBLIC_BASE_URL"] == f"http://127.0.0.1:{port}"
    assert made.environment["SIMULATOR_SPEED"] == "50"
    assert made.environment["SIMULATOR_SECRET"] != plan.make_plan(tmp_path, "other").environment["SIMULATOR_SECRET"]
    monkeypatch.setenv("SIMULATOR_URL", "http://127.0.0.1:9")
    elsewhere = plan.make_plan(tmp_path, "secret")
    assert "phones" not in [program.name for program in plan.programs(elsewhere, tmp_path)]


def test_what_runs_is_recorded_for_other_commands_and_forgotten_with_the_process(tmp_path: Path) -> None:
    embedded.record(tmp_path, simulator_url="http://127.0.0.1:1")
    assert embedded.running("simulator_url", tmp_path) == "http://127.0.0.1:1"
    code = "import sys; from pathlib import Path; from crm import embedded; embedded.record(Path(sys.argv[1]), port=1)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=REPOSITORY, check=True)
    assert embedded.running("port", tmp_path) == ""


def test_the_last_holder_stops_the_servers(data: Path) -> None:
    with embedded.holding(data):
        with embedded.holding(data):
            embedded.ensure_redis(data)
        assert embedded.is_running(data)["redis"]
    assert not embedded.is_running(data)["redis"]
    assert not socket_dir(data).exists()
