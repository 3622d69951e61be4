"""One `manage.py up` per data folder; and an end to what a killed one left behind."""

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from crm.embedded.place import forget, is_alive, make_data_dir


@contextlib.contextmanager
def sole(data: Path) -> Iterator[bool]:
    """Tell whether the caller is the only `up` of this data folder, and keep it so for the duration."""
    make_data_dir(data)
    with (data / "up.lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def end(data: Path, patience: float = 10) -> list[int]:
    """Stop processes of a former `up` of this data folder, return their ids; the caller is the only `up`.

    Known by SWITCHBOARD_DATA and BEAT_SCHEDULE_FILE in their environment, which only `up` sets together.
    """
    found = [pid for pid in _own_processes() if _belongs(pid, data)]
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 2.0)):
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        until = time.monotonic() + seconds
        while any(is_alive(pid) for pid in found) and time.monotonic() < until:
            time.sleep(0.05)
    forget(data)
    return found


def _own_processes() -> list[int]:
    me = os.geteuid()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if entry.stat().st_uid == me and int(entry.name) != os.getpid():
                found.append(int(entry.name))
    return found


def _belongs(pid: int, data: Path) -> bool:
    with contextlib.suppress(OSError):
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        return {
            b"SWITCHBOARD_DATA=" + os.fsencode(data),
            b"BEAT_SCHEDULE_FILE=" + os.fsencode(data / "beat-schedule"),
        } <= set(variables)
    return False
