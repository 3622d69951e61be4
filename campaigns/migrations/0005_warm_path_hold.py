"""Campaigns may ask for an introduction before they call cold."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0004_prompt_versions")]
    operations = [
        migrations.AddField(
            model_name="campaign", name="warm_path_hold", field=models.BooleanField(default=False)
        )
    ]
