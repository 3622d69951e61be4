"""Run inside the world's environment: make and start a campaign, check what it left behind.

`python -m bench.chaos_campaign make|resume|unprotect|check …`; each prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from decimal import Decimal
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

import django

django.setup()

from django.db import connection, transaction

from accounts import ledger
from accounts.models import Tenant, User
from accounts.services import create_workspace
from calls.dialer.finish import minutes_of
from calls.models import Call
from campaigns.live import look_at
from campaigns.models import Campaign, CampaignLead, ProviderGate
from campaigns.running import resume_campaign, start_campaign
from campaigns.states import FINAL
from campaigns.stats import campaign_stats
from contacts.models import Contact
from core.clock import database_now
from core.scope import tenant_scope
from leads.models import Lead

RULES = {
    "busy": [15, 60],
    "no_answer": [60],
    "rejected": [60],
    "voicemail": [120],
    "hung_up": [120],
    "failed": [2, 10, 30],
}


def number_of(position: int) -> str:
    """Three of four leads have numbers that draw from the seed, the fourth one of the fictional range."""
    if position % 4:
        return f"+1{212 + position % 97}8{position:06}"
    return f"+1{213 + position // 400}555{100 + position // 4 % 100:04}"


def make(leads: int, cap: int, max_retries: int, calls_per_second: float = 50) -> dict[str, Any]:
    """A workspace with a running campaign over so many leads; the rate is of the network's own time."""
    slug = uuid.uuid4().hex[:8]
    made = create_workspace(name="Chaos", email=f"{slug}@chaos.test", password="chaos-chaos", minutes=1_000_000)
    with tenant_scope(uuid.UUID(made["tenant_id"])):
        Tenant.objects.update(max_concurrent_calls=max(1_000, cap))
        ProviderGate.objects.create(provider="simulated", calls_per_second=calls_per_second, tokens=1)
        campaign = Campaign.objects.create(
            name="Chaos",
            calling_hours="always",
            consent_policy="waived",
            consent_waiver_reason="simulated",
            max_concurrent_calls=cap,
            cap_high_water=cap,
            max_retries=max_retries,
            retry_rules=RULES,
        )
        numbers = [number_of(position) for position in range(leads)]
        contacts = Contact.objects.bulk_create(Contact(first_name="Pat", phone_number=n) for n in numbers)
        people = Lead.objects.bulk_create(
            Lead(contact=c, first_name="Pat", phone_number=c.phone_number) for c in contacts
        )
        CampaignLead.objects.bulk_create(
            CampaignLead(
                campaign=campaign,
                lead=person,
                contact=contact,
                phone_number=contact.phone_number,
                zones=["America/New_York"],
            )
            for person, contact in zip(people, contacts, strict=True)
        )
        start_campaign(actor=User.objects.get(), campaign=campaign)
    return {"tenant": made["tenant_id"], "campaign": str(campaign.pk)}


def resume(tenant: str, campaign: str) -> dict[str, Any]:
    """Dial on after a brake."""
    with tenant_scope(uuid.UUID(tenant)):
        resume_campaign(actor=User.objects.get(), campaign=Campaign.objects.get(pk=campaign))
    return {}


def check(tenant: str, campaign: str) -> dict[str, Any]:
    """What the database says: leads that explain themselves, attempts and purse that add up."""
    with tenant_scope(uuid.UUID(tenant)):
        rows = CampaignLead.objects.filter(campaign_id=campaign)
        account = ledger.get_account("minutes")
        lost = rows.exclude(status__in=FINAL) | rows.filter(status_reason="")
        return {
            "state": Campaign.objects.values_list("status", flat=True).get(pk=campaign),
            "leads": rows.count(),
            "lost": lost.count(),
            "lost_samples": list(lost.values_list("phone_number", "status", "status_reason", "attempts")[:5]),
            "attempts": [str(pk) for pk in Call.objects.filter(campaign_id=campaign).values_list("pk", flat=True)],
            "callbacks": [str(pk) for pk in Call.objects.filter(is_callback=True).values_list("pk", flat=True)],
            "live": Call.objects.filter(campaign_id=campaign).live().count(),
            "drift": ledger.drift(),
            "held": account.held,
            "minutes_used": 1_000_000 - account.balance,
            "invariants": broken_invariants(),
            "differences": differences(Campaign.objects.get(pk=campaign), 1_000_000 - account.balance),
        }


def differences(campaign: Campaign, minutes_used: int) -> list[str]:
    """Figures of the API, the live page and the purse that do not add up with the rows themselves."""
    calls, leads = list(Call.objects.filter(campaign=campaign)), CampaignLead.objects.filter(campaign=campaign)
    stats, live = campaign_stats(campaign), look_at(campaign, database_now())
    ended = [call for call in calls if call.dial_state == "ended"]
    pairs = {
        "leads by state": (sum(stats["job_status_counts"].values()), leads.count()),
        "calls by outcome": (sum(stats["calls_by_outcome"].values()), len(ended)),
        "in flight": (stats["in_flight"], len(calls) - len(ended)),
        "calls by hour": (sum(hour["calls"] for hour in stats["by_hour"]), len(ended)),
        "cost": (Decimal(stats["cost"]), sum((call.cost or Decimal(0) for call in ended), Decimal(0))),
        "minutes of the purse": (minutes_used, sum(minutes_of(call) for call in ended)),
        "funnel, all": (live.funnel[0].value, leads.count()),
        "funnel, dialed": (live.funnel[1].value, len({call.campaign_lead_id for call in calls})),
        "answered": (live.sums.answered, sum(is_answered(call) for call in ended)),
    }
    return [f"{name}: {shown} is not {true}" for name, (shown, true) in pairs.items() if shown != true]


def is_answered(call: Call) -> bool:
    """Whether a person took the call."""
    return call.answered_at is not None and call.answered_by in ("", "human", "unknown")


def broken_invariants() -> list[str]:
    """The names of the invariants of calls/invariants.sql that do not hold."""
    from calls.invariants import check_invariants

    return check_invariants()


def main(arguments: list[str]) -> None:
    """Run one verb."""
    verb, rest = arguments[0], arguments[1:]
    if verb == "make":
        answer = make(*map(int, rest[:3]), *map(float, rest[3:]))
    elif verb == "resume":
        answer = resume(*rest)
    elif verb == "unprotect":
        answer = {}
        with transaction.atomic(using="owner"), django.db.connections["owner"].cursor() as cursor:
            cursor.execute("DROP INDEX call_one_live_phone; DROP INDEX call_one_live_lead")
    else:
        answer = check(*rest)
    sys.stdout.write(json.dumps(answer, default=str) + "\n")
    connection.close()


if __name__ == "__main__":
    main(sys.argv[1:])
