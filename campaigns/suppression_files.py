"""Do-not-call lists from files: the workspace's own, or a national register with its date."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from accounts import audit
from accounts.models import Role, Tenant
from accounts.permissions import require_role
from campaigns.models import Suppression
from campaigns.people import Tally
from contacts.mapping import CONTACT_FIELDS, guess_mapping, targets_of
from core import file_store
from core.ids import uuid7
from core.phones import InvalidPhone, parse_phone
from core.problems import InvalidInput
from core.scope import current_tenant_id
from core.tabular import Sniffed, TableError, read_batches, sniff

_STEP = 10_000

_ADD = """
WITH added AS (
  INSERT INTO campaigns_suppression (id, tenant_id, phone_number, scope, reason, source, proof, created_by_id)
  SELECT p.id, %(tenant)s, p.number, %(scope)s, %(reason)s, %(source)s, %(proof)s::jsonb, %(actor)s
    FROM unnest(%(ids)s::uuid[], %(numbers)s::text[]) AS p(id, number)
  ON CONFLICT DO NOTHING RETURNING phone_number),
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
SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM closed)
"""


@transaction.atomic
def import_list(*, actor: Any, file: Any, national: bool = False, reason: str = "") -> Tally:
    """Add every number of a file (CSV, TSV or XLSX, with or without a header) to the do-not-call list.

    Waiting campaign leads of the new numbers are closed in the same transaction. Entries of a `national` list
    are stamped with the time of the import; the workspace's own entries are never touched. Raises InvalidInput
    when the file cannot be read.
    """
    require_role(actor, Role.MANAGER)
    name = file_store.display_name(file.name or "")
    tally = Tally()
    scope = Suppression.Scope.NATIONAL if national else Suppression.Scope.TENANT
    with tempfile.NamedTemporaryFile(suffix=Path(name).suffix[:10]) as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        for numbers in _numbers(Path(copy.name), name, tally):
            _add(actor, numbers, scope=scope, reason=reason, source=f"file {name}"[:60], tally=tally)
    audit.record(actor=actor, action="do_not_call.imported", scope=scope, added=tally.added, skipped=tally.skipped)
    return tally


def _add(actor: Any, numbers: list[str], *, scope: str, reason: str, source: str, tally: Tally) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD,
            {
                "tenant": current_tenant_id(),
                "scope": scope,
                "reason": reason[:300],
                "source": source,
                "proof": "{}",
                "actor": getattr(actor.user_or_none, "pk", None),
                "ids": [uuid7() for _ in numbers],
                "numbers": numbers,
            },
        )
        added, _ = cursor.fetchone()
    tally.added += added
    if added < len(numbers):
        tally.skipped += len(numbers) - added
        tally.reasons["already_listed"] += len(numbers) - added
    if scope == Suppression.Scope.NATIONAL:
        rows = Suppression.objects.filter(phone_number__in=numbers, scope=scope)
        rows.update(source=source, fetched_at=Now())


def _numbers(path: Path, name: str, tally: Tally) -> Iterator[list[str]]:
    region = str(Tenant.objects.values_list("default_region", flat=True).get())
    try:
        found = sniff(path, name=name)
        column, header_is_number = _column(found, region)
        if header_is_number:
            yield [parse_phone(found.header[column], region=region).e164]
        for batch in read_batches(path, found, size=_STEP):
            numbers: dict[str, None] = {}
            for row in batch.rows:
                try:
                    numbers[parse_phone(row.cells[column], region=region).e164] = None
                except (InvalidPhone, IndexError) as error:
                    tally.refuse("invalid_phone", words=str(error), line=row.line)
            yield list(numbers)
    except TableError as error:
        raise InvalidInput(str(error), field="file", field_code=error.code) from None


def _column(found: Sniffed, region: str) -> tuple[int, bool]:
    """The column of the numbers, and whether the first line is a number already (a list without a header)."""
    targets = targets_of(guess_mapping(found.header, found.samples, fields=CONTACT_FIELDS))
    for place, target in enumerate(targets):
        if target.startswith("phone_number"):
            return place, _is_number(found.header[place], region)
    for place, cell in enumerate(found.header):
        if _is_number(cell, region) or any(_is_number(row[place], region) for row in found.samples[:5]):
            return place, _is_number(cell, region)
    raise InvalidInput("No column holds phone numbers.", field="file", field_code="missing_column")


def _is_number(cell: str, region: str) -> bool:
    try:
        parse_phone(cell, region=region)
    except InvalidPhone:
        return False
    return True
