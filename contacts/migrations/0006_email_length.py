"""Emails of up to 256 characters, as leads have them.

PostgreSQL does not change the type of a column that a generated column reads, so the searched text is made anew.
"""

from django.db import migrations, models

WIDEN = """
DROP INDEX contact_search;
ALTER TABLE contacts_contact DROP COLUMN search_document;
ALTER TABLE contacts_contact ALTER COLUMN email TYPE varchar({length});
ALTER TABLE contacts_contact ADD COLUMN search_document text GENERATED ALWAYS AS (
  contact_document(first_name, last_name, email, company, title, tags, phone_number)) STORED;
CREATE INDEX contact_search ON contacts_contact USING gin (tenant_id, search_document gin_trgm_ops);
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0005_bulk_undo")]

    operations = [
        migrations.RunSQL(
            WIDEN.format(length=256),
            WIDEN.format(length=254),
            state_operations=[
                migrations.AlterField(
                    model_name="contact", name="email", field=models.EmailField(blank=True, max_length=256, null=True)
                )
            ],
        )
    ]
