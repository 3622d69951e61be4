"""What a day has brought and which sources there are, told by indexes instead of by reading every lead.

Built beside the running product. Every step may be run again, should the building be broken off.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Lower

INDEXES = (
    ("lead", models.Index("tenant", Lower("source"), condition=Q(deleted_at__isnull=True), name="lead_source")),
    (
        "lead",
        models.Index(fields=["tenant", "reached_out_at"], condition=Q(reached_out_at__isnull=False), name="lead_reached"),
    ),
    (
        "leadevent",
        models.Index(fields=["tenant", "created_at"], condition=Q(kind="state"), name="lead_event_moves"),
    ),
    ("task", models.Index(fields=["tenant", "done_at"], condition=Q(done_at__isnull=False), name="task_done")),
)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0008_order_by_name_and_company")]
    operations = [
        operation
        for model, index in INDEXES
        for operation in (
            migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {index.name}", migrations.RunSQL.noop),
            AddIndexConcurrently(model, index),
        )
    ]
