"""How many calls may start now: the smallest of all limits wins, and is named.

Call these inside the claiming transaction: they lock the tenant's dialling, then the provider gate, then
the campaign gate, always in this order, so that counting and claiming are one step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from accounts import ledger
from accounts.models import Tenant
from calls.caller_numbers import Pool, find_pool
from calls.dialer import timing
from calls.models import Call
from calls.querysets import LIVE
from campaigns.models import Campaign, DialGate, ProviderGate
from core.ids import uuid7
from core.scope import current_tenant_id


@dataclass(frozen=True, slots=True)
class Room:
    """`free` calls may start now; `limit` names what allows no more: campaign, tenant, caller_ids, rate,
    throttled, minutes."""

    free: int
    limit: str
    pool: Pool | None = None


def lock_gates(campaign: Campaign) -> bool:
    """Take the locks of a claim; False when another worker is claiming for this tenant at this moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 17))", [str(current_tenant_id())])
        if not cursor.fetchone()[0]:
            return False
        for table, column, value in (
            (ProviderGate._meta.db_table, "provider", campaign.provider),
            (DialGate._meta.db_table, "campaign_id", campaign.pk),
        ):
            where = f"WHERE tenant_id = %s AND {column} = %s FOR UPDATE"
            cursor.execute(f"SELECT 1 FROM {table} {where}", [current_tenant_id(), value])  # noqa: S608 - our tables
            if cursor.fetchone() is None:
                _make_gate(campaign, column)
                cursor.execute(f"SELECT 1 FROM {table} {where}", [current_tenant_id(), value])  # noqa: S608
    return True


def _make_gate(campaign: Campaign, column: str) -> None:
    if column == "provider":
        gate = ProviderGate(id=uuid7(), provider=campaign.provider)
        ProviderGate.objects.bulk_create([gate], ignore_conflicts=True)
    else:
        DialGate.objects.bulk_create([DialGate(campaign=campaign)], ignore_conflicts=True)


def find_room(campaign: Campaign) -> Room:
    """Count what is live and say how many calls may start; needs the gates' locks."""
    of_campaign, of_tenant = live_counts(campaign)
    tenant_cap = Tenant.objects.values_list("max_concurrent_calls", flat=True).get()
    pool = find_pool(campaign)
    limits = {
        "campaign": campaign.max_concurrent_calls - of_campaign,
        "tenant": tenant_cap - of_tenant,
        **({"caller_ids": pool.free} if pool else {}),
        **_rate(campaign),
        "minutes": ledger.available("minutes"),
    }
    _keep_high_water(campaign, of_campaign)
    limit = min(limits, key=lambda name: limits[name])
    return Room(max(0, limits[limit]), limit, pool)


def live_counts(campaign: Campaign) -> tuple[int, int]:
    """Calls on the line for the campaign, and for the whole workspace."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FILTER (WHERE campaign_id = %s), count(*) FROM {Call._meta.db_table}"  # noqa: S608
            " WHERE tenant_id = %s AND dial_state = ANY(%s)",
            [campaign.pk, current_tenant_id(), list(LIVE)],
        )
        of_campaign, of_tenant = cursor.fetchone()
    return int(of_campaign), int(of_tenant)


_TOKENS = """
UPDATE campaigns_providergate g SET
  tokens = least(greatest(calls_per_second * %(speed)s, 1),
                 tokens + calls_per_second * %(speed)s
                        * greatest(0, extract(epoch FROM clock_timestamp() - refilled_at))),
  refilled_at = clock_timestamp()
WHERE tenant_id = %(tenant)s AND provider = %(provider)s
RETURNING tokens, coalesce(throttled_until > clock_timestamp(), false)
"""


def _rate(campaign: Campaign) -> dict[str, int]:
    """Refill the provider account's bucket of new calls and say how many it holds."""
    values: dict[str, Any] = {
        "speed": timing.speed_of(campaign.provider),
        "tenant": current_tenant_id(),
        "provider": campaign.provider,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TOKENS, values)
        tokens, throttled = cursor.fetchone()
    return {"throttled": 0} if throttled else {"rate": math.floor(tokens)}


def take_tokens(campaign: Campaign, count: int) -> None:
    """Spend the right to start `count` new calls; in the claiming transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_providergate SET tokens = tokens - %s WHERE tenant_id = %s AND provider = %s",
            [count, current_tenant_id(), campaign.provider],
        )


def throttle(provider: str, seconds: float) -> None:
    """Start no new call at this provider for so long: it has asked us to slow down."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_providergate SET tokens = 0, refilled_at = clock_timestamp(),"
            " throttled_until = greatest(throttled_until, clock_timestamp() + make_interval(secs => %s))"
            " WHERE tenant_id = %s AND provider = %s",
            [seconds, current_tenant_id(), provider],
        )


def _keep_high_water(campaign: Campaign, live: int) -> None:
    """Remember the highest cap under which a running call was started: a lowered cap takes effect as calls end."""
    high = max(campaign.max_concurrent_calls, live)
    if high != campaign.cap_high_water:
        Campaign.objects.filter(pk=campaign.pk).update(cap_high_water=high)
