"""What runs on one machine: the programs of `manage.py up`, and the environment they share."""

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from crm.processes import ports
from crm.processes.supervisor import Program

# The dialer has workers of its own: a long import must never delay a call.
DIALER_QUEUE = "dialer"
OTHER_QUEUES = "default,enrichment,mail"


@dataclass(frozen=True)
class Plan:
    """The choices of one `manage.py up`."""

    host: str
    port: int
    simulator_port: int  # 0 when SIMULATOR_URL points to one that runs elsewhere
    environment: dict[str, str]


def make_plan(data: Path, secret_key: str) -> Plan:
    """Read the environment and choose the rest; raises ValueError in words when the port cannot be had."""
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    if problem := ports.complaint(host, int(port) if port.isdigit() else 0):
        raise ValueError(problem)
    simulator_port = 0 if os.environ.get("SIMULATOR_URL") else ports.free_port()
    # Known to this data folder only: whoever else is on this machine cannot forge the simulator's webhooks.
    key, secret = (hashlib.sha256(f"{use}:{secret_key}".encode()).hexdigest()[:40] for use in ("key", "secret"))
    chosen = {
        "PORT": port,
        "PUBLIC_BASE_URL": f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}",  # noqa: S104 - compared only
        "SIMULATOR_URL": f"http://127.0.0.1:{simulator_port}",
        "SIMULATOR_KEY": key,
        "SIMULATOR_SECRET": secret,
        "SIMULATOR_SPEED": "10",
    }
    environment = {name: os.environ.get(name) or value for name, value in chosen.items()}
    environment |= {
        "SWITCHBOARD_DATA": str(data),
        "BEAT_SCHEDULE_FILE": str(data / "beat-schedule"),
        "PROMETHEUS_MULTIPROC_DIR": str(data / "metrics"),
        "PYTHONUNBUFFERED": "1",
        "LOG_JSON": os.environ.get("LOG_JSON", "false"),
        # Celery ends tasks in hand within worker_soft_shutdown_timeout only on SIGQUIT.
        "REMAP_SIGTERM": "SIGQUIT",
        "CELERY_SKIP_CHECKS": "1",  # `up` itself has just run them, once for all
        "PYTHONWARNINGS": "ignore:You're running the worker",  # as root: said once in docs/operations.md
    }
    return Plan(host, int(port), simulator_port, environment)


def programs(plan: Plan, data: Path) -> list[Program]:
    """Return what to run, in the order of starting."""
    python = [sys.executable, "-m"]
    web = [
        *(*python, "gunicorn", "crm.asgi:application", "-k", "uvicorn_worker.UvicornWorker"),
        *("-w", os.environ.get("WEB_WORKERS", "2"), "-b", f"{plan.host}:{plan.port}"),
        *("--graceful-timeout", "15", "--timeout", "60", "--keep-alive", "75", "--log-level", "warning"),
        # An idle client may keep its connection for longer than it waits between two requests (2 s is the usual end).
        # The product reads client addresses itself, by NUM_PROXIES: the server must believe no header.
        "--forwarded-allow-ips=",
    ]
    chosen = [] if not plan.simulator_port else [_simulator(plan)]
    return [
        *chosen,
        Program("web", web, plan.environment),
        _worker("dialer", DIALER_QUEUE, plan, data),
        _worker("worker", OTHER_QUEUES, plan, data),
        _beat(plan),
    ]


def _simulator(plan: Plan) -> Program:
    return Program(
        "phones",
        [sys.executable, "-m", "simulator"],
        plan.environment | {"SIMULATOR_PORT": str(plan.simulator_port)},
    )


def _beat(plan: Plan) -> Program:
    command = [
        *(sys.executable, "-m", "celery", "--quiet", "-A", "crm", "beat", "--loglevel", "warning"),
        *("--pidfile", "", "-s", plan.environment["BEAT_SCHEDULE_FILE"]),
    ]
    return Program("beat", command, plan.environment, stop_first=True)


def _worker(name: str, queues: str, plan: Plan, data: Path) -> Program:
    heartbeat = data / "heartbeats" / name
    command = [
        *(sys.executable, "-m", "celery", "--quiet", "-A", "crm", "worker", "-Q", queues, "-n", f"{name}@%h"),
        *("-c", os.environ.get("WORKER_PROCESSES", "2"), "--loglevel", "warning"),
        *("--without-mingle", "--without-gossip"),
    ]
    return Program(name, command, plan.environment | {"HEARTBEAT_FILE": str(heartbeat)}, heartbeat=heartbeat)
