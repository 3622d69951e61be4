"""Run every check with the embedded servers up and sum up at the end; one failure hides no other."""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from crm import embedded  # noqa: E402 - the folder must be on the path first

APPS = (
    "core",
    "accounts",
    "contacts",
    "network",
    "enrichment",
    "leads",
    "campaigns",
    "notes",
    "calls",
    "crm",
    "simulator",
)
BIN = Path(sys.executable).parent


def steps() -> list[tuple[str, list[str]]]:
    """Return (name, command) of every check, the quick ones first."""
    packages = [name for name in APPS if (ROOT / name / "__init__.py").exists()]
    python = [sys.executable]
    typed = [part for name in packages for part in ("-p", name)]
    return [
        ("lint", [str(BIN / "ruff"), "check", "."]),
        ("format", [str(BIN / "ruff"), "format", "--check", "."]),
        ("imports", [str(BIN / "lint-imports")]),
        ("budgets", [*python, "script/budgets.py"]),
        ("templates", [str(BIN / "djlint"), "--lint", "templates", "--quiet"]),
        ("migrations", [*python, "manage.py", "makemigrations", "--check", "--dry-run"]),
        ("types", [str(BIN / "mypy"), *typed]),
        ("tests", pytest(["--durations=15", "--durations-min=5"])),
    ]


def pytest(arguments: list[str]) -> list[str]:
    """Return the pytest command; two processes unless the caller says otherwise."""
    workers = [] if any(argument.startswith(("-n", "--pdb")) for argument in arguments) else ["-n", "2"]
    return [sys.executable, "-m", "pytest", *workers, *arguments]


def warn_without_browser() -> None:
    """Say loudly that browser tests will be skipped, when they will."""
    if not Path(os.environ.get("CHROMIUM", "/usr/bin/chromium")).exists():
        sys.stdout.write(
            f"\n{'!' * 78}\n!! No Chromium: BROWSER TESTS ARE SKIPPED. Install it: apt install chromium\n{'!' * 78}\n"
        )


def run(name: str, command: list[str]) -> tuple[str, int, float]:
    """Run one check and return its name, exit code and seconds."""
    shown = " ".join(command).replace(f"{BIN}/", "")
    sys.stdout.write(f"\n==> {name}: {shown}\n")
    sys.stdout.flush()
    started = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603 - our own commands
    return name, code, time.monotonic() - started


def main(arguments: list[str]) -> int:
    """Run all checks, or pytest alone when it is given arguments."""
    warn_without_browser()
    try:
        with embedded.holding(embedded.data_dir()):
            results = [run("tests", pytest(arguments))] if arguments else [run(*step) for step in steps()]
    except embedded.EmbeddedError as error:
        sys.exit(f"switchboard: {error}")
    sys.stdout.write("\n")
    for name, code, seconds in results:
        sys.stdout.write(f"{'ok  ' if code == 0 else 'FAIL'}  {name:<12} {seconds:6.1f} s\n")
    warn_without_browser()
    return int(any(code for _, code, _ in results))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
