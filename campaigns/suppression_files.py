"""Do-not-call lists from files, by the import engine: the workspace's own, or a public register with its date."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from django.db import connection, transaction

from accounts import audit
from accounts.models import Role, Tenant
from accounts.permissions import require_role
from accounts.principals import Actor
from campaigns.models import Suppression
from contacts.importing import engine
from contacts.importing.kinds import CREATED, FAILED, SKIPPED, ImportLine, Outcome, register
from contacts.importing.services import keep_upload, start_import
from contacts.models import Import, ImportRow
from core import file_store
from core.ids import uuid7
from core.phones import InvalidPhone, parse_phone
from core.problems import DomainError, InvalidInput
from core.scope import current_tenant_id

KIND: Final = "do_not_call"
AT_ONCE: Final = 5_000
"""Numbers up to which the API answers when all are listed."""
REGISTER: Final = "National register"

_ADD = """
WITH added AS (
  INSERT INTO campaigns_suppression (id, tenant_id, phone_number, scope, reason, source, proof, created_by_id,
    fetched_at)
  SELECT p.id, %(tenant)s, p.number, %(scope)s, %(reason)s, %(source)s, %(proof)s::jsonb, %(actor)s,
    CASE WHEN %(scope)s = 'national' THEN now() END
    FROM unnest(%(ids)s::uuid[], %(numbers)s::text[]) AS p(id, number)
  ON CONFLICT DO NOTHING RETURNING id, phone_number),
closed AS (
  UPDATE campaigns_campaignlead cl SET status = 'blocked', status_reason = 'do_not_call'
    FROM added WHERE cl.tenant_id = %(tenant)s AND cl.phone_number = added.phone_number
     AND cl.status IN ('pending', 'queued', 'retry_wait', 'callback')
  RETURNING cl.id, cl.campaign_id, cl.contact_id, cl.phone_number),
told AS (
  INSERT INTO campaigns_whyentry (id, tenant_id, campaign_id, campaign_lead_id, contact_id, phone_number, rule,
    allowed, value)
  SELECT crm_uuid7(), %(tenant)s, campaign_id, id, contact_id, phone_number, 'do_not_call', false, %(source)s
    FROM closed)
SELECT phone_number, id FROM added
"""
_STAMP = """
UPDATE campaigns_suppression SET fetched_at = now(), proof = proof || jsonb_build_object('registers',
    coalesce(proof -> 'registers', '{}') || jsonb_build_object(%(source)s::text, %(stamp)s::text))
  WHERE tenant_id = %(tenant)s AND scope = 'national' AND phone_number = ANY (%(numbers)s::text[])
"""
_REPLACE = """
UPDATE campaigns_suppression SET proof = proof #- ARRAY['registers', %(source)s::text]
  WHERE tenant_id = %(tenant)s AND scope = 'national' AND proof -> 'registers' ->> %(source)s::text <> %(stamp)s
"""


@register
class NumberRows:
    """Rows of a file as do-not-call entries; a new edition of a register drops what only its former one held."""

    name: ClassVar[str] = KIND
    fields: ClassVar[Sequence[str]] = ("phone_number",)

    def __init__(self, job: Import) -> None:
        self.job = job
        self.region = str(Tenant.objects.values_list("default_region", flat=True).get())
        self.is_national = bool(job.options.get("national"))
        self.source = str(job.options.get("register") or f"file {job.file_name}")[:60]
        self.stamp = job.created_at.isoformat()

    def clean(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Check one row; raises InvalidInput."""
        try:
            return {"phone_number": parse_phone(raw.get("phone_number", ""), region=self.region).e164}
        except InvalidPhone as error:
            raise InvalidInput(error.reason, field="phone_number", field_code="invalid_phone") from None

    def identity(self, values: dict[str, Any]) -> list[str]:
        """The number."""
        return [values["phone_number"]]

    def store(self, lines: list[ImportLine]) -> list[Outcome]:
        """List the numbers and close the leads that wait for them; what is listed already stays as it is."""
        numbers = list(dict.fromkeys(line.values["phone_number"] for line in lines))
        values: dict[str, Any] = {
            "tenant": current_tenant_id(),
            "scope": Suppression.Scope.NATIONAL if self.is_national else Suppression.Scope.TENANT,
            "reason": str(self.job.options.get("reason", ""))[:300],
            "source": self.source,
            "proof": "{}",
            "actor": self.job.created_by_id,
            "ids": [uuid7() for _ in numbers],
            "numbers": numbers,
            "stamp": self.stamp,
        }
        with connection.cursor() as cursor:
            cursor.execute(_ADD, values)
            added: dict[str, Any] = dict(cursor.fetchall())
            if self.is_national:
                cursor.execute(_STAMP, values)
        return [self._outcome(line, added.pop(line.values["phone_number"], None)) for line in lines]

    def _outcome(self, line: ImportLine, entry_id: Any) -> Outcome:
        if entry_id is None:
            return Outcome(line.line, SKIPPED, None, "already_listed", "The number is on the list already.")
        return Outcome(line.line, CREATED, entry_id)

    def finish(self) -> None:
        """All rows are in: numbers that only the former edition of this register held are called again."""
        if not self.is_national:
            return
        values: dict[str, Any] = {"tenant": current_tenant_id(), "source": self.source, "stamp": self.stamp}
        with connection.cursor() as cursor:
            cursor.execute(_REPLACE, values)
        gone, _ = Suppression.objects.filter(scope=Suppression.Scope.NATIONAL, proof__registers={}).delete()
        audit.record(actor=self.job.created_by, action="do_not_call.imported", record=self.job, dropped=gone)

    def undo_created(self, record_ids: list[Any]) -> list[Any]:
        """Take the entries off the list again; leads they closed stay closed."""
        rows = Suppression.objects.filter(pk__in=record_ids)
        gone = list(rows.values_list("pk", flat=True))
        rows.delete()
        return gone


