"""Taking an import back: created records go, changed ones get their old values, except what people did since."""

import time
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from contacts import history
from contacts.importing.kinds import CREATED, KINDS
from contacts.models import Import, ImportRow

BATCH = 500


def run(job: Import, seconds: float) -> bool:
    """Undo for a while; True when there is more to do. Created records first, batch by batch from the end."""
    until = time.monotonic() + seconds
    with transaction.atomic():
        kind = KINDS[job.kind](job)
    below: int | None = job.options.get("undo_below")
    while True:
        with transaction.atomic():
            rows = ImportRow.objects.filter(job=job, result=CREATED).order_by("-line")
            batch = list((rows.filter(line__lt=below) if below else rows)[:BATCH])
            if batch:
                below = batch[-1].line
                gone = kind.undo_created([row.record_id for row in batch])
                _note(job, below, removed=len(gone), kept=len(batch) - len(gone))
        if not batch:
            break
        if time.monotonic() > until:
            return True
    back, left = history.revert(actor=job.created_by, source=f"import:{job.pk}", undo_source=f"undo:{job.pk}")
    _note(job, below, restored=back, kept=left, done=True)
    return False


def _note(job: Import, below: int | None, *, done: bool = False, **counts: Any) -> None:
    """Write down how far the undo is; with `done` the import is undone."""
    with transaction.atomic():
        tally = job.options.setdefault("undone", {"removed": 0, "restored": 0, "kept": 0})
        for name, count in counts.items():
            tally[name] += count
        job.options["undo_below"] = below
        values: dict[str, Any] = {"options": job.options}
        if done:
            values |= {"status": Import.Status.UNDONE, "lease_until": None, "completed_at": Now()}
        Import.objects.filter(pk=job.pk).update(**values)
