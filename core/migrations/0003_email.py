import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import core.ids
import core.scope

FUNCTION = """
CREATE FUNCTION email_due_tenants() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT DISTINCT tenant_id FROM core_email
   WHERE status IN ('queued', 'sending') AND next_attempt_at <= clock_timestamp() $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_lookups"),
        ("core", "0002_sweeps"),
    ]

    operations = [
        migrations.CreateModel(
            name="Email",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "updated_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("kind", models.CharField(max_length=60)),
                ("key", models.CharField(max_length=200)),
                (
                    "to",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=320), size=None),
                ),
                ("reply_to", models.CharField(blank=True, default="", max_length=320)),
                ("subject", models.CharField(max_length=300)),
                ("text", models.TextField()),
                ("html", models.TextField(blank=True, default="")),
                ("message_id", models.CharField(max_length=200)),
                ("about_type", models.CharField(blank=True, default="", max_length=40)),
                ("about_id", models.UUIDField(blank=True, null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[("queued", "Queued"), ("sending", "Sending"), ("sent", "Sent"), ("failed", "Failed")],
                        default="queued",
                        max_length=10,
                    ),
                ),
                (
                    "failure",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("configuration", "Mail is not set up"),
                            ("recipient", "The recipient was refused"),
                            ("sending", "Sending failed"),
                        ],
                        default="",
                        max_length=14,
                    ),
                ),
                ("error", models.TextField(blank=True, default="")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        default=core.scope.open_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["queued", "sending"])),
                        fields=["next_attempt_at"],
                        name="email_due",
                    ),
                    models.Index(fields=["tenant", "status", "-created_at"], name="email_by_status"),
                    models.Index(fields=["tenant", "about_id", "-created_at"], name="email_about"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "kind", "key"), name="email_key_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["queued", "sending", "sent", "failed"])),
                        name="email_status_known",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION email_due_tenants();"),
    ]
