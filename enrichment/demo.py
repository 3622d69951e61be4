"""Sample data: a few weeks of enrichment, worked through the waterfall itself so that the ledger agrees with it."""

import datetime as dt
import random
from typing import Any

from django.db.models import F

from accounts.models import LedgerEntry, Tenant
from contacts.models import Contact
from enrichment import waterfall
from enrichment.choices import get_policy
from enrichment.models import EnrichmentRun, EnrichmentStep, ProviderDay
from enrichment.services import PRIORITY

CONTACTS = 60
DAYS = 24


def load_demo(*, tenant: Tenant, users: dict[str, Any], now: dt.datetime) -> None:
    """Enrich some of the sample contacts and spread the runs over the last weeks."""
    policy = get_policy()
    policy.monthly_budget, policy.automatic_since = 500, now + dt.timedelta(seconds=30)
    policy.save()
    dice = random.Random(6)  # noqa: S311 - sample data
    contacts = list(Contact.objects.active().filter(email__isnull=False).order_by("id")[: CONTACTS * 5 : 5])
    people = list(users.values())
    runs = [
        EnrichmentRun(
            contact=contact,
            trigger="manual" if n % 3 else "created",
            priority=PRIORITY["created"],
            requested_by=dice.choice(people) if n % 3 else None,
        )
        for n, contact in enumerate(contacts)
    ]
    EnrichmentRun.objects.bulk_create(runs)
    while claimed := waterfall.claim(limit=20):
        for run_id, attempt in claimed:
            waterfall.work(run_id, attempt)
    _spread(runs, dice)


def _spread(runs: list[EnrichmentRun], dice: random.Random) -> None:
    ProviderDay.objects.all().delete()
    figures: dict[tuple[Any, str], ProviderDay] = {}
    for run in runs:
        ago = dt.timedelta(days=int(DAYS * dice.random() ** 1.6), minutes=dice.randrange(0, 600))
        rows = EnrichmentRun.objects.filter(pk=run.pk)
        rows.update(created_at=F("created_at") - ago, completed_at=F("completed_at") - ago)
        LedgerEntry.objects.filter(reference=f"enrichment:{run.pk}").update(created_at=F("created_at") - ago)
        day = rows.values_list("completed_at", flat=True).get().date()
        for step in EnrichmentStep.objects.filter(run=run).exclude(outcome="skipped"):
            row = figures.setdefault((day, step.provider), ProviderDay(day=day, provider=step.provider))
            row.asked += 1
            row.found += step.outcome == "found"
            row.credits += step.credits
    ProviderDay.objects.bulk_create(figures.values())
