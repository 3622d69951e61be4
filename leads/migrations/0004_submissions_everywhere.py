"""How often an address sent any form: the limit over all workspaces while Redis is away. Answers a number only."""

from django.db import migrations, models

FUNCTION = """
CREATE FUNCTION submissions_of_origin(wanted text, seconds integer) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT count(*) FROM leads_submission s
   WHERE s.origin = wanted AND s.submitted_at > now() - make_interval(secs => seconds) $$;
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0003_form_without_consent")]

    operations = [
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(fields=["origin", "submitted_at"], name="submission_everywhere"),
        ),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION submissions_of_origin(text, integer);"),
    ]