def start_list(*, actor: Actor, file: Any, national: bool = False, register: str = "", reason: str = "") -> Import:
    """Import every number of a file (CSV, TSV or XLSX, with or without a header) into the do-not-call list.

    Waiting campaign leads of a number are closed in the transaction that lists it. `national` marks a public
    register, known by its name: it replaces its former edition, and never touches the workspace's own entries.
    Raises InvalidInput when the file cannot be read.
    """
    require_role(actor, Role.MANAGER)
    with transaction.atomic():
        job = keep_upload(upload=file, actor=actor, kind=KIND)
        try:
            column, has_header = _column(job)
            facts = job.options["file"] | ({} if has_header else {"header_line": 0})
            name = (register.strip() or REGISTER)[:60] if national else ""
            chosen = {"file": facts, "national": national, "register": name, "reason": reason}
            job.rows_total += not has_header
            job.options = {**job.options, **chosen}
            job.warnings = [code for code in job.warnings if code not in ("header_looks_like_data", "one_column")]
            job.save(update_fields=["options", "rows_total", "warnings"])
            targets = ["phone_number" if place == column else "" for place in range(len(facts["header"]))]
            return start_import(actor=actor, job=job, mapping=targets)
        except DomainError:
            file_store.forget(job.file)
            raise


def import_list(*, actor: Actor, **given: Any) -> dict[str, Any]:
    """Start such an import and answer what became of it; a short list is in at once. Raises as `start_list`."""
    job = start_list(actor=actor, **given)
    if job.rows_total <= AT_ONCE:
        while engine.run_slice(current_tenant_id(), job.pk):
            pass
        job.refresh_from_db()
    rows = ImportRow.objects.filter(job=job, result__in=(SKIPPED, FAILED))
    failed = rows.filter(result=FAILED).order_by("line")[:100]
    return {
        "id": job.pk,
        "status": job.status,
        "added": job.created,
        "skipped": job.skipped,
        "refused": job.failed,
        "reasons": dict(Counter(rows.values_list("code", flat=True))),
        "samples": [{"line": row.line, "code": row.code, "reason": row.reason} for row in failed],
    }


def _column(job: Import) -> tuple[int, bool]:
    """The column of the numbers, and whether the first line names the columns instead of being a number already."""
    header, targets = job.options["file"]["header"], job.mapping["targets"]
    region = str(Tenant.objects.values_list("default_region", flat=True).get())
    samples = {guess["column"]: guess.get("samples", []) for guess in job.options.get("guesses", [])}
    named = [place for place, target in enumerate(targets) if target.startswith("phone_number")]
    for place in [*named, *range(len(header))]:
        if place in named or any(_is_number(cell, region) for cell in (header[place], *samples.get(place, [])[:5])):
            return place, not _is_number(header[place], region)
    raise InvalidInput("No column holds phone numbers.", field="file", field_code="missing_column")


def _is_number(cell: str, region: str) -> bool:
    try:
        parse_phone(cell, region=region)
    except InvalidPhone:
        return False
    return True
