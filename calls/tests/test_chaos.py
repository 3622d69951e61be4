"""A campaign through random kills, a crashed database, an emptied broker and a hostile phone network.

Everything runs in a data folder and on ports of its own. `python -m bench.chaos` is the same run at full size.
"""

import json
import subprocess
import sys

import pytest

from bench.chaos_world import ROOT

pytestmark = [pytest.mark.chaos, pytest.mark.slow]


def chaos(*options):
    """Run it; answers (exit code, what it found)."""
    command = [sys.executable, "-m", "bench.chaos", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.stdout, done.stderr[-3000:]
    return done.returncode, json.loads(done.stdout)


def test_300_leads_come_through_15_kills_a_crash_and_an_emptied_broker_without_a_fault():
    options = ["--leads", "300", "--cap", "30", "--kills", "15", "--crashes", "1", "--flushes", "1"]
    code, found = chaos(*options, "--seconds", "30", "--limit", "420", "--speed", "100", "--max-retries", "1")
    assert found["violations"] == [], found
    assert (found["kills"], found["postgres_crashes"], found["redis_flushes"]) == (15, 1, 1)
    assert found["calls"] >= 300
    assert code == 0


def test_the_usual_design_fails_the_same_judgement():
    options = ["--leads", "60", "--cap", "30", "--kills", "0", "--crashes", "0", "--flushes", "0"]
    code, found = chaos(*options, "--limit", "30", "--speed", "60", "--max-retries", "1", "--control")
    assert found["overlapping"] + found["over_their_attempts"] + found["unknown_to_us"] > 0, found
    assert code == 0
