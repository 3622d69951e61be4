"""The keeper of the embedded servers goes on whatever goes wrong."""

import subprocess
import time
from pathlib import Path

import pytest

from crm import embedded
from crm.processes.keeper import Keeper


def test_a_start_that_fails_is_told_and_tried_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told: list[str] = []
    failures = iter([subprocess.CalledProcessError(1, "postgres")])

    def revive(data: Path) -> list[str]:
        for failure in failures:
            raise failure
        return [] if "Redis had died; it runs again." in told else ["Redis"]

    monkeypatch.setattr(embedded, "revive", revive)
    with Keeper(tmp_path, told.append, every=0.01):
        until = time.monotonic() + 5
        while len(told) < 2 and time.monotonic() < until:
            time.sleep(0.01)
    assert "Trying again" in told[0]
    assert told[1] == "Redis had died; it runs again."
