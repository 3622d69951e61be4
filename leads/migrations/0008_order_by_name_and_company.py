"""The list in the order of names or companies begins in an index, instead of sorting every row for each page.

Built beside the running product. Every step may be run again, should the building be broken off.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0007_search_by_tenant")]
    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS lead_by_name", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "lead",
            models.Index(
                fields=["tenant", "first_name", "id"], condition=Q(deleted_at__isnull=True), name="lead_by_name"
            ),
        ),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS lead_by_company", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "lead",
            models.Index(
                fields=["tenant", "company", "id"], condition=Q(deleted_at__isnull=True), name="lead_by_company"
            ),
        ),
    ]
