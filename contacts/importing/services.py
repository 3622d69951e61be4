"""Taking a file in, starting, cancelling and undoing its import."""

import json
from dataclasses import asdict, replace
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from accounts import audit
from accounts.permissions import require_role
from accounts.principals import Actor
from contacts.custom_fields import ensure_fields, field_kinds
from contacts.importing.files import forget_people, local_copy
from contacts.importing.kinds import KINDS
from contacts.mapping import ColumnGuess, guess_mapping, targets_of
from contacts.models import Import
from contacts.targets import CUSTOM, InvalidMapping, check_mapping, field_label, header_shape, parse_mapping
from core import background, file_store
from core.problems import DomainError, InvalidInput, TooLarge
from core.tabular import Sniffed, TableError, sniff

ERROR_COLUMNS = ("line", "reason", "code")
"""How the file of refused rows begins; the file's own columns follow, so that it can be mended and imported."""
MAX_BYTES = 1024**3
CONFLICTS = ("skip", "update")
SAME_FILE = "same_file_again"


class NotUndoable(DomainError):
    """Only a finished import of real rows can be taken back."""

    code = "not_undoable"
    title = "This import cannot be undone."


class NotRunning(DomainError):
    """The import has already ended."""

    code = "not_running"
    title = "This import is not running."


def keep_upload(*, upload: Any, actor: Actor, kind: str = "contacts") -> Import:
    """Store an uploaded file and look into it; the import waits as a draft with a guessed mapping.

    Raises InvalidInput (`required`, `empty_file`, `not_csv`, …) or TooLarge.
    """
    require_role(actor, "manager")
    if upload is None:
        raise InvalidInput("A file is needed.", field="file", field_code="required")
    if (upload.size or 0) > MAX_BYTES:
        raise TooLarge("The file is larger than 1 GB.")
    extension = ".xlsx" if (upload.name or "").lower().endswith(".xlsx") else ".csv"
    name = file_store.keep(content=upload, room="imports", extension=extension)
    try:
        with local_copy(name) as path:
            found = sniff(path, name=upload.name or "")
    except TableError as error:
        file_store.forget(name)
        raise InvalidInput(error.detail, field="file", field_code=error.code, code_of_file=error.code) from None
    return _draft(found, name=name, file_name=file_store.display_name(upload.name or ""), actor=actor, kind=kind)


def _draft(found: Sniffed, *, name: str, file_name: str, actor: Actor, kind: str) -> Import:
    guesses = guess_columns(found, kind)
    shape = header_shape(found.header)
    remembered = _remembered(shape, kind, len(found.header))
    job = Import(
        kind=kind,
        status=Import.Status.DRAFT,
        file=name,
        file_name=file_name,
        sha256=found.sha256,
        shape=shape,
        encoding=found.encoding,
        delimiter=found.delimiter,
        mapping={"targets": remembered or targets_of(guesses), "remembered": bool(remembered)},
        options={
            "file": {
                "kind": found.kind,
                "header": list(found.header),
                "header_line": found.header_line,
                "lines": found.lines,
                "size": found.size,
            },
            "guesses": [asdict(guess) for guess in guesses],
        },
        rows_total=max(0, found.lines - found.header_line),
        warnings=list(found.warnings),
        created_by=actor.user_or_none,
    )
    _mark_same_file(job)
    job.save(force_insert=True)
    job.refresh_from_db()
    return job


def guess_columns(found: Sniffed, kind: str) -> list[ColumnGuess]:
    """A guess for every column, with the workspace's custom fields known; our own error columns are left out."""
    known = {key: field.label for key, field in field_kinds().items()}
    guesses = guess_mapping(found.header, found.samples, known, fields=KINDS[kind].fields)
    if found.header[: len(ERROR_COLUMNS)] == ERROR_COLUMNS:
        guesses = [replace(g, target="") if g.column < len(ERROR_COLUMNS) else g for g in guesses]
    return guesses


def _remembered(shape: str, kind: str, width: int) -> list[str]:
    """The mapping someone chose for the last file with the same columns."""
    last = Import.objects.filter(kind=kind, shape=shape, mapping__chosen=True).order_by("-created_at").first()
    targets = last.mapping["targets"] if last else []
    return targets if len(targets) == width else []


def _mark_same_file(job: Import) -> None:
    """Note the newest import of the very same file that came in or is coming in, beside this one.

    Two that start at the same moment wait for each other, so that the later one knows.
    """
    with connection.cursor() as cursor:
        key = f"file:{job.tenant_id}:{job.sha256}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    alive = (Import.Status.PENDING, Import.Status.RUNNING, Import.Status.COMPLETED)
    others = Import.objects.filter(kind=job.kind, sha256=job.sha256, dry_run=False, status__in=alive)
    earlier = others.exclude(pk=job.pk).order_by("-created_at", "-id").values_list("pk", flat=True).first()
    job.options = {**job.options, "duplicate_of": str(earlier) if earlier else None}
    rest = [code for code in job.warnings if code != SAME_FILE]
    job.warnings = [*rest, SAME_FILE] if earlier else rest


