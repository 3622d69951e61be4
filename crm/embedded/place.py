"""Where the embedded servers live: data and socket folder, lock, the account they run under, what runs."""

import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent.parent
# Where data and programs go when root runs a checkout that the servers' account cannot reach, as in /root.
OUTSIDE = Path("/var/lib/switchboard")


class EmbeddedError(RuntimeError):
    """An embedded server cannot start or stop; the text says why and what to do."""


def data_dir() -> Path:
    """Return the data folder of this checkout: `SWITCHBOARD_DATA`, or `.data` beside manage.py."""
    return Path(os.environ.get("SWITCHBOARD_DATA") or REPOSITORY / ".data").resolve()


@dataclass(frozen=True)
class Account:
    """The unprivileged user that servers run as when root starts them; PostgreSQL refuses to run as root."""

    uid: int
    gid: int


def service_account() -> Account | None:
    """Return the account to step down to, or None when the caller is already an ordinary user."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


def as_account(account: Account | None) -> dict[str, Any]:
    """Return the `subprocess` arguments that step down to `account`."""
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def is_reachable(path: Path, account: Account | None) -> bool:
    """Tell whether `account` can walk down to `path`, a folder or a program."""
    if account is None:
        return os.access(path, os.X_OK)
    # Asked of the kernel under that account: mode bits alone would miss ACLs and mounts.
    command = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
    try:
        return subprocess.run(command, cwd="/", check=False, **as_account(account)).returncode == 0  # noqa: S603
    except PermissionError as error:
        raise EmbeddedError(
            "root of this container may not switch to the account 'nobody'; start as an ordinary user, "
            "or set DATABASE_URL and REDIS_URL to servers that run elsewhere"
        ) from error


def give_folder(path: Path, account: Account | None) -> None:
    """Make `path` a private folder of `account` (mode 0700)."""
    path.mkdir(parents=True, exist_ok=True)
    if account is not None:
        os.chown(path, account.uid, account.gid)
    path.chmod(0o700)


def make_data_dir(data: Path) -> None:
    """Make the data folder; root leaves it traversable so that the servers' account reaches its part."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o755 if os.geteuid() == 0 else 0o700)
        (data / "logs").mkdir(exist_ok=True)
    except PermissionError as error:
        raise EmbeddedError(
            f"{data} belongs to another user: remove it, or set SWITCHBOARD_DATA to a folder of yours"
        ) from error


def home_of(data: Path, server: str, account: Account | None) -> Path:
    """Return the folder of the data of `server`: inside `data`, or outside when the account cannot go there.

    The choice is written into `data` as `<server>.place`, so it holds when permissions change later.
    """
    note = data / f"{server}.place"
    with contextlib.suppress(OSError):
        owner, _, noted = note.read_text().strip().partition("\n")
        if owner == str(data):  # a copied checkout must not share the folder of its original
            return Path(noted)
    inside = data / server
    place = inside if is_reachable(data, account) else OUTSIDE / short_name(data) / server
    note.write_text(f"{data}\n{place}\n")
    return place


def short_name(data: Path) -> str:
    """Return a short stable name for a data folder; socket paths may hold about 100 characters only."""
    return hashlib.sha256(os.fsencode(data)).hexdigest()[:12]


def socket_dir(data: Path) -> Path:
    """Return the folder of the sockets, whether or not it exists yet."""
    return Path("/tmp") / f"switchboard-{os.geteuid()}-{short_name(data)}"  # noqa: S108 - ownership is checked


def make_socket_dir(path: Path, account: Account | None) -> None:
    """Make the socket folder, refusing one that somebody else planted under that name."""
    owner = os.geteuid() if account is None else account.uid
    try:
        path.mkdir(mode=0o700)
        if account is not None:
            os.chown(path, account.uid, account.gid)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) != 0o700:
            raise EmbeddedError(f"{path} was not made by this program; remove it and start again") from None


@contextlib.contextmanager
def locked(data: Path, patience: float = 120) -> Iterator[None]:
    """Hold the lock of a data folder, so that two commands at once do not both start a server."""
    make_data_dir(data)
    path = data / "embedded.lock"
    try:
        handle = path.open("a")
    except PermissionError as error:
        raise EmbeddedError(f"{path} belongs to another user; start as that user, or set SWITCHBOARD_DATA") from error
    with handle:
        end = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise EmbeddedError(f"another command has held {path} for {patience:.0f} s") from None
                time.sleep(0.05)
        yield


def is_alive(pid: int) -> bool:
    """Tell whether a process exists and is not a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


def born(pid: int) -> str:
    """Return what tells a process from a later one with its id: its start in clock ticks since boot."""
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return ""


def record(data: Path, **values: str | int) -> None:
    """Write into `run.json` what this process runs, as one atomic replacement."""
    make_data_dir(data)
    values |= {"pid": os.getpid(), "born": born(os.getpid())}
    draft = data / f"run.json.{os.getpid()}"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(values, indent=1))
    draft.replace(data / "run.json")


def forget(data: Path) -> None:
    """Remove `run.json`."""
    (data / "run.json").unlink(missing_ok=True)


def running(key: str, data: Path | None = None) -> str:
    """Return one value that the running `manage.py up` of this data folder recorded, or "" when none runs."""
    try:
        values = json.loads(((data or data_dir()) / "run.json").read_text())
    except (OSError, ValueError):
        return ""
    pid = int(values.get("pid", 0))
    if pid <= 0 or not is_alive(pid) or born(pid) != values.get("born"):
        return ""
    return str(values.get(key, ""))
