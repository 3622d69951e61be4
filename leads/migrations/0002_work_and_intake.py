import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.operations
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import core.ids
import core.models
import core.scope


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_lookups"),
        ("contacts", "0001_initial"),
        ("leads", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        django.contrib.postgres.operations.TrigramExtension(),
        migrations.CreateModel(
            name="IntakeSettings",
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
                ("title", models.CharField(default="Get in touch", max_length=120)),
                (
                    "intro",
                    models.TextField(
                        blank=True, default="Tell us how to reach you and we will call you back.", max_length=1000
                    ),
                ),
                ("button", models.CharField(default="Send", max_length=40)),
                (
                    "thanks",
                    models.TextField(
                        default="Thank you. We have your message and will be in touch shortly.", max_length=1000
                    ),
                ),
                ("shows_phone", models.BooleanField(default=True)),
                ("requires_phone", models.BooleanField(default=False)),
                ("shows_company", models.BooleanField(default=True)),
                ("shows_message", models.BooleanField(default=True)),
                ("shows_resume", models.BooleanField(default=True)),
                (
                    "consent_wording",
                    models.TextField(
                        default="I agree to be called about my request, also by an automated or artificial voice.",
                        max_length=2000,
                    ),
                ),
                ("consent_version", models.PositiveIntegerField(default=1, editable=False)),
                ("confirms_by_email", models.BooleanField(default=True)),
                (
                    "assignment",
                    models.CharField(
                        choices=[("none", "Leave without an owner"), ("round_robin", "Take turns")],
                        default="none",
                        max_length=12,
                    ),
                ),
                (
                    "assignee_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), blank=True, default=list, size=None
                    ),
                ),
                ("last_assignee_id", models.UUIDField(blank=True, editable=False, null=True)),
                ("answer_within_minutes", models.PositiveIntegerField(default=5)),
            ],
            options={
                "verbose_name_plural": "intake settings",
            },
        ),
        migrations.CreateModel(
            name="LeadEvent",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("created", "Created"),
                            ("state", "State changed"),
                            ("owner", "Owner changed"),
                            ("edited", "Edited"),
                            ("deleted", "Moved to the trash"),
                            ("restored", "Restored"),
                        ],
                        max_length=10,
                    ),
                ),
                ("data", models.JSONField(default=dict)),
                ("actor_name", models.CharField(default="", max_length=150)),
            ],
            options={
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Submission",
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
                ("consent", models.BooleanField(default=False)),
                ("consent_wording", models.TextField(blank=True, default="")),
                ("consent_version", models.PositiveIntegerField(default=0)),
                ("address", models.GenericIPAddressField(blank=True, null=True)),
                ("origin", models.CharField(blank=True, default="", max_length=64)),
                ("user_agent", models.CharField(blank=True, default="", max_length=300)),
                ("referral_code", models.CharField(blank=True, default="", max_length=32)),
                ("submitted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ("-submitted_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Task",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("callback", "Call back"),
                            ("follow_up", "Follow up"),
                            ("email", "Write an email"),
                            ("other", "To do"),
                        ],
                        default="follow_up",
                        max_length=10,
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("due_at", models.DateTimeField()),
                ("timezone", models.CharField(blank=True, default="", max_length=64)),
                ("done_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                "ordering": ("due_at", "id"),
            },
        ),
        migrations.AddField(
            model_name="lead",
            name="search_text",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.text.Lower(
                    django.db.models.functions.text.Concat(
                        models.F("first_name"),
                        models.Value(" "),
                        models.F("last_name"),
                        models.Value(" "),
                        models.F("email"),
                        models.Value(" "),
                        models.F("company"),
                        models.Value(" "),
                        models.F("phone_number"),
                        output_field=models.TextField(),
                    )
                ),
                output_field=models.TextField(),
            ),
        ),
        migrations.AlterField(
            model_name="lead",
            name="contact",
            field=core.models.TenantForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="leads",
                to="contacts.contact",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(models.F("search_text"), name="gin_trgm_ops"),
                name="lead_search",
            ),
        ),
        migrations.AddField(
            model_name="intakesettings",
            name="tenant",
            field=models.ForeignKey(
                db_index=False,
                default=core.scope.open_tenant_id,
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.tenant",
            ),
        ),
        migrations.AddField(
            model_name="leadevent",
            name="actor",
            field=core.models.TenantForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="leadevent",
            name="lead",
            field=core.models.TenantForeignKey(
                db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name="events", to="leads.lead"
            ),
        ),
        migrations.AddField(
            model_name="leadevent",
            name="tenant",
            field=models.ForeignKey(
                db_index=False,
                default=core.scope.open_tenant_id,
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.tenant",
            ),
        ),
        migrations.AddField(
            model_name="submission",
            name="lead",
            field=core.models.TenantForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="submissions",
                to="leads.lead",
            ),
        ),
        migrations.AddField(
            model_name="submission",
            name="tenant",
            field=models.ForeignKey(
                db_index=False,
                default=core.scope.open_tenant_id,
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.tenant",
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="contact",
            field=core.models.TenantForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tasks",
                to="contacts.contact",
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="created_by",
            field=core.models.TenantForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="done_by",
            field=core.models.TenantForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="lead",
            field=core.models.TenantForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tasks",
                to="leads.lead",
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="owner",
            field=core.models.TenantForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="tenant",
            field=models.ForeignKey(
                db_index=False,
                default=core.scope.open_tenant_id,
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.tenant",
            ),
        ),
        migrations.AddConstraint(
            model_name="intakesettings",
            constraint=models.UniqueConstraint(fields=("tenant",), name="intake_settings_one"),
        ),
        migrations.AddIndex(
            model_name="leadevent",
            index=models.Index(fields=["tenant", "lead", "-created_at"], name="lead_event_of_lead"),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(fields=["tenant", "origin", "-submitted_at"], name="submission_of_origin"),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(fields=["tenant", "lead"], name="submission_of_lead"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("done_at__isnull", True)),
                fields=["tenant", "owner", "due_at"],
                name="task_open_of_owner",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["tenant", "lead", "due_at"], name="task_of_lead"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["tenant", "contact", "due_at"], name="task_of_contact"),
        ),
    ]
