"""An installation of its own for a chaos run: data folder, servers, web, dialers, beat and phone network."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import redis

ROOT = Path(__file__).resolve().parent.parent
FAULTS = {
    "http_429": 0.04,
    "http_5xx_before": 0.03,
    "http_5xx_after": 0.03,
    "timeout_after": 0.03,
    "webhook_double": 0.1,
    "webhook_late": 0.1,
    "webhook_reorder": 0.05,
    "webhook_lost": 0.05,
}


def free_port() -> int:
    """A loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Program:
    """One process that is started again whenever it has died; it leads a process group of its own."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def ensure(self) -> None:
        """Start it unless it runs."""
        if self.process is None or self.process.poll() is not None:
            with self.log.open("ab") as out:
                self.process = subprocess.Popen(
                    self.command, cwd=ROOT, env=self.environment, stdout=out, stderr=out, start_new_session=True
                )

    def pids(self) -> list[int]:
        """The process and its children."""
        if self.process is None or self.process.poll() is not None:
            return []
        parent = self.process.pid
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
            return [parent, *map(int, children)]
        return [parent]

    def kill(self) -> None:
        """Kill the whole group."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@dataclass
class World:
    """Everything a run starts, and what it does to it."""

    speed: float
    faults: dict[str, float]
    seed: int = 1
    lease_seconds: float = 6.0
    celery_app: str = "crm"
    dialers: int = 2
    data: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="switchboard-chaos-")))
    programs: dict[str, Program] = field(default_factory=dict)
    kills: dict[str, int] = field(default_factory=dict)
    brakes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.data.chmod(0o755)
        (self.data / "logs").mkdir()
        web, phones = free_port(), free_port()
        self.log = self.data / "phones.jsonl"
        outer = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DATABASE", "REDIS"))
        }
        self.environment = outer | {
            "SWITCHBOARD_DATA": str(self.data),
            "PORT": str(web),
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{web}",
            "SIMULATOR_URL": f"http://127.0.0.1:{phones}",
            "SIMULATOR_PORT": str(phones),
            "SIMULATOR_SPEED": str(self.speed),
            "SIMULATOR_SEED": str(self.seed),
            "SIMULATOR_FAULTS": json.dumps(self.faults),
            "SIMULATOR_LOG": str(self.log),
            "SIMULATOR_HOLD_SECONDS": "8",
            "DIALER_LEASE_SECONDS": str(self.lease_seconds),
            "DB_POOL_MAX": "8",
            "LOG_LEVEL": "WARNING",
            "STATICFILES_BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
            "BEAT_SCHEDULE_FILE": str(self.data / "beat"),
        }

    def run(self, *command: str) -> str:
        """Run one command of the product to its end and return what it printed."""
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{command} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done.stdout

    def start(self) -> None:
        """Bring up the servers, the schema and the phone network; web and workers come with `start_workers`."""
        printed = self.run("-m", "crm.embedded", "start").splitlines()
        self.urls = dict(line.split("=", 1) for line in printed if "=" in line)
        self.run("manage.py", "migrate", "--database", "owner", "-v", "0")
        self._program("phones", [sys.executable, "-m", "simulator"])

    def start_workers(self) -> None:
        """Start web, dialers and beat; the dialers sweep by themselves."""
        python, port = sys.executable, self.environment["PORT"]
        self._program(
            "web",
            [
                *(python, "-m", "gunicorn", "crm.asgi:application", "-k", "uvicorn_worker.UvicornWorker"),
                *("-w", "2", "-b", f"127.0.0.1:{port}", "--log-level", "error"),
            ],
        )
        self.start_dialers()
        celery = [python, "-m", "celery", "-A", self.celery_app]
        self._program("beat", [*celery, "beat", "--loglevel", "error", "--pidfile", "", "-s", str(self.data / "beat")])

    def start_dialers(self) -> None:
        """Start the dialers alone: they do what is asked for, and beat is not there to ask."""
        celery = [sys.executable, "-m", "celery", "-A", self.celery_app]
        quiet = ["--loglevel", "error", "--without-mingle", "--without-gossip"]
        for number in range(self.dialers):
            self._program(
                f"dialer{number}",
                [*celery, "worker", "-Q", "dialer", "-c", "1", "-n", f"dialer{number}@%h", *quiet],
            )

    def _program(self, name: str, command: list[str]) -> None:
        program = Program(name, command, self.environment, self.data / "logs" / f"{name}.log")
        self.programs[name] = program
        program.ensure()

    def mend(self) -> None:
        """Start again whatever has died."""
        for program in self.programs.values():
            program.ensure()

    def kill_one(self) -> str:
        """kill -9 one process at random: of dialers, web, worker or beat; a child or the whole program."""
        names = [name for name in self.programs if name != "phones"]
        weights = [4 if name.startswith("dialer") else 3 if name == "web" else 1 for name in names]
        program = self.programs[self.random.choices(names, weights)[0]]
        pids = program.pids()
        if not pids:
            return ""
        if len(pids) > 1 and self.random.random() < 0.8:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.random.choice(pids[1:]), signal.SIGKILL)
        else:
            program.kill()
        self.kills[program.name] = self.kills.get(program.name, 0) + 1
        return program.name

    def crash_postgres(self) -> float:
        """kill -9 the postmaster, bring it back, and return how long it was away."""
        pid_files = [*self.data.glob("**/postmaster.pid")]
        began = time.monotonic()
        os.kill(int(pid_files[0].read_text().split()[0]), signal.SIGKILL)
        time.sleep(0.5)
        self.run("-m", "crm.embedded", "start")
        return time.monotonic() - began

    def flush_redis(self) -> None:
        """Empty Redis: queues, unacknowledged messages, cache and limits at once."""
        redis.Redis.from_url(self.urls["REDIS_URL"]).flushall()

    def ask(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        """Ask the database as its owner, past every tenant wall."""
        with psycopg.connect(self.urls["DATABASE_OWNER_URL"]) as connection:
            return list(connection.execute(sql, params).fetchall())

    def phone_log(self) -> list[dict[str, Any]]:
        """The truth: one entry per call that reached the network, with when the line was taken and left."""
        calls: dict[str, dict[str, Any]] = {}
        for line in self.log.read_text().splitlines():
            entry = json.loads(line)
            calls[entry["id"]] = entry
        return list(calls.values())

    def stop(self, names: list[str] | None = None) -> None:
        """Kill programs, all of them unless named."""
        for name in names or list(self.programs):
            self.programs.pop(name).kill()

    def close(self) -> None:
        """End everything and remove the data."""
        self.stop()
        with contextlib.suppress(RuntimeError):
            self.run("-m", "crm.embedded", "stop")
        shutil.rmtree(self.data, ignore_errors=True)
