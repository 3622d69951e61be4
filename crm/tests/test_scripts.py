"""script/server and its kin say in words why they cannot start, and leave a working .venv alone."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from crm.embedded.place import REPOSITORY

TOOLS = ("sh", "dirname", "awk", "cat", "cksum", "cut", "grep", "df", "rm", "env", "ln", "mkdir", "chmod")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the scripts alone, and a `bin` that is the whole PATH."""
    shutil.copytree(REPOSITORY / "script", tmp_path / "script")
    (tmp_path / "crm" / "processes").mkdir(parents=True)
    shutil.copy(REPOSITORY / "crm" / "processes" / "ports.py", tmp_path / "crm" / "processes")
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-embedded.txt"):
        shutil.copy(REPOSITORY / name, tmp_path)
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        path = shutil.which(tool)
        assert path, tool
        (tmp_path / "bin" / tool).symlink_to(path)
    return tmp_path


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def run(checkout: Path, script: str = "script/server", **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / script],
        env={"PATH": str(checkout / "bin"), "HOME": str(checkout), **variables},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )


def test_an_old_python_is_told(checkout: Path) -> None:
    program(checkout / "bin" / "python3", '[ "$1" = --version ] && echo Python 3.9.2 || exit 1')
    done = run(checkout)
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed; found: Python 3.9.2" in done.stderr


def test_no_python_at_all_is_told(checkout: Path) -> None:
    done = run(checkout)
    assert done.returncode == 1
    assert "found: none at all" in done.stderr


def test_a_python_without_venv_is_told(checkout: Path) -> None:
    real = sys.executable
    program(checkout / "bin" / "python3", f'case "$2" in *ensurepip*) exit 1 ;; esac; exec {real} "$@"')
    done = run(checkout, PORT=str(free_port()))
    assert done.returncode == 1
    assert "has no venv module" in done.stderr
    assert "apt install python3-venv" in done.stderr


def test_a_full_disk_is_told(checkout: Path) -> None:
    (checkout / "bin" / "python3").symlink_to(sys.executable)
    (checkout / "bin" / "df").unlink()
    program(checkout / "bin" / "df", "echo Filesystem 1024-blocks Used Available; echo /dev/x 9 9 204800 99% /")
    done = run(checkout, PORT=str(free_port()))
    assert done.returncode == 1
    assert "only 200 MB are free" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_taken_port_is_told_before_anything_is_installed(checkout: Path) -> None:
    (checkout / "bin" / "python3").symlink_to(sys.executable)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run(checkout, PORT=str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert f"is taken by process {os.getpid()}" in done.stderr
    assert not (checkout / ".venv").exists()


def test_an_environment_of_the_same_pins_is_used_as_it_is_and_another_is_brought_up_to_date(checkout: Path) -> None:
    (checkout / "bin" / "python3").symlink_to(sys.executable)
    stamp = subprocess.run(
        ["sh", "-c", ". script/environment.sh; stamp_of"], cwd=checkout, capture_output=True, text=True, check=True
    ).stdout.strip()
    program(checkout / ".venv" / "bin" / "python", f'echo "ran: $*"; [ "$1" != -c ] || exec {sys.executable} "$@"')
    program(checkout / ".venv" / "bin" / "uv", 'echo "uv: $*"')
    record = checkout / ".venv" / "switchboard-stamp"
    for known in (f"server {stamp}\n", f"dev {stamp}\n"):
        record.write_text(known)
        done = run(checkout, PORT=str(free_port()))
        assert (done.returncode, done.stdout) == (0, "ran: manage.py up\n"), known

    record.write_text("server 1\n")
    done = run(checkout, PORT=str(free_port()))
    assert (
        "uv: pip install --quiet --python .venv/bin/python -r requirements.txt -r requirements-embedded.txt"
        in done.stdout
    )
    assert record.read_text() == f"server {stamp}\n"
    # Tests need more than the server does.
    done = run(checkout, "script/test")
    assert "-r requirements-dev.txt" in done.stdout
    assert record.read_text() == f"dev {stamp}\n"


def test_packages_that_cannot_be_installed_are_told_and_tried_again_next_time(checkout: Path) -> None:
    (checkout / "bin" / "python3").symlink_to(sys.executable)
    program(checkout / ".venv" / "bin" / "python", f'[ "$1" = -c ] && exec {sys.executable} "$@"; exit 1')
    program(checkout / ".venv" / "bin" / "uv", "exit 1")
    done = run(checkout, PORT=str(free_port()))
    assert done.returncode == 1
    assert "packages could not be installed" in done.stderr
    assert not (checkout / ".venv" / "switchboard-stamp").exists()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
