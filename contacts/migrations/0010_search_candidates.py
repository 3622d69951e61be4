"""A search gathers no more candidates than it can rank: whole words first, beginnings only while there is room.

A word of an index costs what it holds, and the beginning of a word many times more. So five hundred contacts that hold
the words whole make the beginnings needless; and a beginning that many of the newest contacts of a large workspace
hold is met sooner by walking from them back than by its index. Who leaves others out says so (`complete`).
"""

from importlib import import_module

from django.db import migrations

RANKING = """
DROP FUNCTION contact_ranked(text, text, int);
DROP FUNCTION contact_ranked_by(text, text, text, boolean, int);

-- The condition of contact_has_words, read from the text itself; words are folded and hold no signs of LIKE.
CREATE FUNCTION contact_like_words(spellings text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT string_agg(format('c.search_document LIKE ANY (%L::text[])', patterns), ' AND ')
  FROM unnest(spellings) AS spelling,
    LATERAL (SELECT array_agg('% ' || s || '%') AS patterns FROM unnest(string_to_array(spelling, '|')) AS s) AS each
$$;

-- The 200 newest that match, if three of the newest 100 do and 5,000 more are there; else {}, as an index is quick.
CREATE FUNCTION contact_newest_alike(likeness text) RETURNS uuid[]
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
DECLARE
  newest text := format('FROM contacts_contact c WHERE c.tenant_id = %L AND c.deleted_at IS NULL '
    'ORDER BY c.created_at DESC, c.id DESC', current_setting('app.tenant'));
  frequent boolean;
  found uuid[];
BEGIN
  EXECUTE format('SELECT count(*) >= 3 FROM (SELECT c.search_document %s LIMIT 100) AS c WHERE %s', newest, likeness)
    INTO frequent;
  IF frequent THEN EXECUTE format('SELECT EXISTS (SELECT %s OFFSET 5000 LIMIT 1)', newest) INTO frequent; END IF;
  IF NOT frequent THEN RETURN '{}'; END IF;
  EXECUTE format('SELECT ARRAY(SELECT c.id FROM (SELECT c.id, c.search_document %s LIMIT 5000) AS c WHERE %s LIMIT 200)',
    newest, likeness) INTO found;
  RETURN CASE cardinality(found) WHEN 200 THEN found ELSE '{}' END;
END $$;

-- Candidates of one condition with their scores, as arrays; without those that are known.
CREATE FUNCTION contact_scored(score text, condition text, known uuid[], most int,
  OUT ids uuid[], OUT scores real[], OUT created timestamptz[])
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_indexscan = off AS $$
BEGIN
  EXECUTE format($sql$
    SELECT coalesce(array_agg(c.id), '{}'), coalesce(array_agg((%1$s)::real), '{}'), coalesce(array_agg(c.created_at), '{}')
    FROM (SELECT c.id, c.created_at, c.search_document, c.phone_number,
        length(c.first_name) + length(c.last_name) + 2 AS name_end,
        length(c.first_name) + length(c.last_name) + coalesce(length(c.email) + 1, 0) + 2 AS email_end,
        length(c.first_name) + length(c.last_name) + coalesce(length(c.email) + 1, 0) + length(c.company) + 3 AS company_end
      FROM contacts_contact c WHERE %2$s AND c.deleted_at IS NULL AND c.id <> ALL (%3$L::uuid[]) LIMIT %4$s) AS c
    $sql$, score, condition, known, most) INTO ids, scores, created;
END $$;

-- The best of up to so many candidates: those in which the words stand whole, then the newest or any that they begin.
-- `complete` when nothing else matches.
CREATE FUNCTION contact_ranked_by(score text, matching text, matching_whole text, likeness text, guessed boolean, most int)
RETURNS TABLE (id uuid, score_ real, fuzzy boolean, complete boolean)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  candidates int := CASE WHEN guessed THEN 200 ELSE 500 END;
  whole record;
  near record;
  newest uuid[] := '{}';
BEGIN
  SELECT * INTO whole FROM contact_scored(score, matching_whole, '{}', candidates);
  SELECT '{}'::uuid[] AS ids, '{}'::real[] AS scores, '{}'::timestamptz[] AS created INTO near;
  IF cardinality(whole.ids) < candidates THEN
    IF likeness <> '' THEN newest := contact_newest_alike(likeness); END IF;
    SELECT * INTO near FROM contact_scored(score,
      CASE newest WHEN '{}' THEN matching ELSE format('c.id = ANY (%L::uuid[])', newest) END,
      whole.ids, candidates - cardinality(whole.ids));
  END IF;
  RETURN QUERY SELECT a.id, a.score, guessed, newest = '{}' AND count(*) OVER () < candidates
    FROM (SELECT * FROM unnest(whole.ids, whole.scores, whole.created)
          UNION ALL SELECT * FROM unnest(near.ids, near.scores, near.created)) AS a (id, score, created)
    ORDER BY a.score DESC, a.created DESC, a.id LIMIT most;
END $$;

CREATE FUNCTION contact_ranked(query text, digits text, most int)
RETURNS TABLE (id uuid, score real, fuzzy boolean, complete boolean)
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
      contact_search_condition('{}', digits, false), 'false', '', false, most);
    RETURN;
  END IF;
  FOR guess IN 0 .. 1 LOOP
    IF guess = 1 THEN words := contact_spellings(words); END IF;
    RETURN QUERY SELECT * FROM contact_ranked_by(contact_words_score(words), contact_has_words(words, false),
      contact_has_words(words, true), contact_like_words(words), guess = 1, most);
    IF FOUND THEN RETURN; END IF;
  END LOOP;
  PERFORM set_config('pg_trgm.word_similarity_threshold', '0.45', true);
  words := contact_query_words(query);
  RETURN QUERY SELECT * FROM contact_ranked_by(
    format('0.7 * word_similarity(%L, c.search_document)', array_to_string(words, ' ')),
    contact_search_condition(words, '', true), 'false', '', true, most);
END $$;
"""
DROP = """
DROP FUNCTION contact_ranked(text, text, int);
DROP FUNCTION contact_ranked_by(text, text, text, text, boolean, int);
DROP FUNCTION contact_scored(text, text, uuid[], int);
DROP FUNCTION contact_newest_alike(text);
DROP FUNCTION contact_like_words(text[]);
"""
BEFORE = import_module("contacts.migrations.0008_search_words").RANKING


class Migration(migrations.Migration):
    dependencies = [("contacts", "0009_order_by_name_and_company")]
    operations = [migrations.RunSQL(RANKING, [DROP, BEFORE])]
