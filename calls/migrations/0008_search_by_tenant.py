"""The words of transcripts: an index led by the tenant, read through a function.

Under row-level security only a leakproof filter may use an index. `@@` is marked so, but not `to_tsvector`, whose error
tells how long a text is: no search of transcripts used the index. Hence the function runs as the owner and binds the open
tenant itself, as the search of contacts does. The index is built beside the running product, and every step may be run
again, should the building be broken off.
"""

from django.db import migrations

INDEX = """
CREATE INDEX CONCURRENTLY conversation_said ON calls_conversation
  USING gin (tenant_id, to_tsvector('english'::regconfig, transcript));
"""
BEFORE = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS conversation_words ON calls_conversation
  USING gin (to_tsvector('english'::regconfig, transcript));
"""
FUNCTION = """
CREATE OR REPLACE FUNCTION calls_in_which_was_said(words text) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_indexscan = off AS $$
  SELECT call_id FROM calls_conversation
  WHERE tenant_id = NULLIF(current_setting('app.tenant', true), '')::uuid
    AND to_tsvector('english'::regconfig, transcript) @@ plainto_tsquery('english'::regconfig, words)
$$;
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("calls", "0007_provider_accounts"), ("contacts", "0002_search")]
    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS conversation_said", migrations.RunSQL.noop),
        migrations.RunSQL(INDEX, "DROP INDEX CONCURRENTLY IF EXISTS conversation_said"),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION calls_in_which_was_said(text)"),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS conversation_words", BEFORE),
    ]
