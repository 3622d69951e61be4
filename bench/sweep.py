"""The sweep after an outage (G9): calls whose end nobody told are looked up and settled, in one process.

`python -m bench.sweep` starts a phone network that loses every webhook, places calls there that end by themselves,
lets their leases run out, and sweeps: look-ups a second (the network asked, in threads), and calls settled a
second with all that hangs on an end. It works in a workspace of its own in the database of this checkout.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.chaos_world import free_port

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
os.environ["SIMULATOR_PORT"] = PORT = str(free_port())
os.environ |= {"SIMULATOR_URL": f"http://127.0.0.1:{PORT}", "SIMULATOR_SPEED": "1000", "LOG_LEVEL": "ERROR"}
os.environ["SIMULATOR_FAULTS"] = json.dumps({"webhook_lost": 1.0})

import django

django.setup()

from calls import telephony
from calls.dialer import script, sweep
from calls.dialer.intent import Intent
from calls.invariants import check_invariants
from calls.models import Call
from core.scope import tenant_scope

APART = True


def backlog(count: int) -> uuid.UUID:
    """So many calls that ended at the network an hour ago, as far as their leases tell, and are in flight here."""
    from bench.dialer_webhooks import make_calls

    tenant_id, calls = make_calls(count)
    with tenant_scope(tenant_id):
        requests: list[Intent] = script.requests_for(calls)

    def place(intent: Intent) -> None:
        call, request = intent
        call.provider_call_id = telephony.get_provider("simulated").place_call(request).provider_call_id

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(place, requests))
    with tenant_scope(tenant_id):
        Call.objects.bulk_update(calls, ["provider_call_id"], batch_size=1_000)
        Call.objects.filter(campaign=calls[0].campaign).update(lease_until="2026-01-01T00:00:00Z")
    return tenant_id


def swept(tenant_id: uuid.UUID, limit: float) -> dict[str, Any]:
    """Sweep until nothing is left; rates."""
    asked, asking, began = 0, 0.0, time.monotonic()
    look_up = sweep._look_up

    def timed(calls: list[Call]) -> list[sweep.Finding]:
        nonlocal asked, asking
        start = time.monotonic()
        found = look_up(calls)
        asked, asking = asked + len(calls), asking + time.monotonic() - start
        return found

    sweep._look_up = timed
    settled = 0
    while (batch := sweep.sweep_tenant(tenant_id)) and time.monotonic() < began + limit:
        settled += batch
        sys.stderr.write(f"{settled} swept\n")
    seconds = time.monotonic() - began
    return {
        "swept": settled,
        "look_ups_a_second": round(asked / asking),
        "settled_a_second": round(settled / seconds, 1),
    }


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--limit", type=float, default=300, help="seconds of sweeping")
    options = parser.parse_args()
    network = subprocess.Popen([sys.executable, "-m", "simulator"])
    try:
        time.sleep(3.0)
        tenant_id = backlog(options.calls)
        time.sleep(2.0)
        result = swept(tenant_id, options.limit)
        with tenant_scope(tenant_id):
            result |= {"live_left": Call.objects.live().count(), "invariants": check_invariants()}
    finally:
        network.terminate()
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return int(bool(result["live_left"] or result["invariants"] or result["look_ups_a_second"] < 500))


if __name__ == "__main__":
    sys.exit(main())
