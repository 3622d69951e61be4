"""Large campaigns: how long a start and the statistics take, and how fast attempts are claimed.

`script/prove campaigns --leads 1000000` fills a campaign in a database of its own and times, side by
side in one run: the start (P14), the statistics against a bare GROUP BY (P15), and claim with intent against the
bare SQL of a claim (P6).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
os.environ["SIMULATOR_SPEED"] = "1000"
os.environ["STATEMENT_TIMEOUT"] = "0"  # a million rows take longer to fill in than any request may

import django

django.setup()

from django.db import connection, connections, transaction

from accounts import ledger
from accounts.models import Tenant, User
from accounts.services import create_workspace
from bench.chaos_campaign import number_of
from calls.dialer.claim import claim_calls
from calls.dialer.intent import commit_intents
from calls.models import Call
from campaigns.live import look_at
from campaigns.models import Campaign, CampaignLead, ProviderGate
from campaigns.running import start_campaign
from campaigns.stats import campaign_stats, lead_counts
from contacts.models import Contact
from core.clock import database_now
from core.scope import tenant_context, tenant_scope
from leads.models import Lead

APART = True
CLONE = """
INSERT INTO {table} ({columns}) SELECT {values} FROM {table} t, {source} n WHERE t.id = %(like)s
"""
MOVE = "UPDATE campaigns_campaignlead SET status = 'done', status_reason = 'answered' WHERE campaign_id = %s AND {}"
GROUP_BY = "SELECT status, count(*) FROM campaigns_campaignlead WHERE tenant_id = %s AND campaign_id = %s GROUP BY 1"
RAW_CLAIM = """
WITH due AS (SELECT id FROM campaigns_campaignlead WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign)s
  AND status IN ('pending', 'retry_wait', 'callback') AND next_attempt_at <= now()
  ORDER BY priority, next_attempt_at, id LIMIT 50 FOR UPDATE SKIP LOCKED),
taken AS (UPDATE campaigns_campaignlead l SET status = 'queued', attempts = attempts + 1 FROM due
  WHERE l.id = due.id RETURNING l.id, l.attempts, l.phone_number)
INSERT INTO calls_call (id, tenant_id, campaign_id, campaign_lead_id, attempt, phone_number, caller_id, provider,
  callback_token, dial_state, lease_until, status, outcome, outcome_detail, answered_by, disposition, summary,
  minutes_held, is_callback)
SELECT crm_uuid7(), %(tenant)s, %(campaign)s, id, attempts, phone_number, '', 'simulated', 't', 'reserved',
  now() + interval '30 s', 'initiated', '', '', '', '', '', 0, false FROM taken
"""
RAW_INTENT = """
WITH dialed AS (UPDATE calls_call SET dial_state = 'dialing', started_at = now(), minutes_held = 5,
  lease_until = now() + interval '30 s' WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign)s
  AND dial_state = 'reserved' RETURNING id, campaign_lead_id),
stepped AS (UPDATE campaigns_campaignlead l SET status = 'dialing' FROM dialed d WHERE l.id = d.campaign_lead_id),
held AS (INSERT INTO accounts_ledgerentry (id, tenant_id, account_id, kind, amount, held_delta, key, reference, note,
  actor_name) SELECT crm_uuid7(), %(tenant)s, %(account)s, 'hold', 0, 5, 'hold:call:' || id, '', '', '' FROM dialed
  RETURNING held_delta)
UPDATE accounts_ledgeraccount SET held = held + (SELECT coalesce(sum(held_delta), 0) FROM held) WHERE id = %(account)s
"""


def milliseconds(act: Callable[[], Any], times: int = 5) -> float:
    """The middle of several runs."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        taken.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(taken), 1)


def workspace() -> uuid.UUID:
    """A workspace with minutes and lines enough."""
    email = f"{uuid.uuid4().hex[:8]}@bench.test"
    made = create_workspace(name="Bench", email=email, password="bench-bench", minutes=1_000_000)
    tenant_id = uuid.UUID(made["tenant_id"])
    with tenant_scope(tenant_id):
        Tenant.objects.update(max_concurrent_calls=100_000)
        ProviderGate.objects.create(provider="simulated", calls_per_second=1_000_000, tokens=1_000_000)
    return tenant_id


def campaign(tenant_id: uuid.UUID, status: str = "draft") -> Campaign:
    """A campaign that may dial at any hour."""
    with tenant_scope(tenant_id):
        return Campaign.objects.create(
            name="Bench",
            status=status,
            calling_hours="always",
            consent_policy="waived",
            consent_waiver_reason="simulated",
            max_concurrent_calls=1_000,
        )


def clone(cursor: Any, like: Any, source: str, **values: str) -> None:
    """Make a row like one for each row `n` of the source, with what differs given as SQL."""
    table = like._meta.db_table
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
        " AND is_generated = 'NEVER'",
        [table],
    )
    names = [name for (name,) in cursor.fetchall()]
    given = {"id": "crm_uuid7()", **values}
    columns = ", ".join(f'"{name}"' for name in names)
    picked = ", ".join(given.get(name, f't."{name}"') for name in names)
    cursor.execute(CLONE.format(table=table, columns=columns, values=picked, source=source), {"like": like.pk})


