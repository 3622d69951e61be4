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
import subprocess
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
from django.db import connections
from django.db.models import Count
from django.test import Client

from accounts import ledger
from bench.campaigns import campaign, people, workspace
from calls.invariants import check_invariants
from calls.models import Call
from campaigns.models import CampaignLead
from core.scope import tenant_scope
from simulator.webhooks import sign

APART = True
SAID = [{"role": "person", "content": "Tell me more about the price.", "at": 2.5}]
TALKED = {"outcome": "completed", "answered_by": "human", "duration_seconds": 61, "cost": "0.0965", "summary": "Price."}
MACHINE = {"outcome": "voicemail", "answered_by": "voicemail", "duration_seconds": 12, "cost": "0.0320"}
ENDS: tuple[dict[str, Any], ...] = (
    *((TALKED | {"transcript": SAID},) * 4),
    *((MACHINE | {"transcript": SAID},) * 2),
    *(({"outcome": "no_answer"},) * 3),
    {"outcome": "busy"},
)
"""How ten calls end, as on the simulated network: six are taken and send four events, the others send two."""
STANDS_AS = {"completed": "done", "voicemail": "retry_wait", "no_answer": "retry_wait", "busy": "retry_wait"}
MINUTES = {"completed": 2, "voicemail": 1}


def make_calls(count: int) -> tuple[uuid.UUID, list[Call]]:
    """Calls in flight of a running campaign in a new workspace, with minutes held for each."""
    tenant_id = workspace()
    made = campaign(tenant_id, "running")
    people(tenant_id, made, count)
    with tenant_scope(tenant_id):
        CampaignLead.objects.update(status="dialing", attempts=1)
        calls = [
            Call(
                campaign=made,
                campaign_lead_id=pk,
                lead_id=lead,
                contact_id=contact,
                phone_number=number,
                callback_token="token",
                dial_state="placed",
                minutes_held=5,
            )
            for pk, lead, contact, number in CampaignLead.objects.values_list(
                "pk", "lead_id", "contact_id", "phone_number"
            )
        ]
        Call.objects.bulk_create(calls, batch_size=2_000)
        for first in range(0, count, 2_000):
            ledger.hold_many(kind="minutes", amounts={f"call:{call.pk}": 5 for call in calls[first : first + 2_000]})
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) calls_call, campaigns_campaignlead, accounts_ledgerentry")
    return tenant_id, calls


def end_of(call: Call) -> dict[str, Any]:
    """How a call ends: always the same for the same call."""
    return ENDS[call.pk.int % len(ENDS)]


def events_of(call: Call) -> list[dict[str, Any]]:
    """The events of one call, in order: ringing and ended, and between and after them what a taken call tells."""
    common = {"call_id": f"SIM{call.pk.hex}", "reference": str(call.pk), "occurred_at": "2026-11-21T01:00:00+00:00"}
    end = end_of(call)
    kinds: list[tuple[str, dict[str, Any]]] = [("call.ringing", {}), ("call.ended", end)]
    if taken := end.get("answered_by"):
        kinds.insert(1, ("call.answered", {"answered_by": taken}))
        kinds.append(("recording.ready", {"recording_id": f"REC{call.pk.hex}", "duration": end["duration_seconds"]}))
    return [
        {"id": f"{call.pk.hex}-{n}", "type": kind, "sequence": n} | common | facts
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


def differences(tenant_id: uuid.UUID, calls: list[Call]) -> list[str]:
    """What is not as the events say: of each call its row, lead, words and recording, of all of them the purse."""
    with tenant_scope(tenant_id):
        rows = Call.objects.select_related("campaign_lead", "recording", "conversation").annotate(told=Count("events"))
        found = {row.pk: row for row in rows.filter(campaign=calls[0].campaign)}
        wrong = [f"call {call.pk}" for call in calls if not _is_ideal(found[call.pk], end_of(call))]
        account = ledger.get_account("minutes")
        spent = sum(MINUTES.get(end_of(call)["outcome"], 0) for call in calls)
        sums = (1_000_000 - account.balance, account.held)
    return wrong + ([f"minutes spent and held are {sums}, not {(spent, 0)}"] if sums != (spent, 0) else [])


def _is_ideal(row: Call, end: dict[str, Any]) -> bool:
    taken = "answered_by" in end
    is_told = row.told == (4 if taken else 2)  # type: ignore[attr-defined]
    is_ended = (row.dial_state, row.status, row.outcome) == ("ended", "ended", end["outcome"])
    facts = (row.answered_by, row.duration_seconds, str(row.cost or ""))
    are_facts = facts == (end.get("answered_by", ""), end.get("duration_seconds", 0), end.get("cost", ""))
    is_kept = (hasattr(row, "recording"), hasattr(row, "conversation")) == (taken, taken)
    stands = row.campaign_lead is not None and row.campaign_lead.status == STANDS_AS[end["outcome"]]
    return is_told and is_ended and are_facts and is_kept and stands


def floor(tenant_id: uuid.UUID) -> float:
    """What this machine's core is worth: contacts that Django REST framework alone makes in a second of its CPU."""
    subprocess.run([sys.executable, "-m", "bench.floor", str(tenant_id)], check=True)
    command = [sys.executable, "-c", "from bench.floor import *; print(creates_per_cpu_second(500))"]
    return round(float(subprocess.run(command, capture_output=True, text=True, check=True).stdout), 1)


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=14_000, help="3.2 events each, and a tenth more repeated")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    tenant_id, calls = make_calls(options.calls)
    creates = floor(tenant_id)
    cpu = time.process_time()
    seconds, times, answers = post_all(storm_of(calls, random.Random(options.seed)))
    rate = len(times) / (time.process_time() - cpu)
    times.sort()
    with tenant_scope(tenant_id):
        broken = check_invariants()
    result = {
        "events": len(times),
        "events_per_second": round(len(times) / seconds, 1),
        "events_per_cpu_second_of_web": round(rate, 1),
        "creates_of_the_floor_per_cpu_second": creates,
        "events_per_create": round(rate / creates, 2),
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
