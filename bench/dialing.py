"""Dialing throughput (P16): the drive beside one Celery task a lead, and the cap at given rates.

`python -m bench.dialing` brings up an installation of its own with a phone network that answers at once and tells
nothing, and lets two worker processes dial: first one task a lead, then the drive. Then, with web and a network
that walks its calls through, it dials at 50 and 200 calls a second and judges by the network's log how many
calls were on the line in every second, and by the rows how long a lead waited from claim to placed.
"""

from __future__ import annotations

import argparse
import json
import math
import signal
import sys
import time
from typing import Any

from bench.chaos import most_at_once
from bench.chaos_world import World

MODULE = "bench.chaos_campaign"
SPEED = 30.0
PLACED = "SELECT count(*), extract(epoch FROM max(placed_at) - min(created_at)) FROM calls_call WHERE campaign_id = %s"
WAITED = """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY s), percentile_cont(0.99) WITHIN GROUP (ORDER BY s)
FROM (SELECT extract(epoch FROM placed_at - created_at) AS s FROM calls_call WHERE campaign_id = %s) w
"""


def progress(words: str) -> None:
    """Tell on stderr what is being done."""
    sys.stderr.write(f"{words}\n")


def made(world: World, leads: int, cap: int, calls_per_second: float) -> dict[str, str]:
    """A running campaign that may start so many real calls a second."""
    rate = calls_per_second / SPEED
    found: dict[str, str] = json.loads(world.run("-m", MODULE, "make", str(leads), str(cap), "0", str(rate)))
    return found


def until_placed(world: World, campaign: str, leads: int, limit: float) -> None:
    """Wait until so many calls are placed, or the limit."""
    ends = time.monotonic() + limit
    placed = 0
    while placed < leads and time.monotonic() < ends:
        time.sleep(0.5)
        world.mend()
        sql = "SELECT count(*) FROM calls_call WHERE campaign_id = %s AND placed_at IS NOT NULL"
        placed = world.ask(sql, campaign)[0][0]


def throughput(options: argparse.Namespace) -> dict[str, float]:
    """Calls placed a second by one task a lead and by the drive, with the same two worker processes."""
    told: dict[str, float] = {}
    for name, leads in (("one_task_a_lead", options.leads // 5), ("drive", options.leads)):
        progress(f"{name}: {leads} leads")
        world = World(speed=SPEED, faults={"webhook_lost": 1.0}, celery_app="bench.per_lead", lease_seconds=30.0)
        try:
            world.start()
            campaign = made(world, leads, leads, 1_000_000)
            if name == "drive":
                world.start_workers()
            else:
                world.start_dialers()
                enqueue = "from bench.per_lead import dial_one\nfor _ in range({}): dial_one.delay({!r}, {!r})"
                world.run("-c", enqueue.format(leads, campaign["tenant"], campaign["campaign"]))
            until_placed(world, campaign["campaign"], math.ceil(leads * 0.98), options.limit)
            count, seconds = world.ask(PLACED, campaign["campaign"])[0]
            told[name] = round(count / float(seconds), 1)
        finally:
            world.close()
    told["times_as_fast"] = round(told["drive"] / told["one_task_a_lead"], 1)
    return told


def at_rate(rate: int, options: argparse.Namespace) -> dict[str, Any]:
    """Dial at so many calls a second for a while; what the line and the rows say."""
    cap = round(rate * options.cap)
    progress(f"{rate} calls a second, cap {cap}")
    world = World(speed=SPEED, faults={}, seed=rate, lease_seconds=30.0)
    try:
        world.start()
        campaign = made(world, rate * options.seconds, cap, rate)
        world.start_workers()
        until_placed(world, campaign["campaign"], rate * options.seconds, options.seconds * 2.0)
        count, seconds = world.ask(PLACED, campaign["campaign"])[0]
        middle, slowest = world.ask(WAITED, campaign["campaign"])[0]
        calls = world.phone_log()
        twice = len(calls) - len({call["reference"] for call in calls})
        return {
            "calls": count,
            "calls_a_second": round(count / float(seconds), 1),
            "most_on_the_line": most_at_once(calls),
            "cap": cap,
            "dialed_twice": twice,
            "claim_to_placed_p50_ms": round(float(middle) * 1000),
            "claim_to_placed_p99_ms": round(float(slowest) * 1000),
        }
    finally:
        world.close()


def missed(told: dict[str, Any]) -> list[str]:
    """Goals that were not reached."""
    found = []
    if told["throughput"]["times_as_fast"] < 10:
        found.append(f"{told['throughput']['times_as_fast']} times one task a lead, goal 10")
    for rate, part in told["at_rate"].items():
        if part["most_on_the_line"] > part["cap"] or part["dialed_twice"]:
            found.append(f"at {rate}: {part['most_on_the_line']} on the line, {part['dialed_twice']} dialed twice")
        if part["claim_to_placed_p99_ms"] > 250:
            found.append(f"at {rate}: p99 {part['claim_to_placed_p99_ms']} ms from claim to placed, goal 250")
    return found


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=1_000, help="dialed by the drive; a fifth of it task by task")
    parser.add_argument("--rates", type=int, nargs="*", default=[50, 200], help="calls a second")
    parser.add_argument("--seconds", type=int, default=30, help="how long at each rate")
    parser.add_argument("--cap", type=float, default=2.0, help="calls at once, for each call a second")
    parser.add_argument("--limit", type=float, default=180, help="seconds for each half of the comparison")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    told: dict[str, Any] = {
        "throughput": throughput(options),
        "at_rate": {rate: at_rate(rate, options) for rate in options.rates},
    }
    told["missed"] = missed(told)
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return int(bool(told["missed"]))


if __name__ == "__main__":
    sys.exit(main())
