"""The index of search is led by the tenant: what the same words mean to other workspaces is not read any more.

It is built beside the running product. Every step may be run again, should the building be broken off.
"""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations
from django.db.models import F


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("notes", "0002_history_mentions_and_search"), ("contacts", "0002_search")]
    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS note_words", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "note", GinIndex("tenant", OpClass(F("search_text"), name="gin_trgm_ops"), name="note_words")
        ),
        RemoveIndexConcurrently("note", "note_search"),
    ]
