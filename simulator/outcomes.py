"""How a call will go: decided once, from the seed, the number and how often it was called before."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

E164 = re.compile(r"\+[1-9]\d{6,14}\Z")
FICTIONAL = re.compile(r"\+1[2-9]\d{2}55501(\d\d)\Z")

ENDINGS = (
    (10, "busy"),
    (20, "no_answer"),
    (30, "voicemail"),
    (40, "rejected"),
    (50, "invalid_number"),
    (60, "opt_out"),
    (70, "hang_up"),
    (100, "talk"),
)
"""What the fictional numbers NPA-555-01XX do, by their last two digits below each bound."""

DRAWN = (("human", 0.35), ("voicemail", 0.25), ("no_answer", 0.25), ("busy", 0.10), ("failed", 0.05))
"""What all other numbers do, with their shares."""

WISHES = (
    ("interested", 0.27),
    ("not_interested", 0.33),
    ("callback", 0.16),
    ("wants_human", 0.08),
    ("wrong_number", 0.05),
    ("opt_out", 0.04),
    ("hang_up", 0.07),
)
"""What people who pick up want, with their shares; on the talking fictional numbers only the first four."""


MEDIAN_TALK = {"interested": 120.0, "callback": 55.0, "wants_human": 60.0, "not_interested": 45.0}
"""Median talk time in seconds by wish; others 28."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The course of one call, in simulated seconds."""

    ring_delay: float
    """From the request to the first ring."""
    ring_seconds: float
    answered_by: str
    """`human`, `voicemail`, or empty when nobody picks up."""
    talk_seconds: float
    outcome: str
    wish: str
    """What the person wants: one of WISHES, or empty."""
    seed: str
    """Seed of everything said in this call."""
    callback_in_minutes: int | None = None


def is_dialable(number: str) -> bool:
    """Tell whether the network takes the number at all: E.164, and nothing more."""
    return E164.match(number) is not None


def plan_call(
    *,
    seed: str,
    number: str,
    attempt: int,
    ring_timeout: float,
    max_duration: float,
    leaves_message: bool = False,
) -> Plan:
    """Decide how the `attempt`-th call to a number goes; the same arguments always give the same plan."""
    call_seed = f"{seed}|{number}|{attempt}"
    rng = random.Random(call_seed)  # noqa: S311 - repeatable, not secret
    fictional = FICTIONAL.match(number)
    kind = _by_last_digits(int(fictional.group(1))) if fictional else _draw(rng, DRAWN)
    ring_delay = rng.uniform(0.5, 2.0)
    rings = rng.uniform(4.0, 22.0)
    if kind in {"talk", "human", "opt_out", "hang_up"}:
        wish = _wish_of(kind, rng)
        talk = min(_talk_seconds(wish, rng), max_duration)
        outcome = "opt_out" if wish == "opt_out" else "completed"
        callback = rng.choice((30, 60, 90, 120, 180, 240, 1440, 2880)) if wish == "callback" else None
        if rings >= ring_timeout:
            rings = ring_timeout * 0.7
        return Plan(ring_delay, rings, "human", talk, outcome, wish, call_seed, callback)
    if kind == "voicemail":
        talk = min(rng.uniform(15.0, 40.0) if leaves_message else rng.uniform(3.0, 7.0), max_duration)
        rings = min(rng.uniform(16.0, 24.0), ring_timeout * 0.9)
        return Plan(ring_delay, rings, "voicemail", talk, kind, "", call_seed)
    rings = {
        "no_answer": ring_timeout,
        "rejected": min(rng.uniform(3.0, 9.0), ring_timeout * 0.9),
        "busy": 0.0,
        "invalid_number": 0.0,
        "failed": 0.0,
    }[kind]
    return Plan(ring_delay, rings, "", 0.0, kind, "", call_seed)


def _by_last_digits(digits: int) -> str:
    return next(kind for bound, kind in ENDINGS if digits < bound)


def _wish_of(kind: str, rng: random.Random) -> str:
    if kind == "human":
        return _draw(rng, WISHES)
    if kind == "talk":
        return _draw(rng, WISHES[:4])
    return kind


def _draw(rng: random.Random, shares: tuple[tuple[str, float], ...]) -> str:
    names, weights = zip(*shares, strict=True)
    return str(rng.choices(names, weights)[0])


def _talk_seconds(wish: str, rng: random.Random) -> float:
    """Talk time: log-normal between 20 and 300 s, shorter for people who do not want to talk."""
    if wish == "hang_up":
        return rng.uniform(1.5, 4.5)
    return min(max(rng.lognormvariate(0, 0.45) * MEDIAN_TALK.get(wish, 28.0), 20.0), 300.0)
