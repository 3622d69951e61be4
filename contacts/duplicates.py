"""Finding contacts that may be one person: same phone number, or a similar name at the same company."""

import datetime as dt
import uuid
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from accounts.principals import Actor
from contacts.models import DuplicatePair
from core import background
from core.problems import NotFound
from core.scope import current_tenant_id, tenant_scope

AT_ONCE = 2000
_SCANNED = "duplicates:scanned_at"
_OVERLAP = dt.timedelta(seconds=30)
"""Looked at twice, because a transaction may commit a moment after the time it wrote down."""

_FORGET = """
DELETE FROM contacts_duplicatepair p USING contacts_contact c
WHERE p.tenant_id = %(tenant)s AND p.dismissed_at IS NULL AND c.id IN (p.first_id, p.second_id)
  AND c.tenant_id = %(tenant)s AND c.updated_at >= %(since)s
"""
_FIND = """
WITH changed AS (
  SELECT * FROM contacts_contact c
  WHERE c.tenant_id = %(tenant)s AND c.deleted_at IS NULL AND c.updated_at >= %(since)s),
pairs AS (
  SELECT a.id AS one, b.id AS two, 'same_phone' AS reason,
    0.75 + 0.24 * similarity(a.first_name || ' ' || a.last_name, b.first_name || ' ' || b.last_name) AS score
  FROM changed a CROSS JOIN LATERAL (
    SELECT * FROM contacts_contact b WHERE b.tenant_id = %(tenant)s AND b.phone_number = a.phone_number
      AND b.deleted_at IS NULL AND b.id <> a.id LIMIT 20) b
  UNION ALL
  SELECT a.id, b.id, 'similar_name_same_company',
    0.5 + 0.4 * similarity(a.first_name || ' ' || a.last_name, b.first_name || ' ' || b.last_name)
  FROM changed a CROSS JOIN LATERAL (
    SELECT * FROM contacts_contact b WHERE b.tenant_id = %(tenant)s AND lower(b.company) = lower(a.company)
      AND b.deleted_at IS NULL AND b.id <> a.id AND b.first_name || b.last_name <> ''
      AND similarity(a.first_name || ' ' || a.last_name, b.first_name || ' ' || b.last_name) >= 0.55 LIMIT 20) b
  WHERE a.company <> '' AND a.first_name || a.last_name <> ''
  UNION ALL
  SELECT a.id, b.id, 'same_name_and_email_name', 0.85
  FROM changed a JOIN contacts_contact b ON b.tenant_id = %(tenant)s AND b.deleted_at IS NULL AND b.id <> a.id
    AND lower(b.company) = lower(a.company) AND a.email IS NOT NULL AND b.email IS NOT NULL
    AND lower(a.last_name) = lower(b.last_name) AND a.last_name <> '' AND a.company <> ''
    AND lower(split_part(a.email, '@', 1)) = lower(split_part(b.email, '@', 1)))
INSERT INTO contacts_duplicatepair (id, tenant_id, first_id, second_id, score, reasons)
SELECT crm_uuid7(), %(tenant)s, least(one, two), greatest(one, two),
  least(0.99, max(score) + 0.1 * (count(DISTINCT reason) - 1)), array_agg(DISTINCT reason)
FROM pairs GROUP BY least(one, two), greatest(one, two)
ON CONFLICT (tenant_id, first_id, second_id) DO UPDATE SET score = excluded.score, reasons = excluded.reasons
"""


def scan(*, since: dt.datetime | None = None) -> int:
    """Look at the contacts changed since a time (all without one) and write the pairs down; return how many."""
    values: dict[str, Any] = {"tenant": current_tenant_id(), "since": since or dt.datetime(2000, 1, 1, tzinfo=dt.UTC)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FORGET, values)
        cursor.execute(_FIND, values)
        return int(cursor.rowcount)


def _changed_since(since: dt.datetime | None) -> int:
    from contacts.models import Contact

    rows = Contact.objects.active()
    return int((rows.filter(updated_at__gte=since) if since else rows).values("pk")[: AT_ONCE + 1].count())


def bring_up_to_date() -> None:
    """Scan what changed since the last time: at once when it is little, in the background when it is much."""
    last = cache.get(_SCANNED)
    since = last - _OVERLAP if last else None
    if _changed_since(since) <= AT_ONCE:
        started = timezone.now()
        scan(since=since)
        cache.set(_SCANNED, started, None)
        return
    background.nudge("contacts.tasks.find_duplicates")


def scan_tenant(tenant_id: uuid.UUID) -> None:
    """Scan a whole workspace."""
    with tenant_scope(tenant_id):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', '240s', true)")
        last = cache.get(_SCANNED)
        started = timezone.now()
        scan(since=last - _OVERLAP if last else None)
        cache.set(_SCANNED, started, None)


def open_pairs() -> QuerySet[DuplicatePair]:
    """Pairs that wait for a decision, the likeliest first."""
    rows: QuerySet[DuplicatePair] = DuplicatePair.objects.filter(
        dismissed_at=None, first__deleted_at=None, second__deleted_at=None
    )
    return rows.select_related("first", "first__owner", "second", "second__owner").order_by("-score", "-id")


def get_pair(pk: uuid.UUID) -> DuplicatePair:
    """A pair of the workspace; raises NotFound."""
    pair: DuplicatePair | None = open_pairs().filter(pk=pk).first()
    if pair is None:
        raise NotFound("There is no such pair.")
    return pair


def dismiss(*, actor: Actor | Any, pair: DuplicatePair) -> None:
    """Two people after all: the pair is not shown again."""
    DuplicatePair.objects.filter(pk=pair.pk).update(dismissed_at=Now())
