"""Look-ups that come before a tenant is known: they run as the owner and answer ids only."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION find_user_by_email(address text) RETURNS TABLE (tenant_id uuid, user_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT u.tenant_id, u.id FROM accounts_user u WHERE lower(u.email) = lower(address) $$;

CREATE FUNCTION find_user(wanted uuid) RETURNS TABLE (tenant_id uuid, user_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT u.tenant_id, u.id FROM accounts_user u WHERE u.id = wanted $$;

CREATE FUNCTION find_api_key(wanted text) RETURNS TABLE (tenant_id uuid, key_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT k.tenant_id, k.id FROM accounts_apikey k WHERE k.prefix = wanted $$;

CREATE FUNCTION find_tenant_by_form_key(wanted text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT t.id FROM accounts_tenant t WHERE t.form_key = wanted $$;

CREATE FUNCTION all_tenant_ids() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT t.id FROM accounts_tenant t ORDER BY t.id $$;
"""
DROP = """
DROP FUNCTION find_user_by_email(text); DROP FUNCTION find_user(uuid); DROP FUNCTION find_api_key(text);
DROP FUNCTION find_tenant_by_form_key(text); DROP FUNCTION all_tenant_ids();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
