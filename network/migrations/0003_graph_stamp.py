"""Renew a tenant's graph stamp with every change of its ties or of who of its contacts is there.

The stamp is random: a rolled-back change can never hand its stamp to another one, so an answer kept under a
stamp is the answer of exactly that graph. Ties are watched per statement, which keeps bulk loads cheap;
contacts only when they move into or out of the trash.
"""

from django.db import migrations

RENEW = """
CREATE FUNCTION network_renew_stamp(tenants uuid[]) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO network_graphversion (id, tenant_id, stamp)
  SELECT crm_uuid7(), t, gen_random_uuid() FROM (SELECT DISTINCT unnest(tenants) AS t) d
  WHERE EXISTS (SELECT 1 FROM accounts_tenant a WHERE a.id = d.t)
  ON CONFLICT (tenant_id) DO UPDATE SET stamp = EXCLUDED.stamp;
END $$;

CREATE FUNCTION network_ties_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM network_renew_stamp((SELECT array_agg(DISTINCT tenant_id) FROM changed));
  RETURN NULL;
END $$;

CREATE FUNCTION network_contact_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM network_renew_stamp(ARRAY[NEW.tenant_id]);
  RETURN NULL;
END $$;

CREATE TRIGGER ties_inserted AFTER INSERT ON network_relationship REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION network_ties_changed();
CREATE TRIGGER ties_updated AFTER UPDATE ON network_relationship REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION network_ties_changed();
CREATE TRIGGER ties_deleted AFTER DELETE ON network_relationship REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION network_ties_changed();
CREATE TRIGGER contact_moved AFTER UPDATE OF deleted_at ON contacts_contact
  FOR EACH ROW WHEN ((OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL)) EXECUTE FUNCTION network_contact_moved();
"""
DROP = """
DROP TRIGGER contact_moved ON contacts_contact; DROP TRIGGER ties_inserted ON network_relationship;
DROP TRIGGER ties_updated ON network_relationship; DROP TRIGGER ties_deleted ON network_relationship;
DROP FUNCTION network_contact_moved(); DROP FUNCTION network_ties_changed(); DROP FUNCTION network_renew_stamp(uuid[]);
"""


class Migration(migrations.Migration):
    dependencies = [("network", "0002_graph_version_and_interactions"), ("contacts", "0001_initial")]
    operations = [migrations.RunSQL(RENEW, DROP)]
