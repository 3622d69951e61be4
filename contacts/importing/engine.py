"""Running an import: slices of work under a lease, one transaction a batch, resumable at the last batch.

A batch and the place to go on from are committed together, so a crash at any moment repeats nothing and
loses nothing. Two workers never share an import: the lease is taken by one conditional UPDATE.
"""

import json
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from contacts.importing import undoing
from contacts.importing.files import forget_people, local_copy
from contacts.importing.kinds import CREATED, FAILED, KINDS, SKIPPED, UPDATED, ImportKind, ImportLine, Outcome
from contacts.importing.leases import lease
from contacts.importing.staging import ROW_INSERT, ROW_STAGE, ROW_TABLE
from contacts.importing.statistics import refresh_statistics
from contacts.importing.trial import DryTally
from contacts.models import Import, ImportRow
from contacts.row_mapping import RowMapper
from core.problems import InvalidInput
from core.scope import current_tenant_id, tenant_context
from core.tabular import FAULTS, Batch, Sniffed, TableError, read_batches

log = structlog.get_logger(__name__)
BATCH = 5000
"""Rows of one transaction: below this its statements and commit cost more than its rows; above, little is won."""
SLICE_SECONDS = 40.0
MAX_ROWS = 1_000_000
MAX_CRASHES = 10
_STATUS = Import.Status
_Item = TypeVar("_Item")


def due_imports() -> list[tuple[uuid.UUID, uuid.UUID]]:
    """(tenant, import) of every import that waits or whose worker fell silent."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id, import_id FROM imports_to_run()")
        return [(tenant, job) for tenant, job in cursor.fetchall()]


def run_slice(tenant_id: uuid.UUID, import_id: uuid.UUID, *, seconds: float = SLICE_SECONDS) -> bool:
    """Work on an import for a while; True when there is more to do. Does nothing while another worker has it."""
    with tenant_context(tenant_id):
        job = _take(import_id)
        if job is None:
            return False
        try:
            more = undoing.run(job, seconds) if job.options.get("undo") else _run(job, seconds)
        except TableError as error:
            _end(job, _STATUS.FAILED, f"{error.detail}" + (f" Line {error.line}." if error.line else ""))
            return False
        return more and _release(job)


def _take(import_id: uuid.UUID) -> Import | None:
    """Take the lease, or None when it is held or there is nothing to do; poison is failed after ten crashes."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
    with transaction.atomic():
        job: Import | None = Import.objects.select_for_update().filter(free, pk=import_id).first()
        if job is None or job.status not in (_STATUS.PENDING, _STATUS.RUNNING):
            return None
        crashed = job.lease_until is not None
        job.crashes = job.crashes + 1 if crashed else 0
        if job.crashes > MAX_CRASHES:
            _end(job, _STATUS.FAILED, "The import stopped several times at the same place.")
            return None
        job.status = _STATUS.RUNNING
        rows = Import.objects.filter(pk=job.pk)
        rows.update(status=job.status, crashes=job.crashes, lease_until=Now() + lease())
        rows.filter(started_at=None).update(started_at=Now())
        return job


def _release(job: Import) -> bool:
    with transaction.atomic():
        Import.objects.filter(pk=job.pk).update(lease_until=None)
    return True


def _end(job: Import, status: str, error: str = "", **values: Any) -> None:
    with transaction.atomic():
        Import.objects.filter(pk=job.pk).update(
            status=status, error=error[:500], lease_until=None, completed_at=Now(), **values
        )
        if not job.dry_run:
            forget_people(job)


def _sniffed(job: Import) -> Sniffed:
    """What was found at upload, as the reader needs it."""
    file = job.options["file"]
    return Sniffed(
        kind=file["kind"],
        encoding=job.encoding,
        delimiter=job.delimiter,
        header=tuple(file["header"]),
        samples=(),
        header_line=file["header_line"],
        lines=file["lines"],
        size=file["size"],
        sha256=job.sha256,
        warnings=(),
    )


