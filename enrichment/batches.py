"""Enriching many contacts: the price beforehand, the runs made in slices, progress, stopping and undoing."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q, Sum
from django.db.models.functions import Now
from django.http import QueryDict
from django.utils import timezone

from accounts import ledger
from accounts.principals import Actor
from contacts.filters import ContactFilters
from contacts.models import Contact
from core import background
from core.problems import DomainError, InvalidInput, NotFound
from core.scope import current_tenant_id
from enrichment import budgets, choices, services
from enrichment.budgets import CREDITS
from enrichment.models import EnrichmentBatch, EnrichmentRun, ProviderDay

SLICE = 2000
MOST_IDS = 10_000


class NoContacts(DomainError):
    """The selection or filter matches nobody."""

    code = "no_contacts"
    title = "No contact matches."


@dataclass(frozen=True, slots=True)
class Estimate:
    """What enriching a selection may cost: at most `most`, likely `likely` judging by the last 90 days."""

    contacts: int
    most: int
    likely: int
    available: int
    budget_left: int | None

    @property
    def short_of(self) -> int:
        """Credits missing for the worst case."""
        return max(0, self.most - self.available)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is."""

    total: int
    done: int
    found: int
    failed: int
    credits: int


def select_contacts(*, contact_ids: list[uuid.UUID] | None, query: str = "") -> Any:
    """The active contacts of a selection, or of the contact list's filters as a query string."""
    contacts = Contact.objects.active()
    if contact_ids is not None:
        return contacts.filter(pk__in=contact_ids[:MOST_IDS])
    given = QueryDict(query, mutable=True)
    filterset: Any = ContactFilters
    for name in set(given) - set(filterset.base_filters):
        given.pop(name)
    filters = filterset(given, queryset=contacts)
    if not filters.is_valid():
        raise InvalidInput("The filter cannot be read.", field="filter")
    return filters.qs.filter(deleted_at__isnull=True)


def estimate(*, contact_ids: list[uuid.UUID] | None, query: str = "") -> Estimate:
    """What a batch over a selection may cost."""
    count = select_contacts(contact_ids=contact_ids, query=query).count()
    usable = [c for c in choices.provider_choices() if c.usable and not c.resting]
    rates = _hit_rates()
    most = sum(c.setting.cost_credits for c in usable)
    likely = sum(c.setting.cost_credits * rates.get(c.provider.name, 0.6) for c in usable)
    policy = choices.get_policy()
    left = None if policy.monthly_budget is None else max(0, policy.monthly_budget - budgets.spent_this_month())
    return Estimate(count, count * most, round(count * likely), ledger.available(CREDITS), left)


def _hit_rates() -> dict[str, float]:
    since = timezone.now().date() - dt.timedelta(days=90)
    rows = ProviderDay.objects.filter(day__gte=since).values("provider").annotate(a=Sum("asked"), f=Sum("found"))
    return {row["provider"]: row["f"] / row["a"] for row in rows if row["a"] >= 20}


def start_batch(
    *, actor: Actor | None, contact_ids: list[uuid.UUID] | None = None, query: str = "", trigger: str = "bulk"
) -> EnrichmentBatch:
    """Begin to enrich a selection; raises NoContacts. The runs are made by a worker, slice by slice."""
    priced = estimate(contact_ids=contact_ids, query=query)
    if not priced.contacts:
        raise NoContacts
    batch: EnrichmentBatch = EnrichmentBatch.objects.create(
        trigger=trigger,
        query=query[:2000],
        contact_ids=contact_ids[:MOST_IDS] if contact_ids is not None else None,
        total=priced.contacts,
        most_credits=priced.most,
        created_by=actor.user_or_none if actor else None,
    )
    services.nudge()
    return batch


_FILL = """
    INSERT INTO enrichment_enrichmentrun (id, tenant_id, contact_id, batch_id, requested_by_id, status, trigger,
        priority, cached, credits, reference, dead_number, error, attempts, interruptions, before)
    SELECT crm_uuid7(), %s, c.id, %s, %s, 'pending', %s, %s, false, 0, '', '', '', 0, 0, '{}'
    FROM unnest(%s::uuid[]) AS c(id) ON CONFLICT DO NOTHING
"""


