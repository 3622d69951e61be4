"""Run a proof with a database of its own: `python -m bench.apart bench.sweep --calls 500`.

Starts embedded servers in a new folder, migrates, runs the module with the arguments behind its name, and removes
everything. `script/prove` does so for proofs that say `APART = True`; run without it they use the configured database.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Return the proof's exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    module, *arguments = sys.argv[1:]
    data = Path(tempfile.mkdtemp(prefix="switchboard-proof-"))
    data.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE", "REDIS"))}
    environment = kept | {"SWITCHBOARD_DATA": str(data)}

    def run(*command: str, quiet: bool = True) -> int:
        out = subprocess.DEVNULL if quiet else None
        return subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, stdout=out, check=False).returncode

    try:
        if run("-m", "crm.embedded", "start") or run("manage.py", "migrate", "--database", "owner", "-v", "0"):
            return 1
        return run("-m", module, *arguments, quiet=False)
    finally:
        run("-m", "crm.embedded", "stop")
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
