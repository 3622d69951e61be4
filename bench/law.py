"""The law over whole lives of leads (G14): `python -m bench.law` lives 10,000 of them and prints what was dialled.

The properties are those of `calls/tests/test_law.py` and `calls/tests/test_dialer_life.py`, with more cases; the
latter ask a real database and run under pytest.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

import django
from hypothesis import settings

django.setup()


def live(cases: int) -> dict[str, object]:
    """Run the pure property so often; raises what breaks it."""
    settings.register_profile("lives", max_examples=cases, deadline=None)
    settings.load_profile("lives")
    from calls.tests.test_law import Life, test_no_dial_of_any_life_breaks_the_law

    began = time.monotonic()
    test_no_dial_of_any_life_breaks_the_law()
    return {**Life.tally, "seconds": round(time.monotonic() - began, 1), "violations": 0}


def main() -> int:
    """Run, print; a violation ends in the life that shows it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lives", type=int, default=10_000)
    options = parser.parse_args()
    sys.stdout.write(json.dumps(live(options.lives), indent=1) + "\n")
    sys.stdout.flush()
    orders = ["calls/tests/test_dialer_life.py", "--hypothesis-profile=proof", "-q", "-p", "no:xdist"]
    return subprocess.run([sys.executable, "-m", "pytest", *orders], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
