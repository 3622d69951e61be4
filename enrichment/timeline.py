"""What enrichment adds to the timeline of a contact."""

import datetime as dt
from collections.abc import Iterable

from contacts.models import Contact
from contacts.timeline import Event
from enrichment.models import EnrichmentRun
from enrichment.selectors import names_of, provider_label


def enrichment_events(contact: Contact, before: dt.datetime, most: int) -> Iterable[Event]:
    """Ended runs that found something or failed; what found nothing new is not worth a line."""
    runs = EnrichmentRun.objects.filter(contact=contact, created_at__lt=before).exclude(status__in=EnrichmentRun.OPEN)
    for run in runs.select_related("requested_by").prefetch_related("steps").order_by("-created_at")[:most]:
        if run.before or run.error:
            yield _event(run)


def _event(run: EnrichmentRun) -> Event:
    found = [step for step in run.steps.all() if step.fields]
    names = ", ".join(provider_label(step.provider) for step in found)
    count = len(run.before)
    detail = f"· {count} field{'s' if count != 1 else ''} · {run.credits} credit{'s' if run.credits != 1 else ''}"
    title = "Enrichment failed"
    if found:
        title = f"Another number found by {names}" if run.dead_number else f"Enriched by {names}"
    fields = names_of(run)
    return Event(
        at=run.completed_at or run.created_at,
        kind="enrichment",
        title=title + (" (undone)" if run.undone_at else ""),
        detail=detail if found else "",
        body=(f"{run.dead_number} is dead." if run.dead_number else fields) if found else run.error,
        icon="sparkles",
        tone="" if found else "amber",
        actor=str(run.requested_by or ""),
        id=str(run.pk),
        data={"run_id": str(run.pk), "credits": run.credits, "fields": list(run.before)},
    )
