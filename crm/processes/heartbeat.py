"""What tells a worker that went deaf from a busy one: a file touched by every finished task, notes of running ones.

A worker can lose its place at the broker and go on as if there were no work. Beat sends a small task to each queue
every 30 seconds; a worker that finished none of them for long, and has none in hand, is deaf.
"""

import contextlib
import os
import time
from pathlib import Path
from typing import Any

from celery.signals import task_postrun, task_prerun

from crm.embedded.place import is_alive


def connect() -> None:
    """Let the tasks of this process keep the file that HEARTBEAT_FILE names, when it names one."""
    if os.environ.get("HEARTBEAT_FILE"):
        _file().parent.mkdir(parents=True, exist_ok=True)
        task_prerun.connect(_note_start, weak=False)
        task_postrun.connect(_note_end, weak=False)


def _file() -> Path:
    return Path(os.environ["HEARTBEAT_FILE"])


def _busy_note(pid: int | str) -> Path:
    return _file().with_name(f"{_file().name}.busy.{pid}")


def _note_start(**_: Any) -> None:
    with contextlib.suppress(OSError):  # a full disk must not fail the task
        _busy_note(os.getpid()).touch()


def _note_end(**_: Any) -> None:
    with contextlib.suppress(OSError):
        _busy_note(os.getpid()).unlink(missing_ok=True)
        _file().touch()


def is_silent(path: Path, seconds: float) -> bool:
    """Tell whether the worker of this file has finished nothing for `seconds` and has nothing in hand.

    False while it was never heard from: it may be starting, or nobody asks it to beat.
    """
    try:
        if time.time() - path.stat().st_mtime <= seconds:
            return False
    except FileNotFoundError:
        return False
    notes = path.parent.glob(f"{path.name}.busy.*")
    return not any(is_alive(int(note.suffix[1:])) for note in notes)


def forget(path: Path) -> None:
    """Remove the file and all notes, before a worker starts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    for note in path.parent.glob(f"{path.name}.busy.*"):
        note.unlink(missing_ok=True)
