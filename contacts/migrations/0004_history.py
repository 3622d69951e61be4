"""The history of contacts: one trigger per statement, so that COPY, bulk updates and raw SQL are seen too."""

from django.db import migrations

FIELDS = (
    "first_name", "last_name", "email", "phone_number", "company", "title", "status", "tags", "notes",
    "custom_fields", "timezone", "owner_id", "deleted_at",
)  # fmt: skip
PAIRS = ", ".join(f"('{f}', to_jsonb(o.{f}), to_jsonb(n.{f}))" for f in FIELDS)
HISTORY = f"""
CREATE FUNCTION contact_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO contacts_contactchange (id, tenant_id, contact_id, changes, actor_id, actor_name, source)
  SELECT crm_uuid7(), n.tenant_id, n.id, d.changes,
    NULLIF(current_setting('app.actor', true), '')::uuid,
    left(coalesce(current_setting('app.actor_name', true), ''), 150),
    left(coalesce(current_setting('app.source', true), ''), 60)
  FROM new_rows n JOIN old_rows o ON o.id = n.id
  CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(v.name, jsonb_build_array(v.before, v.after)) AS changes
    FROM (VALUES {PAIRS}) AS v (name, before, after) WHERE v.before IS DISTINCT FROM v.after) AS d
  WHERE d.changes IS NOT NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER contact_history AFTER UPDATE ON contacts_contact
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION contact_history();
"""
DUE = """
CREATE FUNCTION imports_to_run() RETURNS TABLE (tenant_id uuid, import_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT i.tenant_id, i.id FROM contacts_import i
  WHERE i.status IN ('pending', 'running') AND (i.lease_until IS NULL OR i.lease_until < now())
  ORDER BY i.id $$;
CREATE FUNCTION bulk_actions_to_run() RETURNS TABLE (tenant_id uuid, action_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT b.tenant_id, b.id FROM contacts_bulkaction b
  WHERE b.status = 'running' AND b.updated_at < now() - interval '30 seconds' ORDER BY b.id $$;
"""
DROP = """
DROP TRIGGER contact_history ON contacts_contact; DROP FUNCTION contact_history();
DROP FUNCTION imports_to_run(); DROP FUNCTION bulk_actions_to_run();
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0003_records")]
    operations = [migrations.RunSQL([HISTORY, DUE], DROP)]
