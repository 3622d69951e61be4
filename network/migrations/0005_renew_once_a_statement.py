"""Renew the graph stamp once for a statement that moves many contacts into or out of the trash.

Renewed for each row, a bulk delete would write thousands of versions of one row and search them again and again.
What a statement did is over before its AFTER triggers run, so its first row speaks for all; the next statement
has another timestamp, and a savepoint that is rolled back takes the mark back with the stamp.
"""

from django.db import migrations

ONCE = """
CREATE OR REPLACE FUNCTION network_contact_moved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  mark text := concat_ws(' ', pg_current_xact_id(), statement_timestamp(), NEW.tenant_id);
BEGIN
  IF current_setting('app.graph_moved', true) IS DISTINCT FROM mark THEN
    PERFORM network_renew_stamp(ARRAY[NEW.tenant_id]);
    PERFORM set_config('app.graph_moved', mark, true);
  END IF;
  RETURN NULL;
END $$;
"""
EACH = """
CREATE OR REPLACE FUNCTION network_contact_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM network_renew_stamp(ARRAY[NEW.tenant_id]);
  RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("network", "0004_referral_links")]
    operations = [migrations.RunSQL(ONCE, EACH)]
