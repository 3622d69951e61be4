"""The chaos proof: a real campaign through random kills, crashed servers and a hostile phone network.

`python -m bench.chaos --leads 300 --kills 15` prints what the phone network's own log says: calls dialled
twice, numbers on two lines at once, leads lost, lines over the cap. `--control` runs the usual design, which
must fail. Exit code 0 means that the run proved what it should.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from itertools import pairwise
from typing import Any

from bench.chaos_world import FAULTS, World

MODULE = "bench.chaos_campaign"


def findings(world: World, made: dict[str, str], cap: int, max_retries: int) -> dict[str, Any]:
    """Judge a run by the phone network's log and by the database."""
    calls = world.phone_log()
    told = json.loads(world.run("-m", MODULE, "check", made["tenant"], made["campaign"]))
    known, agreed = set(told.pop("attempts")), set(told.pop("callbacks"))
    by_number: dict[str, list[dict[str, Any]]] = {}
    by_reference: dict[str, int] = {}
    for call in calls:
        by_number.setdefault(call["to"], []).append(call)
        by_reference[call["reference"]] = by_reference.get(call["reference"], 0) + 1
    return {
        "calls": len(calls),
        "dialed_twice": sum(count > 1 for count in by_reference.values()),
        "overlapping": sum(map(_overlaps, by_number.values())),
        "over_their_attempts": sum(_uninvited(found, agreed) > max_retries + 1 for found in by_number.values()),
        "unknown_to_us": len(set(by_reference) - known),
        "most_at_once": most_at_once(calls),
        "cap": cap,
        **told,
    }


def _uninvited(calls: list[dict[str, Any]], agreed: set[str]) -> int:
    """Calls that count as attempts: a call back at the time a person asked for does not."""
    return sum(call["reference"] not in agreed for call in calls)


def _overlaps(calls: list[dict[str, Any]]) -> int:
    spans = sorted((call["placed_at"], call["ended_at"] or float("inf")) for call in calls)
    return sum(later[0] < earlier[1] for earlier, later in pairwise(spans))


def most_at_once(calls: list[dict[str, Any]]) -> int:
    """How many of the calls held a line at the same moment, at most."""
    steps = [(call["placed_at"], 1) for call in calls] + [(call["ended_at"] or float("inf"), -1) for call in calls]
    live = most = 0
    for _, step in sorted(steps):
        live += step
        most = max(most, live)
    return most


def violations(found: dict[str, Any]) -> list[str]:
    """What must be zero and is not."""
    zeros = ("dialed_twice", "overlapping", "over_their_attempts", "unknown_to_us", "lost", "live", "held")
    broken = [f"{name} = {found[name]}" for name in zeros if found[name]]
    broken += [str(found[name]) for name in ("drift", "invariants", "differences") if found[name]]
    if found["most_at_once"] > found["cap"]:
        broken.append(f"{found['most_at_once']} calls at once over the cap of {found['cap']}")
    if found["state"] != "completed":
        broken.append(f"the campaign is {found['state']}")
    return broken


def storm(world: World, made: dict[str, str], options: argparse.Namespace) -> dict[str, Any]:
    """Kill, crash and flush while the campaign runs; then wait for its end."""
    began, done = time.monotonic(), {"postgres": 0, "redis": 0}
    outages: list[float] = []
    gap = options.seconds / max(1, options.kills)
    crash_at = {round(options.kills * (n + 1) / (options.crashes + 1)) for n in range(options.crashes)}
    flush_at = {round(options.kills * (n + 0.5) / max(1, options.flushes)) for n in range(options.flushes)}
    for number in range(options.kills):
        mend_for(world, gap * world.random.uniform(0.5, 1.5))
        state = state_of(world, made)
        progress(world, made, f"{time.monotonic() - began:.0f} s, {state}, killing {number + 1} of {options.kills}")
        world.kill_one()
        if number in crash_at:
            outages.append(world.crash_postgres())
            done["postgres"] += 1
        if number in flush_at:
            world.flush_redis()
            done["redis"] += 1
    state = wait_for_end(world, made, began + options.limit)
    return {
        "seconds": round(time.monotonic() - began, 1),
        "kills": sum(world.kills.values()),
        "killed": world.kills,
        "postgres_crashes": done["postgres"],
        "redis_flushes": done["redis"],
        "postgres_away_seconds": [round(seconds, 1) for seconds in outages],
        "brakes": world.brakes,
        "ended_as": state,
    }


