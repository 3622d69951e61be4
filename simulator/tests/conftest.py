"""A simulator and a receiver of its webhooks, both real servers on loopback ports."""

import contextlib
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import uvicorn

from simulator.app import Simulator
from simulator.config import Faults, Settings

KEY = "key-of-the-test"
SECRET = "secret-of-the-test"


class Receiver:
    """Takes webhooks as the product does; `answers` holds statuses to give first, then 204."""

    def __init__(self):
        self.deliveries = []
        self.answers = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                status = receiver.answers.pop(0) if receiver.answers else 204
                receiver.deliveries.append((status, dict(self.headers), body))
                self.send_response(status)
                if status != 204:
                    self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 512

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def events(self, reference=None):
        found = [json.loads(body) for status, _, body in list(self.deliveries) if status < 300]
        return [e for e in found if reference in (None, e["reference"])]


class Client(httpx.Client):
    """Speaks to the simulator with its key."""

    receiver_url = ""

    def request_call(self, to, reference="ref-1", **fields):
        body = {
            "to": to,
            "from": "+14155550100",
            "reference": reference,
            "callback_url": self.receiver_url,
            "ring_timeout_seconds": 20,
            "max_duration_seconds": 300,
            **fields,
        }
        return self.post("/v1/calls", json=body)

    def wait_for_end(self, call_id, seconds=10):
        return wait_until(
            lambda: (call := self.get(f"/v1/calls/{call_id}").json())["status"] == "ended" and call, seconds
        )


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


@contextlib.contextmanager
def running(receiver, **settings):
    faults = Faults(**settings.pop("faults", {}))
    settings = Settings(
        **{
            "key": KEY,
            "secret": SECRET,
            "speed": 400.0,
            "retry_delays": (0.05, 0.1),
            "faults": faults,
            **settings,
        }
    )
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    config = uvicorn.Config(Simulator(settings), log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with Client(base_url=base, headers={"authorization": f"Bearer {KEY}"}, timeout=10) as client:
        client.receiver_url = receiver.url
        wait_until(lambda: server.started)
        yield client
    server.should_exit = True
    thread.join(5)


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def phone(receiver):
    with running(receiver) as client:
        yield client


@pytest.fixture
def start(receiver):
    """Start a simulator with settings of the test's own."""
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(running(receiver, **settings))
