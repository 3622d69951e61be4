"""Undo of large bulk actions goes on in the background; the changes of an act are walked by index."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.models

DUE = """
CREATE OR REPLACE FUNCTION bulk_actions_to_run() RETURNS TABLE (tenant_id uuid, action_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT b.tenant_id, b.id FROM contacts_bulkaction b
  WHERE b.status IN {statuses} AND b.updated_at < now() - interval '30 seconds' ORDER BY b.id $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_expired_holds"),
        ("contacts", "0004_history"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(model_name="contactchange", name="contact_change_of_source"),
        migrations.AddIndex(
            model_name="contactchange",
            index=models.Index(
                condition=models.Q(("source", ""), _negated=True),
                fields=["tenant", "source", "id"],
                name="contact_change_of_act",
            ),
        ),
        migrations.AddField(model_name="bulkaction", name="kept", field=models.PositiveIntegerField(default=0)),
        migrations.AddField(
            model_name="bulkaction",
            name="undone_by",
            field=core.models.TenantForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="bulkaction",
            name="status",
            field=models.CharField(
                choices=[
                    ("running", "Running"),
                    ("completed", "Completed"),
                    ("undoing", "Being undone"),
                    ("undone", "Undone"),
                ],
                default="running",
                max_length=10,
            ),
        ),
        migrations.RunSQL(
            DUE.format(statuses="('running', 'undoing')"),
            DUE.format(statuses="('running')"),
        ),
    ]