def mend_for(world: World, seconds: float) -> None:
    """Wait, and start again at once what has died, as a supervisor would."""
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        world.mend()
        time.sleep(min(left, 0.25))


def progress(world: World, made: dict[str, str], words: str) -> None:
    """Tell on stderr how far the run is."""
    count = (
        "SELECT count(*) FILTER (WHERE status = ANY(%s)), count(*) FROM campaigns_campaignlead WHERE campaign_id = %s"
    )
    done, leads = world.ask(count, ["done", "blocked", "exhausted", "removed"], made["campaign"])[0]
    sys.stderr.write(f"{words}; {done} of {leads} leads done\n")


def state_of(world: World, made: dict[str, str]) -> str:
    """How the campaign stands; when a brake was pulled, as it should be, a person looks and resumes."""
    found = world.ask("SELECT status, pause_reason FROM campaigns_campaign WHERE id = %s", made["campaign"])
    state, reason = found[0]
    if state == "paused":
        world.run("-m", MODULE, "resume", made["tenant"], made["campaign"])
        world.brakes[reason] = world.brakes.get(reason, 0) + 1
    return str(state)


def wait_for_end(world: World, made: dict[str, str], deadline: float) -> Any:
    """Mend what has died until the campaign has ended; a campaign that brakes is resumed, and the brake told."""
    told = time.monotonic()
    while time.monotonic() < deadline:
        if time.monotonic() > told + 10:
            told = time.monotonic()
            progress(world, made, f"{deadline - told:.0f} s left")
        world.mend()
        state = state_of(world, made)
        if state not in ("running", "paused"):
            return state
        time.sleep(0.5)
    count = "SELECT status, count(*) FROM campaigns_campaignlead WHERE campaign_id = %s GROUP BY 1"
    return dict(world.ask(count, made["campaign"]))


def run(options: argparse.Namespace) -> dict[str, Any]:
    """One run in a world of its own."""
    faults = {**FAULTS, **({"http_5xx_after": 0.15, "timeout_after": 0.1} if options.control else {})}
    world = World(
        speed=options.speed,
        faults=faults,
        seed=options.seed,
        celery_app="bench.unsafe" if options.control else "crm",
    )
    try:
        world.start()
        if options.control:
            world.run("-m", MODULE, "unprotect")
        made = json.loads(
            world.run("-m", MODULE, "make", str(options.leads), str(options.cap), str(options.max_retries))
        )
        world.start_workers()
        told = storm(world, made, options)
        time.sleep(3.0)
        found = findings(world, made, options.cap, options.max_retries)
        return {**told, **found, "violations": violations(found)}
    finally:
        if options.keep:
            sys.stderr.write(f"kept: {world.data}\n")
            world.stop()
        else:
            world.close()


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--cap", type=int, default=150)
    parser.add_argument("--max-retries", type=int, default=2)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--crashes", type=int, default=3, help="PostgreSQL killed and restarted")
    parser.add_argument("--flushes", type=int, default=3, help="Redis emptied")
    parser.add_argument("--seconds", type=float, default=200, help="over which the kills are spread")
    parser.add_argument("--limit", type=float, default=900, help="seconds after which the run has failed")
    parser.add_argument("--speed", type=float, default=12, help="of the network: at 12 the cap of 150 binds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--control", action="store_true", help="the usual design: must violate")
    parser.add_argument("--keep", action="store_true", help="keep data and logs")
    return parser.parse_args(arguments)


def main() -> int:
    """Run, print, judge."""
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that an ended run ends what it has started
    result = run(options)
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return int(bool(result["violations"]) != options.control)


if __name__ == "__main__":
    sys.exit(main())
