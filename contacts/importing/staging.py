"""The statements of a contact batch: staging table, matching, insertion, filling. All bound to one tenant.

The tenant stands in the staging table instead of in the statements: the planner takes a constant it has never
met in its statistics, as that of a new workspace, for one with hardly a row, and joins the wrong way round.
"""
# ruff: noqa: S608 - names of our own tables and columns

from functools import lru_cache

TABLE = "contact_stage"
TEXTS = ("first_name", "last_name", "company", "title", "notes", "timezone")
COLUMNS = f"tenant_id, line, id, {', '.join(TEXTS)}, email, phone_number, status, tags, custom_fields, referral_code"
LOCK = """
SELECT set_config('lock_timeout', '15s', true), pg_advisory_xact_lock(hashtextextended(%(key)s, 0))
"""
"""One import at a time adds people to a workspace, a batch each in turn: two of the same file could deadlock over
their emails, and nothing else keeps apart two contacts that have a phone number only."""
STAGE = f"""
CREATE TEMPORARY TABLE IF NOT EXISTS {TABLE} (
  tenant_id uuid, line int, id uuid, first_name text, last_name text, email text, phone_number text,
  company text, title text, status text, tags varchar[], notes text, custom_fields jsonb, timezone text,
  referral_code text, match uuid) ON COMMIT DELETE ROWS;
TRUNCATE {TABLE};
"""

ROW_TABLE = "import_row_stage"
ROW_STAGE = f"""
CREATE TEMPORARY TABLE IF NOT EXISTS {ROW_TABLE} (
  line int, result text, record_id uuid, before jsonb, after jsonb, code text, reason text, cells jsonb
) ON COMMIT DELETE ROWS;
TRUNCATE {ROW_TABLE};
"""
ROW_INSERT = f"""
INSERT INTO contacts_importrow
  (id, tenant_id, job_id, line, result, record_id, before, after, code, reason, cells)
SELECT crm_uuid7(), %(tenant)s, %(job)s, line, result, record_id, before, after, code, reason, cells
FROM {ROW_TABLE} ORDER BY line
"""
"""COPY does not work on a table under row-level security, so rows go through a temporary one."""

_MATCH_EMAIL = f"""
UPDATE {TABLE} s SET match = c.id FROM contacts_contact c
WHERE c.tenant_id = s.tenant_id AND c.deleted_at IS NULL AND c.email IS NOT NULL AND lower(c.email) = lower(s.email)
  AND s.match IS NULL
"""
# The sum keeps the planner from walking all contacts by age until one has the number.
_MATCH_PHONE = f"""
UPDATE {TABLE} s SET match = (
  SELECT c.id FROM contacts_contact c
  WHERE c.tenant_id = s.tenant_id AND c.phone_number = s.phone_number AND c.deleted_at IS NULL
  ORDER BY c.created_at + interval '0', c.id LIMIT 1)
WHERE s.email IS NULL
"""
MATCH = (_MATCH_EMAIL, _MATCH_PHONE)
MATCHED = f"SELECT line, match FROM {TABLE} WHERE match IS NOT NULL"
INSERT = f"""
INSERT INTO contacts_contact (id, tenant_id, first_name, last_name, email, phone_number, company, title, status,
  tags, notes, custom_fields, enrichment_data, timezone, referral_code)
SELECT id, tenant_id, first_name, last_name, email, phone_number, company, title, coalesce(status, 'lead'),
  tags, notes, custom_fields, '{{}}', timezone, referral_code
FROM {TABLE} WHERE match IS NULL ORDER BY line
ON CONFLICT DO NOTHING
"""
MATCH_AGAIN = (
    f"UPDATE {TABLE} s SET match = c.id FROM contacts_contact c"
    " WHERE c.tenant_id = s.tenant_id AND c.id = s.id AND s.match IS NULL",
    _MATCH_EMAIL,
)
"""Where fewer were inserted than were new: those are the ones made here, the others someone made in this moment."""


@lru_cache(maxsize=1000)
def array_literal(items: tuple[str, ...]) -> str:
    """Texts as PostgreSQL writes an array; files repeat the same few lists of tags."""
    quoted = ('"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"' for item in items)
    return "{" + ",".join(quoted) + "}"


_PLAIN = ("first_name", "last_name", "phone_number", "company", "title", "status", "notes", "timezone")
_SETS = ", ".join(f"{f} = coalesce(nullif(s.{f}, ''), c.{f})" for f in _PLAIN)
_DIFFERS = " OR ".join(f"(s.{f} <> '' AND s.{f} IS DISTINCT FROM c.{f})" for f in _PLAIN)
UPDATE_MATCHES = f"""
WITH held AS (
  SELECT c.id FROM contacts_contact c JOIN {TABLE} s ON s.match = c.id AND s.match <> s.id
  WHERE c.tenant_id = s.tenant_id ORDER BY c.id FOR UPDATE OF c),
one AS (SELECT DISTINCT ON (s.match) s.* FROM {TABLE} s JOIN held ON held.id = s.match ORDER BY s.match, s.line DESC)
UPDATE contacts_contact c SET {_SETS},
  tags = c.tags || ARRAY(SELECT t FROM unnest(s.tags) AS t WHERE NOT t = ANY (c.tags)),
  custom_fields = c.custom_fields || s.custom_fields
FROM one s
WHERE c.id = s.match AND c.tenant_id = s.tenant_id
  AND ({_DIFFERS} OR NOT s.tags <@ c.tags
       OR NOT c.custom_fields @> s.custom_fields)
RETURNING c.id
"""
