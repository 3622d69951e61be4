"""Which workspaces have work for enrichment: asked before a tenant is known, answers ids only."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION enrichment_due_tenants() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT t.id FROM accounts_tenant t WHERE
     EXISTS (SELECT 1 FROM enrichment_enrichmentrun r
             WHERE r.tenant_id = t.id AND r.status = 'pending' AND r.due_at <= now())
  OR EXISTS (SELECT 1 FROM enrichment_enrichmentrun r
             WHERE r.tenant_id = t.id AND r.status = 'running' AND r.lease_until < now())
  OR EXISTS (SELECT 1 FROM enrichment_enrichmentbatch b
             WHERE b.tenant_id = t.id AND b.status IN ('preparing', 'running')) $$;

CREATE FUNCTION enrichment_callback(wanted text) RETURNS TABLE (tenant_id uuid, step_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT s.tenant_id, s.id FROM enrichment_enrichmentstep s WHERE s.callback_hash = wanted AND wanted <> '' $$;
"""
DROP = "DROP FUNCTION enrichment_due_tenants(); DROP FUNCTION enrichment_callback(text);"


class Migration(migrations.Migration):
    dependencies = [("enrichment", "0002_waterfall")]
    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
