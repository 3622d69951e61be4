"""Start child processes, show their output, restart those that die or fall silent, stop all in order."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from crm.processes import heartbeat

BOUND = Path(__file__).with_name("bound.py")
COLOURS = (36, 32, 33, 35, 34, 31)
LONGEST_PAUSE = 30.0  # seconds between restarts of a process that keeps dying
STEADY_AFTER = 60.0  # seconds after which a process counts as steady and the pause starts small again


@dataclass(frozen=True)
class Program:
    """One process to keep running."""

    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    stop_first: bool = False  # ended before the others, because it hands them new work
    heartbeat: Path | None = None  # see crm.processes.heartbeat


class Child:
    """A program with its present process."""

    def __init__(self, program: Program, label: str, screen: IO[str]) -> None:
        self.program = program
        self.label = label
        self.screen = screen
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.pause = 0.5
        self.due = 0.0
        self.restarts = 0

    def start(self) -> None:
        """Start the process in a session of its own, so that Ctrl-C reaches the supervisor alone."""
        if self.program.heartbeat is not None:
            heartbeat.forget(self.program.heartbeat)
        command = [sys.executable, "-S", "-E", str(BOUND), str(os.getpid()), *self.program.command]
        self.process = subprocess.Popen(  # noqa: S603 - our own commands
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | self.program.environment,
        )
        self.started = time.monotonic()
        threading.Thread(target=self._copy_output, args=(self.process.stdout,), daemon=True).start()

    def _copy_output(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(ValueError):
            for line in pipe:
                if text := line.decode(errors="replace").rstrip():
                    self.say(text)

    def say(self, line: str) -> None:
        """Write one line under the name of this child."""
        self.screen.write(f"{self.label} {line}\n")
        self.screen.flush()

    def is_running(self) -> bool:
        """Tell whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def send(self, number: signal.Signals, *, group: bool = False) -> None:
        """Send a signal to the process, or to its whole group."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number) if group else os.kill(self.process.pid, number)


class Supervisor:
    """Keep programs running until `stop` is asked for by a signal or a call.

    Must be made and run in the main thread: children ask the kernel to end with the thread that started them.
    """

    def __init__(self, programs: Sequence[Program], screen: IO[str], *, deaf_after: float = 90) -> None:
        self.deaf_after = deaf_after
        width = max(len(program.name) for program in programs)
        coloured = screen.isatty() and "NO_COLOR" not in os.environ
        self.children = [
            Child(program, self._label(program.name, COLOURS[i % len(COLOURS)], width, coloured), screen)
            for i, program in enumerate(programs)
        ]
        self.stopping = threading.Event()

    @staticmethod
    def _label(name: str, colour: int, width: int, coloured: bool) -> str:
        text = f"{name:<{width}} |"
        return f"\033[{colour}m{text}\033[0m" if coloured else text

    def run(self, on_ready: Callable[[], None], is_ready: Callable[[], bool]) -> None:
        """Start everything, call `on_ready` once `is_ready`, and watch until asked to stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stopping.set())
        for child in self.children:
            if not self.stopping.is_set():
                child.start()
        told = False
        while not self.stopping.wait(0.2):
            if not told and is_ready():
                told = True
                on_ready()
            self.watch(time.monotonic())

    def watch(self, now: float) -> None:
        """Restart the dead when their pause is over, and end the deaf so that they are restarted."""
        for child in self.children:
            if child.is_running():
                if self._is_deaf(child):
                    child.say(f"says nothing for {self.deaf_after:.0f} s; ending it")
                    child.send(signal.SIGKILL, group=True)
                continue
            if not child.due:
                self._plan_restart(child, now)
            elif now >= child.due:
                child.due = 0.0
                child.restarts += 1
                child.start()

    def _plan_restart(self, child: Child, now: float) -> None:
        if now - child.started > STEADY_AFTER:
            child.pause = 0.5
        code = child.process.returncode if child.process else "?"
        child.send(signal.SIGKILL, group=True)  # helpers of a killed process would work on beside the new one
        child.say(f"ended with code {code}; starting it again in {child.pause:g} s")
        child.due = now + child.pause
        child.pause = min(child.pause * 2, LONGEST_PAUSE)

    def _is_deaf(self, child: Child) -> bool:
        file = child.program.heartbeat
        return file is not None and heartbeat.is_silent(file, self.deaf_after)

    def stop(self, patience: float = 22) -> None:
        """End with SIGTERM who hands out work, then the rest; what outlives `patience` seconds is killed."""
        end = time.monotonic() + patience
        first = [child for child in self.children if child.program.stop_first]
        self._end(first, min(end, time.monotonic() + 3))
        self._end(self.children, end)
        for child in self.children:
            if child.is_running():
                child.say("did not stop in time; killed")
            child.send(signal.SIGKILL, group=True)
            if child.process is not None:
                child.process.wait()

    @staticmethod
    def _end(children: Sequence[Child], end: float) -> None:
        for child in children:
            if child.is_running():
                child.send(signal.SIGTERM)
        while any(child.is_running() for child in children) and time.monotonic() < end:
            time.sleep(0.05)
