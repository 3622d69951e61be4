"""Due work over all workspaces: ids only; the caller then enters each workspace."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION due_scheduled_campaigns() RETURNS TABLE (tenant_id uuid, campaign_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT c.tenant_id, c.id FROM campaigns_campaign c
    WHERE c.status = 'scheduled' AND c.scheduled_at <= now() AND c.deleted_at IS NULL $$;

CREATE FUNCTION stale_lead_batches() RETURNS TABLE (tenant_id uuid, batch_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT b.tenant_id, b.id FROM campaigns_leadbatch b
    WHERE b.status IN ('pending', 'running') AND b.updated_at < now() - interval '2 minutes' $$;
"""
DROP = "DROP FUNCTION due_scheduled_campaigns(); DROP FUNCTION stale_lead_batches();"


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0002_batches_and_deletion")]
    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