def _run(job: Import, seconds: float) -> bool:
    with transaction.atomic():
        kind = KINDS[job.kind](job)
    mapper = RowMapper(job.mapping["targets"], job.options["file"]["header"])
    until = time.monotonic() + seconds
    resume = "" if job.dry_run else job.resume_token.get("at", "")
    tally = DryTally(job) if job.dry_run else None
    if tally:
        job.rows_done = 0  # a trial keeps nothing, so a crashed one begins anew
    with local_copy(job.file) as path:
        batches = read_batches(path, _sniffed(job), size=BATCH, resume=resume)
        for checked in one_ahead((batch, *check_rows(kind, mapper, batch)) for batch in batches):
            refresh_statistics(kind)
            if job.rows_done >= MAX_ROWS:  # and here are more
                _end(job, _STATUS.FAILED, "A file may hold 1,000,000 rows; those after it were not read.")
                return False
            if not _do_batch(job, kind, checked, tally):
                return False
            if time.monotonic() > until and tally is None:
                return True
    finish = getattr(kind, "finish", None)
    with transaction.atomic():
        if finish and tally is None:
            finish()
        _end(job, _STATUS.COMPLETED, rows_total=F("rows_done"))
    return False


def one_ahead(items: Iterator[_Item]) -> Iterator[_Item]:
    """The items, each made by a thread while the one before is worked on: rows are read as the database stores.

    The thread gives way quickly, or each answer of the database would wait 5 ms for the interpreter.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        with ThreadPoolExecutor(max_workers=1) as pool:
            ahead = pool.submit(next, items, None)
            while (item := ahead.result()) is not None:
                ahead = pool.submit(next, items, None)
                yield item
    finally:
        sys.setswitchinterval(usual)


def _do_batch(
    job: Import, kind: ImportKind, checked: tuple[Batch, list[ImportLine], list[Outcome]], tally: DryTally | None
) -> bool:
    """One batch in one transaction; False when the import was cancelled meanwhile."""
    batch, lines, outcomes = checked
    with transaction.atomic():
        fresh = Import.objects.select_for_update().filter(pk=job.pk, status=_STATUS.RUNNING).first()
        if fresh is None:
            return False
        if tally is None:
            outcomes += kind.store(lines)
            _write_rows(job, outcomes)
        else:
            outcomes += tally.store(kind, lines)
            tally.tell_refused(outcomes)
        results = Counter(outcome.result for outcome in outcomes)
        counts = {result: results[result] for result in (CREATED, UPDATED, SKIPPED, FAILED)}
        first = job.dry_run and not job.rows_done
        for name, count in {"rows_done": len(batch.rows), **counts}.items():
            setattr(fresh, name, count + (0 if first else getattr(fresh, name)))
        fresh.resume_token = {"at": batch.resume}
        fresh.options = job.options
        fresh.lease_until = Now() + lease()
        fresh.crashes = 0
        fresh.save()
    job.rows_done = fresh.rows_done
    return True


def check_rows(kind: ImportKind, mapper: RowMapper, batch: Batch) -> tuple[list[ImportLine], list[Outcome]]:
    """Split a batch into lines that can be stored and outcomes of those that cannot."""
    lines: list[ImportLine] = []
    refused: list[Outcome] = []
    for row in batch.rows:
        if row.fault:
            refused.append(Outcome(row.line, FAILED, None, row.fault, FAULTS[row.fault], _cells(row.cells)))
            continue
        try:
            values = kind.clean(mapper(row.cells))
        except InvalidInput as error:
            code = error.extra.get("errors", [{}])[0].get("code", "invalid")
            refused.append(Outcome(row.line, FAILED, None, code[:40], error.detail[:300], _cells(row.cells)))
            continue
        lines.append(ImportLine(row.line, values, row.cells, kind.identity(values)))
    return lines, refused


def _cells(cells: list[str]) -> list[str]:
    return [cell.replace("\x00", "")[:2000] for cell in cells[:200]]


def _write_rows(job: Import, outcomes: list[Outcome]) -> None:
    """What became of each line."""
    with connection.cursor() as cursor:
        cursor.execute(ROW_STAGE)
        with cursor.copy(f"COPY {ROW_TABLE} FROM STDIN") as copy:
            for o in outcomes:
                before, after, cells = _json(o.before), _json(o.after), _json(o.cells)
                copy.write_row((o.line, o.result, o.record_id, before, after, o.code, o.reason, cells))
        cursor.execute(ROW_INSERT, {"tenant": current_tenant_id(), "job": job.pk})


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, default=str)


def rows_of(job: Import, result: str) -> Any:
    """The lines of an import with one result, in the order of the file."""
    return ImportRow.objects.filter(job=job, result=result).order_by("line")
