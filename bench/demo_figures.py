"""What the parts of the product say about one campaign, brought into one form so that they can be compared."""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal
from typing import Any

from playwright.sync_api import Page

from crm.tests.running import Api

ANSWERED_BY = ("", "human", "unknown", None)
LIVE_PAGE = """() => ({
  stats: Object.fromEntries([...document.querySelectorAll('#live .stat')].map(
    s => [s.querySelector('span').innerText, [s.querySelector('b').innerText, s.querySelector('.chip')?.innerText]])),
  funnel: Object.fromEntries([...document.querySelectorAll('#live .bar-row')].map(
    r => [r.querySelector('.sub').innerText, r.querySelector('.num').childNodes[0].textContent])),
  states: Object.fromEntries([...document.querySelectorAll('#live ul.states a')].map(
    a => [new URL(a.href).searchParams.get('status'), a.querySelector('.num').innerText])),
})"""


def number(text: str) -> int:
    """ "1,234" as a number."""
    return int(text.strip().replace(",", ""))


def of_rows(api: Api, campaign_id: str) -> dict[str, Any]:
    """Every figure, counted by hand from the lists of people and calls."""
    people = api.every(f"/campaigns/{campaign_id}/contacts")
    calls = api.every("/calls", campaign=campaign_id)
    answered = [call for call in calls if call["answered_at"] and call["answered_by"] in ANSWERED_BY]
    talked = [call for call in answered if call["outcome"] == "completed" and call["duration_seconds"] >= 10]
    ended = [call for call in calls if call["outcome"] != "cancelled"]
    seconds = sum(call["duration_seconds"] or 0 for call in calls)
    paid = [call for call in calls if call["answered_at"] or call["answered_by"]]
    return {
        "total": len(people),
        "states": dict(Counter(row["status"] for row in people)),
        "without_reason": sum(not row["status_reason"] for row in people),
        "attempts": sum(row["call_attempts"] for row in people),
        "calls": len(calls),
        "outcomes": dict(Counter(call["outcome"] for call in calls)),
        "in_flight": sum(call["status"] != "ended" for call in calls),
        "completed": sum(call["outcome"] == "completed" for call in calls),
        "answered": len(answered),
        "answer_rate": round(len(answered) / len(ended), 4) if ended else 0.0,
        "average_duration_seconds": round(sum(c["duration_seconds"] for c in answered) / max(len(answered), 1), 2),
        "minutes": round(seconds / 60, 2),
        "cost": f"{sum((Decimal(call['cost'] or 0) for call in calls), Decimal(0)):.4f}",
        "by_hour": [len(ended), len(answered)],
        "funnel": [len(people), *(len({call["lead_id"] for call in group}) for group in (calls, answered, talked))],
        "minutes_spent": sum(math.ceil((call["duration_seconds"] or 0) / 60) for call in paid),
    }


def of_answers(api: Api, campaign_id: str) -> dict[str, Any]:
    """The same figures as the campaign and its statistics tell them."""
    campaign = api.get(f"/campaigns/{campaign_id}")
    stats = api.get(f"/campaigns/{campaign_id}/stats")
    plain = ("in_flight", "answer_rate", "average_duration_seconds", "minutes", "cost")
    return {
        "total": campaign["total_leads"],
        "states": {name: n for name, n in stats["job_status_counts"].items() if n},
        "outcomes": {name: n for name, n in stats["calls_by_outcome"].items() if n},
        "completed": campaign["calls_completed"],
        "calls": campaign["calls_completed"] + campaign["calls_failed"],
        "by_hour": [sum(hour[name] for hour in stats["by_hour"]) for name in ("calls", "answered")],
        **{name: stats[name] for name in plain},
    }


def of_page(page: Page) -> dict[str, Any]:
    """What stands on the live page at this moment."""
    seen = page.evaluate(LIVE_PAGE)
    if not seen["stats"]:
        return {}
    answered = seen["stats"]["Answer rate"][1].split()
    return {
        "states": {name: number(n) for name, n in seen["states"].items()},
        "funnel": [number(seen["funnel"][name]) for name in ("Leads", "Dialed", "Answered", "Conversation")],
        "by_hour": [number(answered[2]), number(answered[0])],
        "spend": seen["stats"]["Spend"][0],
    }


def differences(name: str, told: dict[str, Any], counted: dict[str, Any]) -> list[str]:
    """Where two of them disagree, in words; only figures both know are compared."""
    return [
        f"{name}: {key} is {told[key]}, counted {counted[key]}"
        for key in told.keys() & counted.keys()
        if told[key] != counted[key]
    ]
