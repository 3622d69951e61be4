"""The index that lists of a campaign's leads walk along; made without keeping anybody from writing."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("campaigns", "0007_tallies")]
    operations = [
        AddIndexConcurrently(
            model_name="campaignlead",
            index=models.Index(fields=["tenant", "campaign", "created_at", "id"], name="campaign_lead_in_order"),
        )
    ]
