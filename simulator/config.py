"""The simulator's settings, all from the environment."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from urllib.parse import urlsplit


class ConfigError(ValueError):
    """A setting cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Faults:
    """How often the network misbehaves; a rate is the share of requests or events it happens to, 0 to 1."""

    http_429: float = 0.0
    """Refused as too fast although it was not; nothing is dialled."""
    http_5xx_before: float = 0.0
    """Answered 500; nothing is dialled."""
    http_5xx_after: float = 0.0
    """Answered 500; the phone rings all the same."""
    timeout_after: float = 0.0
    """The phone rings, but the answer is held back longer than any client waits."""
    webhook_double: float = 0.0
    """Delivered twice."""
    webhook_late: float = 0.0
    """Delivered 30 to 120 simulated seconds late."""
    webhook_reorder: float = 0.0
    """Delivered after the next event of the same call."""
    webhook_lost: float = 0.0
    """Never delivered."""

    @classmethod
    def from_mapping(cls, raw: object) -> Faults:
        """Read rates from parsed JSON. Raises `ConfigError` for unknown names and rates outside 0 to 1."""
        if not isinstance(raw, Mapping):
            raise ConfigError("Fault rates must be a JSON object.")
        known = {f.name for f in fields(cls)}
        rates: dict[str, float] = {}
        for name, rate in raw.items():
            if name not in known:
                raise ConfigError(f"Unknown fault {name!r}; known are {', '.join(sorted(known))}.")
            if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
                raise ConfigError(f"The rate of {name} must be a number from 0 to 1.")
            rates[name] = float(rate)
        return cls(**rates)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set from outside."""

    host: str = "127.0.0.1"
    port: int = 0
    """0 takes any free port."""
    port_file: str = ""
    """Where the chosen port is written once the server listens."""
    speed: float = 10.0
    """Simulated seconds per real second."""
    seed: str = "1"
    faults: Faults = field(default_factory=Faults)
    key: str = "simulator-key"
    secret: str = "simulator-secret"  # noqa: S105 - the simulator guards nothing
    calls_per_second: float = 0.0
    """New calls the account may start per real second; 0 is no limit."""
    log_path: str = ""
    """A file that every placed and ended call is appended to, one JSON object a line."""
    callback_hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost", "::1"})
    """Hosts webhooks may be sent to, so that this process cannot be made to knock on other doors.

    The host of PUBLIC_BASE_URL, where the product says it lives, is always one of them.
    """
    hold_seconds: float = 60.0
    """Real seconds a `timeout_after` answer is held."""
    retry_delays: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)
    """Real seconds between the deliveries of a webhook that was not taken."""


def read_speed(raw: object) -> float:
    """Read a speed. Raises `ConfigError` unless it is a number from 0.01 to 10,000."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise ConfigError("The speed must be a number.")
    try:
        speed = float(raw)
    except ValueError as error:
        raise ConfigError("The speed must be a number.") from error
    if not math.isfinite(speed) or not 0.01 <= speed <= 10_000:
        raise ConfigError("The speed must lie between 0.01 and 10,000 simulated seconds per second.")
    return speed


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read SIMULATOR_* from the environment. Raises `ConfigError` with a sentence for people."""
    env = os.environ if environ is None else environ
    default = Settings()
    hosts = {h.strip() for h in env.get("SIMULATOR_CALLBACK_HOSTS", "").split(",") if h.strip()}
    if own := urlsplit(env.get("PUBLIC_BASE_URL", "")).hostname:
        hosts.add(own)
    try:
        port = int(env.get("SIMULATOR_PORT") or 0)
        calls_per_second = float(env.get("SIMULATOR_CPS") or 0)
        faults = Faults.from_mapping(json.loads(env.get("SIMULATOR_FAULTS") or "{}"))
    except json.JSONDecodeError as error:
        raise ConfigError(f"SIMULATOR_FAULTS is not JSON: {error}.") from error
    except ValueError as error:
        raise ConfigError(str(error)) from error
    return Settings(
        host=env.get("SIMULATOR_HOST") or default.host,
        port=port,
        port_file=env.get("SIMULATOR_PORT_FILE", ""),
        speed=read_speed(env.get("SIMULATOR_SPEED") or default.speed),
        seed=env.get("SIMULATOR_SEED") or default.seed,
        faults=faults,
        key=env.get("SIMULATOR_KEY") or default.key,
        secret=env.get("SIMULATOR_SECRET") or default.secret,
        calls_per_second=calls_per_second,
        log_path=env.get("SIMULATOR_LOG", ""),
        callback_hosts=default.callback_hosts | hosts,
        hold_seconds=float(env.get("SIMULATOR_HOLD_SECONDS") or default.hold_seconds),
    )
