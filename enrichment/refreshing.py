"""Renewing old finds on a schedule, and telling people when the month's budget runs low."""

import datetime as dt

from django.core.cache import cache
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Tenant
from contacts.models import Contact
from core.email import queue_email
from enrichment import batches, budgets, choices
from enrichment.models import EnrichmentBatch, EnrichmentPolicy

MOST_A_DAY = 1000


def refresh_old_finds() -> EnrichmentBatch | None:
    """Once a day, queue contacts whose newest enrichment is older than the policy allows; None when there are none."""
    policy: EnrichmentPolicy | None = EnrichmentPolicy.objects.filter(refresh_after_days__isnull=False).first()
    if policy is None or not cache.add("enrichment:refreshed", 1, 24 * 3600):
        return None
    before = Now() - dt.timedelta(days=policy.refresh_after_days or 0)
    newest = Contact.objects.active().annotate(last_run=Max("enrichment_runs__created_at"))
    ids = list(newest.filter(last_run__lt=before).order_by("last_run").values_list("pk", flat=True)[:MOST_A_DAY])
    return batches.start_batch(actor=None, contact_ids=ids, trigger="refresh") if ids else None


def alarm_when_low() -> bool:
    """Mail the team once a month when spending passes the alarm's share of the budget; tell whether it was done now."""
    policy: EnrichmentPolicy | None = EnrichmentPolicy.objects.filter(monthly_budget__isnull=False).first()
    month = budgets.month_start().strftime("%Y-%m")
    if policy is None or policy.alarmed_month == month or not policy.monthly_budget:
        return False
    spent = budgets.spent_this_month()
    if spent * 100 < policy.monthly_budget * policy.alarm_percent:
        return False
    if not EnrichmentPolicy.objects.exclude(alarmed_month=month).filter(pk=policy.pk).update(alarmed_month=month):
        return False
    tenant: Tenant = Tenant.objects.get()
    context = {"workspace": tenant.name, "spent": spent, "budget": policy.monthly_budget, "month": timezone.now()}
    queue_email(kind="enrichment_budget", key=f"budget:{month}", to=list(tenant.notification_emails), context=context)
    return True


def in_alarm() -> bool:
    """Whether this month's spending has passed the alarm."""
    policy = choices.get_policy()
    budget = policy.monthly_budget
    return budget is not None and budgets.spent_this_month() * 100 >= budget * policy.alarm_percent
