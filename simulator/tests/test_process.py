import json
import os
import signal
import subprocess
import sys

import httpx

from simulator.tests.conftest import wait_until


def test_the_process_tells_its_port_serves_logs_and_leaves_on_a_signal(tmp_path, receiver):
    port_file, log = tmp_path / "port", tmp_path / "log.jsonl"
    env = {
        **os.environ,
        "SIMULATOR_PORT": "0",
        "SIMULATOR_PORT_FILE": str(port_file),
        "SIMULATOR_SPEED": "500",
        "SIMULATOR_KEY": "k",
        "SIMULATOR_LOG": str(log),
    }
    process = subprocess.Popen([sys.executable, "-m", "simulator"], env=env)
    try:
        port = wait_until(lambda: port_file.exists() and port_file.read_text().strip(), 20)
        body = {"to": "+12125550100", "from": "+12125550199", "reference": "r", "callback_url": receiver.url}
        answer = httpx.post(
            f"http://127.0.0.1:{port}/v1/calls", json=body, headers={"authorization": "Bearer k"}, timeout=10
        )
        assert answer.status_code == 201
        wait_until(lambda: receiver.events("r"))
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        assert [(entry["event"], entry["outcome"]) for entry in lines] == [("placed", ""), ("ended", "busy")]
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    finally:
        process.kill()


def test_a_taken_port_is_told_in_words(receiver):
    env = {**os.environ, "SIMULATOR_PORT": str(receiver.server.server_port)}
    result = subprocess.run(
        [sys.executable, "-m", "simulator"], env=env, check=False, capture_output=True, text=True, timeout=20
    )
    assert result.returncode == 2
    assert "cannot be opened" in result.stderr