def start_import(
    *,
    actor: Actor,
    job: Import,
    mapping: Any = None,
    on_conflict: str = "skip",
    dry_run: bool = False,
    options: dict[str, Any] | None = None,
) -> Import:
    """Fix the mapping and let the workers begin after commit.

    `mapping` is what `parse_mapping` reads, a list of targets (one a column), or None for the guess.
    """
    require_role(actor, "manager")
    if on_conflict not in CONFLICTS:
        raise InvalidInput("on_conflict is skip or update.", field="on_conflict", field_code="invalid_choice")
    header = job.options["file"]["header"]
    targets = _targets(job, mapping, header)
    with transaction.atomic():
        job = Import.objects.select_for_update().get(pk=job.pk)
        if job.status not in (Import.Status.DRAFT, Import.Status.COMPLETED) or _has_stored(job):
            raise NotRunning("This import has already been started.")
        ensure_fields(_custom_labels(targets, header))
        job.mapping = {"targets": targets, "chosen": mapping is not None or job.mapping.get("remembered", False)}
        job.on_conflict, job.dry_run = on_conflict, dry_run
        job.options = {**job.options, **(options or {})}
        _mark_same_file(job)  # once more: of two drafts of one file the other may have been started meanwhile
        job.rows_done = job.created = job.updated = job.skipped = job.failed = 0
        job.status, job.resume_token, job.lease_until, job.error = Import.Status.PENDING, {}, None, ""
        job.save()
        audit.record(actor=actor, action="import.started", record=job, dry_run=dry_run, kind=job.kind)
        enqueue(job)
    job.refresh_from_db()
    return job


def _has_stored(job: Import) -> bool:
    """Whether rows were really imported (a trial run stores nothing and may be followed by the real one)."""
    return job.status == Import.Status.COMPLETED and not job.dry_run


def _targets(job: Import, mapping: Any, header: list[str]) -> list[str]:
    fields = KINDS[job.kind].fields
    try:
        if mapping is None:
            check_mapping(job.mapping["targets"], fields=fields)
            return list(job.mapping["targets"])
        if isinstance(mapping, list):
            targets = [str(target) for target in mapping]
            if len(targets) != len(header):
                raise InvalidMapping("invalid", "The mapping needs one target for each column.")
            check_mapping(targets, fields=fields)
            return targets
        return parse_mapping(mapping, header, fields=fields)
    except InvalidMapping as error:
        raise InvalidInput(error.detail, field="mapping", field_code=error.code) from None


def _custom_labels(targets: list[str], header: list[str]) -> dict[str, str]:
    """Custom fields that a mapping writes to: key → what a new one is called."""
    pairs = zip(targets, header, strict=True)
    return {
        target.removeprefix(CUSTOM): field_label(target, name) for target, name in pairs if target.startswith(CUSTOM)
    }


def enqueue(job: Import) -> None:
    """Nudge a worker after commit; a lost nudge is found by the periodic look."""
    background.nudge("contacts.tasks.run_import", job.pk)


def import_file(
    *,
    actor: Actor,
    upload: Any,
    mapping: str = "",
    on_conflict: str = "skip",
    dry_run: bool = False,
    kind: str = "contacts",
    options: dict[str, Any] | None = None,
) -> Import:
    """Take a file in and start at once: the way of the API. `mapping` is JSON text, or empty for the guess."""
    wanted = None
    if mapping.strip():
        try:
            wanted = json.loads(mapping)
        except ValueError:
            raise InvalidInput("The mapping is not JSON.", field="mapping") from None
    with transaction.atomic():
        job = keep_upload(upload=upload, actor=actor, kind=kind)
        try:
            return start_import(
                actor=actor, job=job, mapping=wanted, on_conflict=on_conflict, dry_run=dry_run, options=options
            )
        except DomainError:
            file_store.forget(job.file)
            raise


def cancel_import(*, actor: Actor, job: Import) -> Import:
    """Stop an import; what is stored stays and can be undone."""
    require_role(actor, "manager")
    open_ones = Import.objects.filter(pk=job.pk, status__in=("draft", "pending", "running")).exclude(
        options__has_key="undo"
    )
    if not open_ones.update(status=Import.Status.CANCELLED, lease_until=None, completed_at=Now()):
        raise NotRunning
    forget_people(job)
    audit.record(actor=actor, action="import.cancelled", record=job)
    job.refresh_from_db()
    return job


def undo_import(*, actor: Actor, job: Import) -> Import:
    """Take an ended import back, in the background when it is large."""
    require_role(actor, "manager")
    with transaction.atomic():
        job = Import.objects.select_for_update().get(pk=job.pk)
        ended = (Import.Status.COMPLETED, Import.Status.CANCELLED, Import.Status.FAILED)
        if job.status not in ended or job.dry_run:
            raise NotUndoable
        job.status = Import.Status.RUNNING
        job.options = {**job.options, "undo": True}
        job.lease_until = None
        job.save()
        audit.record(actor=actor, action="import.undone", record=job)
        enqueue(job)
    job.refresh_from_db()
    return job
