"""Words are found by an index of words, misspellings by the words that differ in one letter and exist.

A key of the index is a word behind the end of its tenant's id, so that a look-up reads the entries of one tenant,
however many others share the table, and a prefix too. The index is built beside the running product.

The functions run as the owner, as in 0002, and without any other plan than the index: what a word is worth is
unknown to the planner, and a wrong guess would walk the whole table. Hence `IS NOT DISTINCT FROM`, which no index
answers: the tenant is in the key already, and the comparison only sorts out tenants whose ids end alike.
Every step may be run again, should the building of the index have been broken off.
"""

from importlib import import_module

from django.db import migrations

LEXEMES = """
CREATE OR REPLACE FUNCTION contact_lexemes(tenant uuid, document text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_to_tsvector(array_remove(array_remove(
    string_to_array(replace(document, ' ', ' ' || right(tenant::text, 8)), ' '), ''), right(tenant::text, 8)))
$$;
"""
INDEX = """
CREATE INDEX CONCURRENTLY contact_words ON contacts_contact
  USING gin (contact_lexemes(tenant_id, search_document)) WITH (gin_pending_list_limit = 1024);
"""
SPELLINGS = """
CREATE OR REPLACE FUNCTION contact_query_words(query text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(array_agg(DISTINCT left(w, 200)), '{}')
  FROM (SELECT w FROM regexp_split_to_table(crm_fold(query), '\\s+') AS w WHERE w <> '' LIMIT 12) AS parts
$$;

-- Every text one slip away: a letter missing, doubled, wrong, or two swapped.
CREATE OR REPLACE FUNCTION contact_misspellings(word text) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
  SELECT DISTINCT near FROM generate_series(0, length(word)) AS i,
    LATERAL (SELECT left(word, i) AS head, substr(word, i + 1) AS tail) AS cut,
    LATERAL (
      SELECT head || substr(tail, 2) AS near
      UNION ALL SELECT head || substr(tail, 2, 1) || left(tail, 1) || substr(tail, 3)
      UNION ALL SELECT head || letter || rest
        FROM regexp_split_to_table('abcdefghijklmnopqrstuvwxyz' || word, '') AS letter,
          LATERAL (VALUES (tail), (substr(tail, 2))) AS after (rest)) AS slips
  WHERE near <> word
$$;

-- The condition that each word, in any of its spellings (parted by "|"), begins or is a word of the contact.
CREATE OR REPLACE FUNCTION contact_has_words(spellings text[], whole boolean) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT format('c.tenant_id IS NOT DISTINCT FROM %L::uuid AND '
    'contact_lexemes(c.tenant_id, c.search_document) @@ %L::tsquery', tenant, string_agg(any_of, ' & '))
  FROM (SELECT NULLIF(current_setting('app.tenant', true), '') AS tenant) AS open, unnest(spellings) AS spelling,
    LATERAL (SELECT '(' || string_agg(quote_literal(right(tenant, 8) || s) || CASE WHEN whole THEN '' ELSE ':*' END,
                                      ' | ') || ')' AS any_of
             FROM unnest(string_to_array(spelling, '|')) AS s) AS choices
  GROUP BY tenant
$$;

-- Each of the first words with the existing words it may have been meant for: whole ones, else beginnings.
CREATE OR REPLACE FUNCTION contact_spellings(words text[]) RETURNS text[]
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_indexscan = off AS $$
DECLARE
  meant text[] := words;
  found text;
BEGIN
  FOR i IN 1 .. least(cardinality(words), 4) LOOP
    CONTINUE WHEN length(words[i]) NOT BETWEEN 4 AND 32;
    FOR whole IN REVERSE 1 .. 0 LOOP
      CONTINUE WHEN whole = 0 AND length(words[i]) < 5;
      SELECT string_agg(near, '|') INTO found FROM (
        SELECT near FROM contact_misspellings(words[i]) AS near, LATERAL (
          SELECT FROM contacts_contact c
          WHERE c.tenant_id IS NOT DISTINCT FROM NULLIF(current_setting('app.tenant', true), '')::uuid
            AND contact_lexemes(c.tenant_id, c.search_document) @@ (quote_literal(
              right(current_setting('app.tenant', true), 8) || near) || CASE whole WHEN 1 THEN '' ELSE ':*' END)::tsquery
          LIMIT 1) AS known
        ORDER BY left(near, 1) = left(words[i], 1) DESC, length(near) = length(words[i]) DESC, near LIMIT 12) AS best;
      EXIT WHEN found IS NOT NULL;
    END LOOP;
    meant[i] := concat_ws('|', words[i], found);
  END LOOP;
  RETURN meant;
END $$;
"""
RANKING = """
-- 1 for a word of the name, less for a mere beginning and for the fields behind the name; 0 where it is not.
CREATE OR REPLACE FUNCTION contact_place_weight(place int, name_end int, email_end int, company_end int) RETURNS double precision
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN place = 0 THEN 0 WHEN place <= name_end THEN 1 WHEN place <= email_end THEN 0.9
              WHEN place <= company_end THEN 0.85 ELSE 0.7 END::double precision
$$;
CREATE OR REPLACE FUNCTION contact_word_score(word text, document text, name_end int, email_end int, company_end int)
RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN strpos(document, ' ' || word || ' ') > 0
    THEN contact_place_weight(strpos(document, ' ' || word || ' '), name_end, email_end, company_end)
    ELSE contact_place_weight(strpos(document, ' ' || word), name_end, email_end, company_end)
      * (0.6 + 0.3 * length(word)
         / greatest(length(split_part(substr(document, strpos(document, ' ' || word) + 1), ' ', 1)), 1)) END
$$;

-- The mean score of the words; another spelling than the one asked for counts less.
CREATE OR REPLACE FUNCTION contact_words_score(spellings text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT '(' || string_agg('greatest(' || choices || ')', ' + ') || ') / ' || cardinality(spellings)
  FROM unnest(spellings) AS spelling,
    LATERAL (SELECT string_agg(format(
        CASE WHEN n > 1 THEN '0.8 * ' ELSE '' END
        || 'contact_word_score(%L, c.search_document, c.name_end, c.email_end, c.company_end)', s), ', ') AS choices
      FROM unnest(string_to_array(spelling, '|')) WITH ORDINALITY AS each (s, n)) AS scores
$$;

-- Up to a thousand that match, and when there are more, a thousand in which the words stand whole before them.
CREATE OR REPLACE FUNCTION contact_ranked_by(score text, matching text, matching_whole text, guessed boolean, most int)
RETURNS TABLE (id uuid, score_ real, fuzzy boolean)
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_indexscan = off AS $$
BEGIN
  RETURN QUERY EXECUTE format($sql$
    WITH near AS MATERIALIZED (
      SELECT %6$s FROM contacts_contact c WHERE %2$s AND c.deleted_at IS NULL LIMIT 1000),
    whole AS MATERIALIZED (
      SELECT %6$s FROM contacts_contact c WHERE (SELECT count(*) FROM near) = 1000
        AND %3$s AND c.deleted_at IS NULL LIMIT 1000)
    SELECT c.id, (%1$s)::real AS score, %4$L::boolean
    FROM (SELECT * FROM whole UNION ALL SELECT * FROM near
          WHERE (SELECT count(*) FROM whole) < 1000 AND near.id NOT IN (SELECT whole.id FROM whole)) AS c
    ORDER BY score DESC, c.created_at DESC, c.id LIMIT %5$s $sql$, score, matching, matching_whole, guessed, most,
    'c.id, c.created_at, c.search_document, c.phone_number, length(c.first_name) + length(c.last_name) + 2 AS name_end, '
    'length(c.first_name) + length(c.last_name) + coalesce(length(c.email) + 1, 0) + 2 AS email_end, '
    'length(c.first_name) + length(c.last_name) + coalesce(length(c.email) + 1, 0) + length(c.company) + 3 AS company_end');
END $$;

CREATE OR REPLACE FUNCTION contact_ranked(query text, digits text, most int)
RETURNS TABLE (id uuid, score real, fuzzy boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  words text[] := contact_query_words(query);
BEGIN
  IF NULLIF(current_setting('app.tenant', true), '') IS NULL OR (digits = '' AND cardinality(words) = 0) THEN RETURN; END IF;
  IF digits <> '' THEN
    RETURN QUERY SELECT * FROM contact_ranked_by(format(
      'CASE WHEN strpos(c.phone_number, %1$L) = 0 OR c.phone_number IS NULL THEN 0.3 '
      'ELSE least(1, 0.1 * (right(c.phone_number, length(%1$L)) = %1$L)::int '
      '+ length(%1$L)::real / (length(c.phone_number) - 1)) END', digits),
      contact_search_condition('{}', digits, false), 'false', false, most);
    RETURN;
  END IF;
  FOR guess IN 0 .. 1 LOOP
    IF guess = 1 THEN words := contact_spellings(words); END IF;
    RETURN QUERY SELECT * FROM contact_ranked_by(contact_words_score(words),
      contact_has_words(words, false), contact_has_words(words, true), guess = 1, most);
    IF FOUND THEN RETURN; END IF;
  END LOOP;
  PERFORM set_config('pg_trgm.word_similarity_threshold', '0.45', true);
  words := contact_query_words(query);
  RETURN QUERY SELECT * FROM contact_ranked_by(
    format('0.7 * word_similarity(%L, c.search_document)', array_to_string(words, ' ')),
    contact_search_condition(words, '', true), 'false', true, most);
END $$;

-- Up to so many contacts that match, and the spellings of words they hold; none of a number or of a mere likeness.
CREATE OR REPLACE FUNCTION contact_matching(query text, digits text, most int, OUT ids uuid[], OUT spellings text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET enable_indexscan = off AS $$
DECLARE
  words text[] := contact_query_words(query);
  condition text;
BEGIN
  ids := '{}';
  IF NULLIF(current_setting('app.tenant', true), '') IS NULL THEN RETURN; END IF;
  IF digits = '' AND cardinality(words) = 0 THEN RETURN; END IF;
  PERFORM set_config('pg_trgm.word_similarity_threshold', '0.45', true);
  FOR guess IN 0 .. CASE digits WHEN '' THEN 2 ELSE 0 END LOOP
    IF guess = 1 THEN words := contact_spellings(words); END IF;
    condition := CASE
      WHEN digits <> '' THEN contact_search_condition('{}', digits, false)
      WHEN guess < 2 THEN contact_has_words(words, false)
      ELSE contact_search_condition(contact_query_words(query), '', true) END;
    EXECUTE format('SELECT ARRAY(SELECT c.id FROM contacts_contact c WHERE %s LIMIT %s)', condition,
      coalesce(most::text, 'ALL')) INTO ids;
    IF cardinality(ids) > 0 THEN
      spellings := CASE WHEN digits = '' AND guess < 2 THEN words END;
      RETURN;
    END IF;
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION contact_matches(query text, digits text) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
  SELECT unnest(ids) FROM contact_matching(query, digits, NULL) $$;
"""


DROP = """
DROP FUNCTION contact_matches(text, text);
DROP FUNCTION contact_matching(text, text, int);
DROP FUNCTION contact_ranked_by(text, text, text, boolean, int);
DROP FUNCTION contact_words_score(text[]);
DROP FUNCTION contact_word_score(text, text, int, int, int);
DROP FUNCTION contact_place_weight(int, int, int, int);
DROP FUNCTION contact_spellings(text[]);
DROP FUNCTION contact_has_words(text[], boolean);
DROP FUNCTION contact_misspellings(text);
"""
BEFORE = import_module("contacts.migrations.0002_search").FUNCTIONS.replace("CREATE F", "CREATE OR REPLACE F")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("contacts", "0007_import_statistics")]
    operations = [
        migrations.RunSQL(LEXEMES, "DROP FUNCTION contact_lexemes(uuid, text)"),
        migrations.RunSQL(migrations.RunSQL.noop, "DROP INDEX CONCURRENTLY IF EXISTS contact_words"),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS contact_words", migrations.RunSQL.noop),
        migrations.RunSQL(INDEX, migrations.RunSQL.noop),
        migrations.RunSQL([SPELLINGS, RANKING], [DROP, BEFORE]),
    ]
