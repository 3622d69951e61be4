"""Find holds whose time is over quickly, and the workspaces that have some."""

from django.db import migrations, models

FUNCTION = """
CREATE FUNCTION ledger_expired_tenants() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT DISTINCT h.tenant_id FROM accounts_ledgerentry h
   WHERE h.kind = 'hold' AND h.expires_at BETWEEN now() - interval '7 days' AND now()
     AND NOT EXISTS (SELECT 1 FROM accounts_ledgerentry s WHERE s.tenant_id = h.tenant_id
       AND s.account_id = h.account_id AND s.key = 'settle:' || substr(h.key, 6)) $$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_webhooks")]
    operations = [
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                fields=["expires_at"],
                condition=models.Q(kind="hold", expires_at__isnull=False),
                name="ledger_hold_expiry",
            ),
        ),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION ledger_expired_tenants();"),
    ]
