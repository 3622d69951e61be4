"""Taking an import back: created records go, changed ones get their old values, except what people did since."""

import time
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from contacts import history
from contacts.importing.kinds import CREATED, KINDS, ImportKind
from contacts.importing.leases import lease
from contacts.importing.statistics import refresh_statistics
from contacts.models import Import, ImportRow

BATCH = 500


def run(job: Import, seconds: float) -> bool:
    """Undo for a while; True when there is more to do. Created records first, from the end, then changed ones.

    What a batch did and the place to go on from are committed together.
    """
    until = time.monotonic() + seconds
    with transaction.atomic():
        kind = KINDS[job.kind](job)
    refresh_statistics(kind)
    while _remove(job, kind) or _restore(job):
        if time.monotonic() > until:
            return True
    with transaction.atomic():
        Import.objects.filter(pk=job.pk).update(status=Import.Status.UNDONE, lease_until=None, completed_at=Now())
    return False


def _remove(job: Import, kind: ImportKind) -> bool:
    """Remove the next created records; False when there are none left."""
    with transaction.atomic():
        rows = ImportRow.objects.filter(job=job, result=CREATED).order_by("-line")
        below = job.options.get("undo_below")
        batch = list((rows.filter(line__lt=below) if below else rows)[:BATCH])
        if batch:
            gone = kind.undo_created([row.record_id for row in batch])
            _note(job, undo_below=batch[-1].line, removed=len(gone), kept=len(batch) - len(gone))
    return bool(batch)


def _restore(job: Import) -> bool:
    """Set the next changed records back; False when there are none left."""
    with transaction.atomic():
        done = history.revert_batch(
            actor=job.created_by,
            source=f"import:{job.pk}",
            undo_source=f"undo:{job.pk}",
            below=job.options.get("undo_change"),
        )
        if done.last:
            _note(job, undo_change=str(done.last), restored=done.back, kept=done.left)
    return done.last is not None


def _note(job: Import, *, removed: int = 0, restored: int = 0, kept: int = 0, **place: Any) -> None:
    """Write down how far the undo is, and hold the lease on."""
    tally = {"removed": 0, "restored": 0, "kept": 0, **job.options.get("undone", {})}
    for name, count in (("removed", removed), ("restored", restored), ("kept", kept)):
        tally[name] += count
    job.options = {**job.options, **place, "undone": tally}
    Import.objects.filter(pk=job.pk).update(options=job.options, crashes=0, lease_until=Now() + lease())
