"""Search: one folded text per contact under one trigram index, read through functions.

The functions run as the owner because the operators of text search are not leak-proof: under row-level
security PostgreSQL would apply them only after the policy and never use the index. Each function binds the
open tenant itself, so it sees what the policy would have shown.
"""

from django.db import migrations

FOLD = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS btree_gin;

CREATE FUNCTION crm_fold(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT translate(lower(public.unaccent('public.unaccent'::regdictionary, translate(value, '''’`´', ''))),
                   '@._-+/&,()":;|*#!?\\%', '                    ')
$$;

CREATE FUNCTION contact_document(first_name text, last_name text, email text, company text, title text,
                                 tags text[], phone_number text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ' ' || crm_fold(concat_ws(' ', first_name, last_name, email, company, title,
                                   array_to_string(tags, ' '))) || ' ' || ltrim(coalesce(phone_number, ''), '+')
$$;

ALTER TABLE contacts_contact ADD COLUMN search_document text GENERATED ALWAYS AS (
  contact_document(first_name, last_name, email, company, title, tags, phone_number)) STORED;
CREATE INDEX contact_search ON contacts_contact USING gin (tenant_id, search_document gin_trgm_ops);
"""

FUNCTIONS = """
CREATE FUNCTION contact_search_condition(words text[], digits text, fuzzy boolean)
RETURNS text LANGUAGE sql STABLE AS $$
  SELECT format('c.tenant_id = %L', NULLIF(current_setting('app.tenant', true), ''))
    || coalesce((SELECT string_agg(
         CASE WHEN fuzzy AND length(w) > 3 THEN format(' AND %L <%% c.search_document', w)
              ELSE format(' AND c.search_document LIKE %L', '% ' || w || '%') END, '')
       FROM unnest(words) AS w), '')
    || CASE WHEN digits <> '' THEN format(' AND c.search_document LIKE %L', '%' || digits || '%') ELSE '' END
$$;

CREATE FUNCTION contact_query_words(query text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(array_agg(DISTINCT w), '{}')
  FROM (SELECT w FROM regexp_split_to_table(crm_fold(query), '\\s+') AS w WHERE w <> '' LIMIT 12) AS parts
$$;

CREATE FUNCTION contact_matches(query text, digits text) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  words text[] := CASE WHEN digits = '' THEN contact_query_words(query) ELSE '{}' END;
BEGIN
  IF current_setting('app.tenant', true) IS NULL OR (digits = '' AND cardinality(words) = 0) THEN RETURN; END IF;
  RETURN QUERY EXECUTE 'SELECT c.id FROM contacts_contact c WHERE '
    || contact_search_condition(words, digits, false);
  IF NOT FOUND AND digits = '' THEN
    PERFORM set_config('pg_trgm.word_similarity_threshold', '0.45', true);
    RETURN QUERY EXECUTE 'SELECT c.id FROM contacts_contact c WHERE '
      || contact_search_condition(words, digits, true);
  END IF;
END $$;

CREATE FUNCTION contact_ranked(query text, digits text, most int) RETURNS TABLE (id uuid, score real, fuzzy boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  words text[] := CASE WHEN digits = '' THEN contact_query_words(query) ELSE '{}' END;
  q text := array_to_string(words, ' ');
  ranking text := $sql$
    SELECT c.id, (CASE WHEN %1$L <> '' THEN length(%1$L)::real / greatest(length(c.phone_number) - 1, length(%1$L), 1)
      ELSE greatest(
        (word_similarity(%2$L, n.name) + strict_word_similarity(%2$L, n.name)) / 2,
        0.9 * (word_similarity(%2$L, n.email) + strict_word_similarity(%2$L, n.email)) / 2,
        0.85 * (word_similarity(%2$L, n.company) + strict_word_similarity(%2$L, n.company)) / 2,
        0.7 * word_similarity(%2$L, c.search_document)) END)::real AS score, %4$L::boolean
    FROM (SELECT * FROM contacts_contact c WHERE %3$s AND c.deleted_at IS NULL LIMIT 1000) AS c,
      LATERAL (SELECT crm_fold(c.first_name || ' ' || c.last_name) AS name,
                      crm_fold(coalesce(c.email, '')) AS email, crm_fold(c.company) AS company) AS n
    ORDER BY score DESC, c.created_at DESC, c.id LIMIT %5$s $sql$;
BEGIN
  IF current_setting('app.tenant', true) IS NULL OR (digits = '' AND cardinality(words) = 0) THEN RETURN; END IF;
  RETURN QUERY EXECUTE
    format(ranking, digits, q, contact_search_condition(words, digits, false), 'false', most);
  IF NOT FOUND AND digits = '' THEN
    PERFORM set_config('pg_trgm.word_similarity_threshold', '0.45', true);
    RETURN QUERY EXECUTE
      format(ranking, digits, q, contact_search_condition(words, digits, true), 'true', most);
  END IF;
END $$;
"""
DROP = """
DROP FUNCTION contact_ranked(text, text, int);
DROP FUNCTION contact_matches(text, text);
DROP FUNCTION contact_query_words(text);
DROP FUNCTION contact_search_condition(text[], text, boolean);
ALTER TABLE contacts_contact DROP COLUMN search_document;
DROP FUNCTION contact_document(text, text, text, text, text, text[], text);
DROP FUNCTION crm_fold(text);
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0001_initial")]
    operations = [migrations.RunSQL([FOLD, FUNCTIONS], DROP)]