def fill_batches() -> int:
    """Make the next slice of runs of each batch that is being prepared; return how many contacts were looked at."""
    looked = 0
    for pk in EnrichmentBatch.objects.filter(status="preparing").values_list("pk", flat=True):
        with transaction.atomic():
            batch = EnrichmentBatch.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
            if batch is not None and batch.status == EnrichmentBatch.Status.PREPARING:
                looked += _fill_slice(batch)
    return looked


def _fill_slice(batch: EnrichmentBatch) -> int:
    contacts = select_contacts(contact_ids=batch.contact_ids, query=batch.query).order_by("id")
    if batch.last_id:
        contacts = contacts.filter(id__gt=batch.last_id)
    ids = list(contacts.values_list("id", flat=True)[:SLICE])
    with connection.cursor() as cursor:
        values: list[Any] = [batch.trigger, services.PRIORITY[batch.trigger], ids]
        cursor.execute(_FILL, [current_tenant_id(), batch.pk, batch.created_by_id, *values])
    if len(ids) == SLICE:
        EnrichmentBatch.objects.filter(pk=batch.pk).update(last_id=ids[-1])
    else:
        made = EnrichmentRun.objects.filter(batch=batch).count()
        EnrichmentBatch.objects.filter(pk=batch.pk).update(status="running", total=made)
    return len(ids)


def close_batches() -> None:
    """Mark running batches completed whose runs have all ended."""
    open_runs = EnrichmentRun.objects.filter(status__in=EnrichmentRun.OPEN, batch__isnull=False)
    running = EnrichmentBatch.objects.filter(status="running")
    running.exclude(pk__in=open_runs.values("batch_id")).update(status="completed", completed_at=Now())


def progress_of(batch: EnrichmentBatch) -> Progress:
    """How far a batch is, counted from its runs."""
    figures = EnrichmentRun.objects.filter(batch=batch).aggregate(
        done=Count("pk", filter=~Q(status__in=EnrichmentRun.OPEN)),
        failed=Count("pk", filter=Q(status="failed")),
        found=Count("pk", filter=~Q(before={})),
        credits=Sum("credits"),
    )
    figures["credits"] = figures["credits"] or 0
    return Progress(total=batch.total, **figures)


def get_batch(actor: Any, pk: uuid.UUID) -> EnrichmentBatch:
    """A batch of the workspace; raises NotFound."""
    batch: EnrichmentBatch | None = EnrichmentBatch.objects.select_related("created_by").filter(pk=pk).first()
    if batch is None:
        raise NotFound("There is no such batch.")
    return batch


def cancel_batch(*, actor: Actor | None, batch: EnrichmentBatch) -> int:
    """Stop a batch: runs that wait end unasked, those being asked finish; return how many were stopped."""
    with transaction.atomic():
        changed = EnrichmentBatch.objects.filter(pk=batch.pk, status__in=["preparing", "running"]).update(
            status="cancelled", completed_at=Now()
        )
        if not changed:
            return 0
        waiting = EnrichmentRun.objects.filter(batch=batch, status="pending")
        return int(waiting.update(status="failed", error="Stopped.", completed_at=Now()))


def undo_batch(*, actor: Actor | None, batch: EnrichmentBatch) -> bool:
    """Begin to take back what an ended batch wrote; False when it runs still or was taken back before."""
    ended = EnrichmentBatch.objects.filter(pk=batch.pk, status__in=["completed", "cancelled"], undone_at=None)
    if not ended.update(undone_at=Now()):
        return False
    background.nudge("enrichment.tasks.undo_enrichment_batch", batch.pk)
    return True


def carry_out_undo(batch_id: uuid.UUID) -> int:
    """Take back the runs of a batch one by one, each in its own transaction; return how many contacts were set back.

    A repeat goes on where the first try ended.
    """
    with transaction.atomic():
        runs = EnrichmentRun.objects.filter(batch=batch_id, undone_at=None).exclude(before={})
        ids = list(runs.exclude(status__in=EnrichmentRun.OPEN).values_list("pk", flat=True))
    done = 0
    for pk in ids:
        try:
            with transaction.atomic():
                back, _ = services.undo_enrichment(actor=None, run=EnrichmentRun.objects.get(pk=pk))
        except services.NothingToUndo:
            continue
        done += bool(back)
    return done
