"""Imports keep the planner's statistics true while a table grows under them; the rows of an import need one index less.

The product's role may not ANALYZE, so the function runs as the owner. Autovacuum looks once a minute: until then the
planner takes a table that was empty for one with a row in it, and looks through all of it for every line of a file.
"""

import django.db.models.deletion
from django.db import migrations

import core.models

FUNCTION = """
CREATE FUNCTION refresh_statistics(tables regclass[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE grown regclass;
BEGIN
  FOR grown IN SELECT c.oid FROM pg_class c WHERE c.oid = ANY (tables) AND c.relkind = 'r'
    AND pg_relation_size(c.oid) > 2 * current_setting('block_size')::bigint * greatest(c.relpages, 16)
  LOOP
    EXECUTE format('ANALYZE (SKIP_LOCKED) %s', grown);
  END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0006_email_length")]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION refresh_statistics(regclass[]);"),
        migrations.AlterField(
            model_name="importrow",
            name="job",
            field=core.models.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="rows",
                to="contacts.import",
            ),
        ),
    ]
