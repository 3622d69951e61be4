"""The API over the network, shaped like a telephony provider's."""

from __future__ import annotations

import asyncio
import hmac
import random
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from simulator.clock import Clock
from simulator.config import ConfigError, Faults, Settings, read_speed
from simulator.conversation import Script
from simulator.http import (
    ApiError,
    Receive,
    Request,
    Response,
    Router,
    Scope,
    Send,
    json_response,
    range_response,
)
from simulator.network import Call, Network, log_entry
from simulator.outcomes import is_dialable
from simulator.webhooks import Webhooks

VOICES = (
    {"id": "nova", "name": "Nova", "language": "en-US", "description": "Warm and clear, for most calls"},
    {"id": "atlas", "name": "Atlas", "language": "en-US", "description": "Calm and deep"},
    {"id": "juno", "name": "Juno", "language": "en-US", "description": "Bright and quick"},
    {"id": "harper", "name": "Harper", "language": "en-GB", "description": "British, measured"},
    {"id": "rio", "name": "Rio", "language": "es-US", "description": "Spanish of the Americas"},
)
OPEN_PATHS = frozenset({"/healthz"})
NAMES = ("company", "offer", "agent", "person")


class Simulator:
    """One account on the simulated network, as an ASGI application with a lifespan."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.faults = settings.faults
        self.clock = Clock(settings.speed)
        self.webhooks = Webhooks(
            clock=self.clock,
            secret=settings.secret,
            seed=settings.seed,
            retry_delays=settings.retry_delays,
            faults=lambda: self.faults,
        )
        self.network = Network(settings, self.clock, self.webhooks)
        self._requests: dict[str, int] = {}
        self._allowance = settings.calls_per_second
        self._allowance_at = time.monotonic()
        self._router = self._routes()
        self._ticking: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve HTTP, and the clock while the server is up."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await self._router(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._ticking = asyncio.get_running_loop().create_task(self.clock.run())
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if self._ticking is not None:
                    self._ticking.cancel()
                await self.webhooks.close()
                self.network.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _routes(self) -> Router:
        router = Router(before=self._authorise)
        router.add("GET", "/healthz", self.health)
        router.add("POST", "/v1/calls", self.place_call)
        router.add("GET", "/v1/calls", self.list_calls)
        router.add("GET", "/v1/calls/{id}", self.get_call)
        router.add("POST", "/v1/calls/{id}/hangup", self.hang_up)
        router.add("GET", "/v1/recordings/{id}", self.get_recording)
        router.add("GET", "/v1/voices", self.list_voices)
        router.add("GET", "/v1/account", self.get_account)
        router.add("GET", "/v1/faults", self.get_faults)
        router.add("PUT", "/v1/faults", self.set_faults)
        router.add("GET", "/v1/speed", self.get_speed)
        router.add("PUT", "/v1/speed", self.set_speed)
        router.add("GET", "/log", self.log)
        return router

    def _authorise(self, request: Request) -> None:
        if request.path in OPEN_PATHS:
            return
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self.settings.key}".encode()):
            raise ApiError(401, "auth", "The key is missing or wrong.", {"www-authenticate": "Bearer"})

    async def health(self, request: Request) -> Response:
        """Tell that the process is alive, and how busy."""
        calls = self.network.calls()
        live = sum(call.status != "ended" for call in calls)
        facts = {"status": "ok", "calls": len(calls), "live": live, "speed": self.clock.speed}
        return json_response({**facts, "webhooks_delivered": self.webhooks.delivered})

    async def place_call(self, request: Request) -> Response:
        """Take a call, or misbehave as the fault rates say."""
        fields = self._read_call(request.json())
        reference = fields["reference"]
        tries = self._requests[reference] = self._requests.get(reference, 0) + 1
        rng = random.Random(f"http|{self.settings.seed}|{reference}|{tries}")  # noqa: S311
        too_many, before, after, held = (rng.random() for _ in range(4))
        self._limit_rate()
        if too_many < self.faults.http_429:
            raise ApiError(429, "rate_limited", "Too many new calls.", {"retry-after": "1"})
        if before < self.faults.http_5xx_before:
            raise ApiError(500, "internal", "Something went wrong.")
        call = self.network.place(**fields)
        if after < self.faults.http_5xx_after:
            raise ApiError(500, "internal", "Something went wrong.")
        if held < self.faults.timeout_after:
            await asyncio.sleep(self.settings.hold_seconds)
        return json_response(self._represent(call), 201)

    async def list_calls(self, request: Request) -> Response:
        """List the calls of a reference."""
        reference = request.query.get("reference", "")
        if not reference:
            raise ApiError(400, "bad_request", "Say which reference: /v1/calls?reference=…")
        return json_response({"calls": [self._represent(call) for call in self.network.find(reference)]})

    async def get_call(self, request: Request) -> Response:
        """Show a call; while it lasts, with what has been said so far."""
        return json_response(self._represent(self._get(request)))

    async def hang_up(self, request: Request) -> Response:
        """End a call; an ended one is answered as it is."""
        call = self._get(request)
        self.network.hang_up(call)
        return json_response(self._represent(call))

    async def get_recording(self, request: Request) -> Response:
        """Serve the audio, whole or in ranges."""
        audio = self.network.recording(request.params["id"])
        if audio is None:
            raise ApiError(404, "not_found", "There is no such recording.")
        return range_response(request, audio, "audio/wav")

    async def list_voices(self, request: Request) -> Response:
        """List the voices."""
        return json_response({"voices": VOICES})

    async def get_account(self, request: Request) -> Response:
        """Show whose key this is."""
        account = {"id": "SIMACCOUNT", "name": "Simulated phone network"}
        return json_response({**account, "calls_per_second": self.settings.calls_per_second or None})

    async def get_faults(self, request: Request) -> Response:
        """Show the fault rates."""
        return json_response(asdict(self.faults))

    async def set_faults(self, request: Request) -> Response:
        """Replace the fault rates; what is not named is 0."""
        try:
            self.faults = Faults.from_mapping(request.json())
        except ConfigError as error:
            raise ApiError(400, "bad_request", str(error)) from error
        return json_response(asdict(self.faults))

    async def get_speed(self, request: Request) -> Response:
        """Show the speed."""
        return json_response({"speed": self.clock.speed})

    async def set_speed(self, request: Request) -> Response:
        """Run faster or slower from now on, also for the calls under way."""
        try:
            self.clock.set_speed(read_speed(request.json().get("speed")))
        except ConfigError as error:
            raise ApiError(400, "bad_request", str(error)) from error
        return json_response({"speed": self.clock.speed})

    async def log(self, request: Request) -> Response:
        """Show the truth about every call."""
        return json_response({"calls": [log_entry(call) for call in self.network.calls()]})

    def _get(self, request: Request) -> Call:
        call = self.network.get(request.params["id"])
        if call is None:
            raise ApiError(404, "not_found", "There is no such call.")
        return call

    def _limit_rate(self) -> None:
        """Let a second's worth of calls through at once and the rest at the rate."""
        rate = self.settings.calls_per_second
        if not rate:
            return
        now = time.monotonic()
        self._allowance = min(self._allowance + (now - self._allowance_at) * rate, max(rate, 1.0))
        self._allowance_at = now
        if self._allowance < 1:
            wait = max(round((1 - self._allowance) / rate + 0.5), 1)
            raise ApiError(429, "rate_limited", "Too many new calls.", {"retry-after": str(wait)})
        self._allowance -= 1

    def _read_call(self, data: dict[str, Any]) -> dict[str, Any]:
        """Check a request for a call. Raises `ApiError` 400 with a code the caller can act on."""
        for name in ("to", "from"):
            if not is_dialable(_text(data, name)):
                raise ApiError(400, "invalid_number", f"`{name}` must be a number in E.164, like +14155550171.")
        reference = _text(data, "reference")
        if not reference:
            raise ApiError(400, "bad_request", "`reference` is required.")
        metadata = data.get("metadata")
        metadata = {} if metadata is None else metadata
        if not isinstance(metadata, dict):
            raise ApiError(400, "bad_request", "`metadata` must be an object.")
        names = {name: str(metadata.get(name) or "") for name in NAMES}
        return {
            "reference": reference,
            "to": data["to"],
            "from_number": data["from"],
            "callback_url": self._read_callback(_text(data, "callback_url")),
            "script": Script(_text(data, "first_sentence"), _text(data, "voicemail_message"), names),
            "record": data.get("record") is not False,
            "ring_timeout": _number(data, "ring_timeout_seconds", 25, 5, 600),
            "max_duration": _number(data, "max_duration_seconds", 300, 5, 7200),
            "metadata": metadata,
        }

    def _read_callback(self, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or parts.hostname not in self.settings.callback_hosts:
            hosts = ", ".join(sorted(self.settings.callback_hosts))
            raise ApiError(400, "bad_request", f"`callback_url` must lead to one of: {hosts}.")
        return url

    def _represent(self, call: Call) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "id": call.id,
            "reference": call.reference,
            "to": call.to,
            "from": call.from_number,
            "status": call.status,
            "answered_by": call.plan.answered_by if call.answered_at else None,
            "created_at": _iso(call.placed_at),
            "answered_at": _iso(call.answered_at),
            "ended_at": _iso(call.ended_at),
            "recording_id": call.recording_id or None,
            "metadata": call.metadata,
        }
        if call.status == "ended":
            facts.update(self.network.ending(call))
        elif call.status == "in_progress":
            facts["transcript"] = list(self.network.conversation(call).messages)
        return facts


def _iso(timestamp: float | None) -> str | None:
    return None if timestamp is None else datetime.fromtimestamp(timestamp, UTC).isoformat()


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ApiError(400, "bad_request", f"`{name}` must be text.")
    return value


def _number(data: dict[str, Any], name: str, default: float, least: float, most: float) -> float:
    value = data.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ApiError(400, "bad_request", f"`{name}` must be a number from {least:g} to {most:g}.")
    return float(value)
