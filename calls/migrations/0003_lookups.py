"""Look-ups over all tenants that answer ids only, and the index that transcripts are searched by."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION dialable_campaigns() RETURNS TABLE (tenant_id uuid, campaign_id uuid, status text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT c.tenant_id, c.id, c.status FROM campaigns_campaign c WHERE c.status IN ('running', 'stopping')
   ORDER BY c.id $$;

CREATE FUNCTION find_call_tenant(wanted uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT c.tenant_id FROM calls_call c WHERE c.id = wanted $$;

CREATE FUNCTION tenants_with_expired_calls() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT DISTINCT c.tenant_id FROM calls_call c
   WHERE c.dial_state IN ('reserved', 'dialing', 'placed', 'unknown') AND c.lease_until < now() $$;

CREATE INDEX conversation_words ON calls_conversation USING gin (to_tsvector('english'::regconfig, transcript));
"""
DROP = """
DROP INDEX conversation_words;
DROP FUNCTION dialable_campaigns(); DROP FUNCTION find_call_tenant(uuid); DROP FUNCTION tenants_with_expired_calls();
"""


class Migration(migrations.Migration):
    dependencies = [("calls", "0002_dialing"), ("campaigns", "0001_initial")]
    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
