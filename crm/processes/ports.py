"""Whether a TCP port is free, and who holds it; `python ports.py HOST PORT` says so in words."""

import contextlib
import os
import socket
import sys
from pathlib import Path


def is_free(host: str, port: int) -> bool:
    """Tell whether a server could listen on `host:port` now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As servers do: connections of a former server that linger in TIME_WAIT do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def holder(port: int) -> str:
    """Return who listens on `port`, such as "gunicorn (process 123)", or "" when that cannot be told."""
    sockets = set()
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in Path("/proc/net", table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:  # 0A: listening
                    sockets.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").glob("[0-9]*") if sockets else ():
        with contextlib.suppress(OSError):
            if any(os.readlink(handle) in sockets for handle in (process / "fd").iterdir()):
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                return f"process {process.name}: {command[:80]}"
    return ""


def complaint(host: str, port: int) -> str:
    """Return what is wrong with listening on `host:port` and what to do, or "" when nothing is."""
    if not 0 < port < 65536:
        return f"PORT={port} is not a port; choose one from 1024 to 65535"
    if is_free(host, port):
        return ""
    if port < 1024 and os.geteuid() != 0:
        return f"only root may listen on port {port}; choose another: PORT=8000 script/server"
    who = holder(port)
    taken = f"port {port} is taken" + (f" by {who}" if who else "")
    return f"{taken}; stop it, or choose another: PORT={port + 1} script/server"


if __name__ == "__main__":
    problem = complaint(sys.argv[1], int(sys.argv[2]) if sys.argv[2].isdigit() else 0)
    sys.exit(f"switchboard: {problem}" if problem else 0)
