"""Recovery times (G9): what is killed under a running campaign comes back, and how soon dialling goes on.

`python -m bench.recovery` kills the dialers, web, beat, PostgreSQL and Redis in turn, with the usual lease of
30 s, and prints for each the seconds until the next call was dialled, and for the dialers until no attempt of the
killed ones was left in the air. Whatever has died is started again at once, as `manage.py up` or systemd would.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import psycopg

from bench.chaos_world import World

MODULE = "bench.chaos_campaign"
GOALS = {
    "dialers_dialing_again": 35.0,
    "dialers_leads_back": 35.0,
    "web_serving_again": 10.0,
    "web_page_again": 10.0,
    "beat_dialing_again": 35.0,
    "postgres_dialing_again": 10.0,
    "redis_dialing_again": 10.0,
}
"""Seconds. PostgreSQL and Redis count from the moment they are back."""


def until(done: Callable[[], bool], world: World, limit: float = 120.0) -> float:
    """Seconds until it is so, mending what has died meanwhile; `limit` when it never was."""
    began = time.monotonic()
    while time.monotonic() - began < limit:
        world.mend()
        try:
            if done():
                return round(time.monotonic() - began, 1)
        except (psycopg.Error, OSError):
            pass
        time.sleep(0.1)
    return limit


def dialed_since(world: World, moment: Any) -> bool:
    """Whether a call was dialled after a moment of the database's clock."""
    return bool(world.ask("SELECT 1 FROM calls_call WHERE started_at > %s LIMIT 1", moment))


def now_of(world: World) -> Any:
    """The database's clock."""
    return world.ask("SELECT clock_timestamp()")[0][0]


def after_dialers(world: World) -> dict[str, float]:
    """Kill every dialer with its children in the middle of placing."""
    in_air = "SELECT id FROM calls_call WHERE dial_state IN ('reserved', 'dialing')"
    until(lambda: len(world.ask(in_air)) > 0, world)
    for name in ("dialer0", "dialer1"):
        world.programs[name].kill()
    killed, left = now_of(world), [row[0] for row in world.ask(in_air)]
    again = until(lambda: dialed_since(world, killed), world)
    back = until(lambda: not world.ask(f"{in_air} AND id = ANY(%s)", left), world)
    return {"dialers_dialing_again": again, "dialers_leads_back": round(again + back, 1), "dialers_in_air": len(left)}


def after_web(world: World) -> dict[str, float]:
    """Kill web; the network's webhooks meet a closed door meanwhile."""
    world.programs["web"].kill()
    again = until(lambda: answers(world, "/healthz"), world)
    page = until(lambda: answers(world, "/login"), world)
    return {"web_serving_again": again, "web_page_again": round(again + page, 1)}


def answers(world: World, path: str) -> bool:
    """Whether web answers there with 200."""
    with urllib.request.urlopen(f"{world.environment['PUBLIC_BASE_URL']}{path}", timeout=2) as answer:
        return bool(answer.status == 200)


def after_beat(world: World) -> dict[str, float]:
    """Kill beat: a drive ends after seconds, and only beat asks for the next."""
    world.programs["beat"].kill()
    time.sleep(6.0)
    killed = now_of(world)
    return {"beat_dialing_again": until(lambda: dialed_since(world, killed), world)}


def after_postgres(world: World) -> dict[str, float]:
    """kill -9 the postmaster and start it again."""
    away = world.crash_postgres()
    back = now_of(world)
    return {
        "postgres_away": round(away, 1),
        "postgres_dialing_again": until(lambda: dialed_since(world, back), world),
    }


def after_redis(world: World, seconds: float) -> dict[str, float]:
    """kill -9 Redis, leave it away, and start it again."""
    os.kill(int((world.data / "redis.pid").read_text()), signal.SIGKILL)
    time.sleep(seconds)
    world.run("-m", "crm.embedded", "start")
    back = now_of(world)
    return {"redis_away": seconds, "redis_dialing_again": until(lambda: dialed_since(world, back), world)}


def run(options: argparse.Namespace) -> dict[str, Any]:
    """All of it in one world and one campaign."""
    world = World(speed=20, faults={}, seed=options.seed, lease_seconds=30.0)
    try:
        world.start()
        made = json.loads(world.run("-m", MODULE, "make", str(options.leads), "20", "2"))
        world.start_workers()
        started = now_of(world)
        told: dict[str, Any] = {"first_call_after": until(lambda: dialed_since(world, started), world)}
        steps: list[Callable[[], dict[str, float]]] = [
            lambda: after_dialers(world),
            lambda: after_web(world),
            lambda: after_beat(world),
            lambda: after_postgres(world),
            lambda: after_redis(world, options.redis_away),
        ]
        for step in steps:
            time.sleep(3.0)
            told |= step()
            sys.stderr.write(f"{told}\n")
        found = json.loads(world.run("-m", MODULE, "check", made["tenant"], made["campaign"]))
        missed = [f"{name}: {told[name]} s, goal {goal:g} s" for name, goal in GOALS.items() if told[name] > goal]
        twice = len(world.phone_log()) - len({call["reference"] for call in world.phone_log()})
        return {**told, "dialed_twice": twice, "invariants": found["invariants"], "missed": missed}
    finally:
        world.close()


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=5_000)
    parser.add_argument("--redis-away", type=float, default=30.0, help="seconds Redis stays away")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    result = run(options)
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return int(bool(result["missed"] or result["invariants"] or result["dialed_twice"]))


if __name__ == "__main__":
    sys.exit(main())
