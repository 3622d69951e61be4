from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The events of a bulk run, found without locking the table."""

    atomic = False
    dependencies = [("leads", "0005_bulk_runs")]
    operations = [
        AddIndexConcurrently(
            model_name="leadevent",
            index=models.Index(
                condition=models.Q(run__isnull=False), fields=["tenant", "run", "id"], name="lead_event_of_run"
            ),
        ),
    ]
