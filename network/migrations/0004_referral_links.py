"""From a referral code to the form of its workspace, before a tenant is known: runs as the owner."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION find_form_by_referral_code(wanted text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT t.form_key FROM contacts_contact c JOIN accounts_tenant t ON t.id = c.tenant_id
   WHERE c.referral_code = wanted AND c.deleted_at IS NULL AND t.form_key <> '' ORDER BY c.id LIMIT 1 $$;
CREATE INDEX contact_by_referral_code ON contacts_contact (referral_code);
"""
DROP = "DROP FUNCTION find_form_by_referral_code(text); DROP INDEX contact_by_referral_code;"


class Migration(migrations.Migration):
    dependencies = [("network", "0003_graph_stamp"), ("accounts", "0001_initial"), ("contacts", "0001_initial")]
    operations = [migrations.RunSQL(FUNCTION, DROP)]
