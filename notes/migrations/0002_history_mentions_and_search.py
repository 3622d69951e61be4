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
        ("leads", "0002_work_and_intake"),
        ("notes", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        django.contrib.postgres.operations.TrigramExtension(),
        migrations.CreateModel(
            name="NoteRevision",
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
                ("content", models.TextField()),
                ("replaced_by_name", models.CharField(default="", max_length=150)),
            ],
            options={
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.AddField(
            model_name="note",
            name="deleted_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="note",
            name="edited_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="note",
            name="mentions",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.UUIDField(), blank=True, default=list, editable=False, size=None
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="search_text",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.text.Lower(models.F("content")),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddIndex(
            model_name="note",
            index=models.Index(
                condition=models.Q(("call_id__isnull", False)), fields=["tenant", "call_id"], name="note_of_call"
            ),
        ),
        migrations.AddIndex(
            model_name="note",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(models.F("search_text"), name="gin_trgm_ops"),
                name="note_search",
            ),
        ),
        migrations.AddIndex(
            model_name="note",
            index=django.contrib.postgres.indexes.GinIndex(fields=["mentions"], name="note_mentions"),
        ),
        migrations.AddField(
            model_name="noterevision",
            name="note",
            field=core.models.TenantForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="revisions",
                to="notes.note",
            ),
        ),
        migrations.AddField(
            model_name="noterevision",
            name="replaced_by",
            field=core.models.TenantForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="noterevision",
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
        migrations.AddIndex(
            model_name="noterevision",
            index=models.Index(fields=["tenant", "note", "-created_at"], name="note_revision_of_note"),
        ),
    ]
