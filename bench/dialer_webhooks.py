"""The webhook storm (G7): events doubled, shuffled, late and forged, posted to the product's own request stack.

`python -m bench.dialer_webhooks --calls 12500` makes calls in a workspace of its own in the database of this
checkout, posts four events for each plus repeats and forgeries, and compares every call with the ideal.
One process on one core; prints events per second and the slowest answers.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
import uuid
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
os.environ["ALLOWED_HOSTS"] = "testserver,127.0.0.1"
os.environ["LOG_LEVEL"] = "ERROR"

import django

django.setup()

from django.conf import settings
from django.test import Client

from accounts.services import create_workspace
from calls.invariants import check_invariants
from calls.models import Call, CallEvent
from core.scope import tenant_scope
from simulator.webhooks import sign

SAID = [{"role": "person", "content": "Tell me more about the price.", "at": 2.5}]


def make_calls(count: int) -> tuple[uuid.UUID, list[Call]]:
    """Placed calls of a new workspace."""
    made = create_workspace(name="Storm", email=f"{uuid.uuid4().hex[:8]}@storm.test", password="storm-storm")
    tenant_id = uuid.UUID(made["tenant_id"])
    with tenant_scope(tenant_id):
        calls = [
            Call(phone_number=f"+1415{position:07}", callback_token="token", dial_state="placed")
            for position in range(count)
        ]
        Call.objects.bulk_create(calls, batch_size=2_000)
    return tenant_id, calls


def events_of(call: Call) -> list[dict[str, Any]]:
    """The four events of one call, in order."""
    common = {"call_id": f"SIM{call.pk.hex[:20]}", "reference": str(call.pk)}
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("call.ringing", {}),
        ("call.answered", {"answered_by": "human"}),
        (
            "call.ended",
            {"outcome": "completed", "duration_seconds": 61, "cost": "0.0965", "transcript": SAID, "summary": "Price."},
        ),
        ("recording.ready", {"recording_id": f"REC{call.pk.hex[:20]}", "duration": 61}),
    ]
    return [
        {"id": f"{call.pk.hex}-{n}", "type": kind, "sequence": n, "occurred_at": "2026-11-21T01:00:00+00:00"}
        | common
        | facts
        for n, (kind, facts) in enumerate(kinds, start=1)
    ]


def storm_of(calls: list[Call], rng: random.Random) -> list[tuple[dict[str, Any], bool]]:
    """All events with a tenth doubled, 2 % forged, and neighbours shuffled over a wide window."""
    storm = [(event, False) for call in calls for event in events_of(call)]
    storm += [storm[rng.randrange(len(storm))] for _ in range(len(storm) // 10)]
    storm += [(storm[rng.randrange(len(storm))][0], True) for _ in range(len(storm) // 50)]
    return [event for _, event in sorted(enumerate(storm), key=lambda pair: pair[0] + rng.gauss(0, 2_000))]


def post_all(storm: list[tuple[dict[str, Any], bool]]) -> tuple[float, list[float], dict[str, int]]:
    """Post one after the other; (seconds, time of each, answers by kind)."""
    client, times, answers = Client(), [], {"applied": 0, "repeated": 0, "forged_refused": 0, "wrong": 0}
    secret, began = settings.SIMULATOR_SECRET, time.perf_counter()
    for event, forged in storm:
        body = json.dumps(event).encode()
        signature = sign("forged" if forged else secret, body, int(time.time()))
        path = f"/api/v1/webhooks/telephony/simulated?attempt={event['reference']}&token=token"
        start = time.perf_counter()
        answer = client.generic(
            "POST", path, body, content_type="application/json", HTTP_X_SIMULATOR_SIGNATURE=signature
        )
        times.append(time.perf_counter() - start)
        expected = 403 if forged else 200
        kind = "forged_refused" if forged else answer.json().get("result", "wrong")
        answers[kind if answer.status_code == expected else "wrong"] += 1
    return time.perf_counter() - began, times, answers


def differences(tenant_id: uuid.UUID, calls: list[Call]) -> int:
    """Calls that are not what their events say."""
    with tenant_scope(tenant_id):
        ideal = Call.objects.filter(
            pk__in=[call.pk for call in calls],
            dial_state="ended",
            status="ended",
            outcome="completed",
            answered_by="human",
            duration_seconds=61,
            cost="0.0965",
            conversation__isnull=False,
            recording__isnull=False,
        )
        events = CallEvent.objects.filter(call__in=calls).count()
        return len(calls) - ideal.count() + abs(events - 4 * len(calls))


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=12_500, help="four events each")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    tenant_id, calls = make_calls(options.calls)
    cpu = time.process_time()
    seconds, times, answers = post_all(storm_of(calls, random.Random(options.seed)))
    times.sort()
    with tenant_scope(tenant_id):
        broken = check_invariants()
    result = {
        "events": len(times),
        "events_per_second": round(len(times) / seconds, 1),
        "events_per_cpu_second_of_web": round(len(times) / (time.process_time() - cpu), 1),
        "p50_ms": round(times[len(times) // 2] * 1000, 1),
        "p99_ms": round(times[int(len(times) * 0.99)] * 1000, 1),
        **answers,
        "calls_that_differ_from_the_ideal": differences(tenant_id, calls),
        "invariants": broken,
    }
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return int(bool(result["calls_that_differ_from_the_ideal"] or answers["wrong"] or broken))


if __name__ == "__main__":
    sys.exit(main())
