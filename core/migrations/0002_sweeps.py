"""Work over all tenants: what is due in the outbox, and keys past their day."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION outbox_due_tenants() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT DISTINCT tenant_id FROM core_outboxmessage
   WHERE done_at IS NULL AND failed_at IS NULL AND run_at <= now() $$;

CREATE FUNCTION forget_old_idempotency_keys() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS
$$ DELETE FROM core_idempotencykey WHERE created_at < now() - interval '24 hours' $$;
"""
DROP = "DROP FUNCTION outbox_due_tenants(); DROP FUNCTION forget_old_idempotency_keys();"


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
