"""What enrichment cost, day by day and provider by provider, and the month's budget over it."""

import datetime as dt
import uuid
from collections.abc import Mapping

from django.db import connection
from django.db.models import Count, Sum
from django.utils import timezone

from accounts.models import LedgerAccount
from core.scope import current_tenant_id
from enrichment.models import EnrichmentPolicy, EnrichmentStep, ProviderDay
from enrichment.providers import PROVIDERS

CREDITS = LedgerAccount.Kind.CREDITS
COUNTS = ("asked", "found", "failed", "cached", "credits")


def count_days(figures: Mapping[str, Mapping[str, int]]) -> None:
    """Add figures to today's rows, provider by provider in one order, so that two at once never wait in a circle."""
    names = ", ".join(COUNTS)
    sums = ", ".join(f"{n} = enrichment_providerday.{n} + excluded.{n}" for n in COUNTS)
    places = ", ".join(["%s"] * len(COUNTS))
    sql = (
        f"INSERT INTO enrichment_providerday (id, tenant_id, provider, day, {names})"  # noqa: S608 - our own names
        f" VALUES (crm_uuid7(), %s, %s, %s, {places}) ON CONFLICT (tenant_id, day, provider) DO UPDATE SET {sums}"
    )
    today = timezone.now().date()
    with connection.cursor() as cursor:
        for provider in sorted(figures):
            values = [figures[provider].get(n, 0) for n in COUNTS]
            cursor.execute(sql, [current_tenant_id(), provider, today, *values])


def month_start(now: dt.datetime | None = None) -> dt.date:
    """The first day of the present month (UTC)."""
    return (now or timezone.now()).date().replace(day=1)


def spent_this_month() -> int:
    """Credits captured since the month began."""
    total = ProviderDay.objects.filter(day__gte=month_start()).aggregate(total=Sum("credits"))["total"]
    return int(total or 0)


def fits_budget(policy: EnrichmentPolicy, price: int, *, without_step: uuid.UUID | None = None) -> bool:
    """Whether a step of this price stays within the month; steps being asked count as if they had found, and
    numbers that may still come as if they had come.

    Exact when the caller holds the policy's row lock.
    """
    if policy.monthly_budget is None or not price:
        return True
    asking = EnrichmentStep.objects.filter(outcome=EnrichmentStep.Outcome.ASKING)
    if without_step is not None:
        asking = asking.exclude(pk=without_step)
    reserved = asking.aggregate(total=Sum("price"))["total"] or 0
    return bool(spent_this_month() + reserved + _promised() + price <= policy.monthly_budget)


def _promised() -> int:
    """Credits held for numbers that may still come."""
    waiting = EnrichmentStep.objects.exclude(callback_hash="").filter(waits_until__gt=timezone.now())
    counts = waiting.values_list("provider").annotate(count=Count("pk")).order_by()
    return sum(PROVIDERS[name].later_cost * count for name, count in counts if name in PROVIDERS)