def fill(tenant_id: uuid.UUID, made: Campaign, leads: int) -> float:
    """So many people in the campaign, half of them waiting."""
    began = time.perf_counter()
    people(tenant_id, made, 1)
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        clone(cursor, Lead.objects.get(), f"generate_series(2, {leads})", phone_number="'+1' || (2000000000 + n)")
        row = CampaignLead.objects.get()
        others = f"(SELECT id, phone_number FROM leads_lead WHERE id <> '{row.lead_id}')"
        clone(cursor, row, others, lead_id="n.id", phone_number="n.phone_number")
        cursor.execute(MOVE.format("right(phone_number, 1) < '5'"), [made.pk])
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) campaigns_campaignlead")
    return round(time.perf_counter() - began, 1)


def start_once(made: Campaign) -> None:
    """Start the campaign and take it back."""
    with transaction.atomic():
        start_campaign(actor=User.objects.get(), campaign=Campaign.objects.get(pk=made.pk))
        transaction.set_rollback(True)


def large(leads: int) -> dict[str, Any]:
    """Start and statistics of one campaign of that size."""
    tenant_id = workspace()
    made = campaign(tenant_id)
    told: dict[str, Any] = {"leads": leads, "filled_in_seconds": fill(tenant_id, made, leads)}
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        told["group_by_ms"] = milliseconds(lambda: cursor.execute(GROUP_BY, [tenant_id, made.pk]))
        told["lead_counts_ms"] = milliseconds(lambda: lead_counts(made))
        told["stats_ms"] = milliseconds(lambda: campaign_stats(made))
        told["live_page_ms"] = milliseconds(lambda: look_at(made, database_now()))
    with tenant_context(tenant_id):
        told["start_ms"] = milliseconds(lambda: start_once(made))
    return told


def people(tenant_id: uuid.UUID, made: Campaign, count: int) -> None:
    """Leads with their people."""
    with tenant_scope(tenant_id):
        numbers = [number_of(position) for position in range(count)]
        contacts = Contact.objects.bulk_create(Contact(first_name="Pat", phone_number=n) for n in numbers)
        leads = Lead.objects.bulk_create(
            Lead(contact=c, first_name="Pat", phone_number=c.phone_number) for c in contacts
        )
        CampaignLead.objects.bulk_create(
            CampaignLead(campaign=made, lead=lead, contact=c, phone_number=c.phone_number, zones=["America/New_York"])
            for lead, c in zip(leads, contacts, strict=True)
        )


def claiming(count: int) -> dict[str, float]:
    """Attempts a second, 50 at a time in one process: claimed and intended by the dialer, claimed by bare SQL, and
    claimed and intended by bare SQL, which writes the same rows and asks nothing.

    The three take turns, so that they meet the same machine; the lines are free again after each turn, untimed.
    """
    tenant_id = workspace()
    made = campaign(tenant_id, "running")
    people(tenant_id, made, count)
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) calls_call, campaigns_campaignlead, leads_lead, contacts_contact")
    ways: list[Callable[[Campaign], int]] = [_claim, _raw_claim, _raw_claim_and_intent]
    taken, done = [0.0] * 3, [0] * 3
    with tenant_context(tenant_id):
        for turn in range(count // 50):
            way = turn % 3
            began = time.perf_counter()
            done[way] += ways[way](made)
            taken[way] += time.perf_counter() - began
            _free(made)
    ours, raw, both = (made / seconds for made, seconds in zip(done, taken, strict=True))
    return {
        "claimed_and_intended_a_second": round(ours),
        "bare_claims_a_second": round(raw),
        "bare_claims_and_intents_a_second": round(both),
        "share_of_bare_claims": round(ours / raw, 2),
        "share_of_bare_claims_and_intents": round(ours / both, 2),
        "attempts": sum(done),
    }


def _claim(made: Campaign) -> int:
    ids = claim_calls(campaign_id=made.pk, most=50).call_ids
    return len(commit_intents(campaign_id=made.pk, call_ids=ids))


def _raw_claim(made: Campaign) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(RAW_CLAIM, {"tenant": made.tenant_id, "campaign": made.pk})
        return int(cursor.rowcount)


def _raw_claim_and_intent(made: Campaign) -> int:
    claimed = _raw_claim(made)
    with transaction.atomic(), connection.cursor() as cursor:
        account = ledger.get_account("minutes").pk
        cursor.execute(RAW_INTENT, {"tenant": made.tenant_id, "campaign": made.pk, "account": account})
    return claimed


@transaction.atomic
def _free(made: Campaign) -> None:
    Call.objects.filter(campaign=made).live().update(dial_state="ended", status="ended", outcome="no_answer")
    leads = CampaignLead.objects.filter(campaign=made, status__in=("queued", "dialing"))
    leads.update(status="done", status_reason="answered")


def main() -> int:
    """Run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--claims", type=int, default=10_000, help="leads of the claims part")
    parser.add_argument("--only", choices=("campaigns", "claims"), help="one part alone")
    options = parser.parse_args()
    result: dict[str, Any] = {}
    if options.only != "claims":
        result["campaigns"] = [large(size) for size in sorted({10_000, options.leads})]
    if options.only != "campaigns":
        result["dialer"] = claiming(options.claims)
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
