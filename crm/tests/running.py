"""A whole product for tests: `manage.py up` in a folder of its own, with a workspace and ways to ask it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx

from crm.embedded.place import REPOSITORY
from crm.processes import ports

NOT_PASSED_ON = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CACHE_URL", "SIMULATOR_URL", "PUBLIC_BASE_URL")
T = TypeVar("T")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = "--no-sandbox --disable-gpu --disable-dev-shm-usage --disable-background-networking --no-first-run"
PASSWORD = "correct-horse-battery"


class Product:
    """Everything `script/server` runs, until `stop`."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.port = ports.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        kept = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
        self.environment = kept | {"SWITCHBOARD_DATA": str(data), "PORT": str(self.port)} | settings
        self.log = data.parent / "up.log"
        with self.log.open("w") as log:
            self.up = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--no-demo"],
                cwd=REPOSITORY,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_until_ready(self, seconds: float = 300) -> None:
        """Return once it says so; fail with all it said when it ends or takes too long."""
        until = time.monotonic() + seconds
        while "is ready:" not in self.log.read_text():
            assert self.up.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.2)

    def stop(self) -> int:
        """End all of it and return the exit status."""
        self.up.send_signal(signal.SIGTERM)
        try:
            return self.up.wait(60)
        except subprocess.TimeoutExpired:
            self.up.kill()
            raise

    def create_workspace(self, name: str, email: str) -> dict[str, str]:
        """What `manage.py create_workspace` prints."""
        command = [sys.executable, "manage.py", "create_workspace", name, "--email", email, "--password", PASSWORD]
        done = subprocess.run(
            command, cwd=REPOSITORY, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout.strip().splitlines()[-1]))

    def api(self, key: str) -> Api:
        """The API with a key."""
        return Api(self.url, key)


class Api:
    """The REST API of a running product."""

    def __init__(self, url: str, key: str) -> None:
        headers = {"Authorization": f"Api-Key {key}"}
        self.client = httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=30, trust_env=False)

    def get(self, path: str, **params: Any) -> Any:
        """The body of a 200."""
        answer = self.client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json() if "json" in answer.headers["Content-Type"] else answer.text

    def post(self, path: str, body: Any = None, *, status: int = 200, **more: Any) -> Any:
        """The body of an answer with that status."""
        answer = self.client.post(path, json=body, **more)
        assert answer.status_code == status, answer.text
        return answer.json()

    def every(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """All records of a list, walked by cursor."""
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self.get(path, page_size=100, **params, **({"cursor": cursor} if cursor else {}))
            found += page["items"]
            cursor = page["next_cursor"]
        return found


def until(ask: Callable[[], T], enough: Callable[[T], bool], seconds: float) -> T:
    """Ask twice a second until the answer is enough; fail with the last answer."""
    end = time.monotonic() + seconds
    while not enough(answer := ask()):
        assert time.monotonic() < end, answer
        time.sleep(0.5)
    return answer
