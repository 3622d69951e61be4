-- Prepare a PostgreSQL server for Switchboard; run once as superuser with psql, safe to run again:
--   CRM_OWNER_PASSWORD=… CRM_APP_PASSWORD=… psql -v ON_ERROR_STOP=1 -f deploy/postgres/init.sql postgres
-- Makes two roles and a database. crm_owner owns the tables and migrates (DATABASE_OWNER_URL); crm_app runs the
-- product (DATABASE_URL) and can neither own a table nor step around row-level security.
\getenv owner_password CRM_OWNER_PASSWORD
\getenv app_password CRM_APP_PASSWORD
\if :{?owner_password} \else \set owner_password '' \endif
\if :{?app_password} \else \set app_password '' \endif

SELECT 'CREATE ROLE ' || name FROM (VALUES ('crm_owner'), ('crm_app')) AS wanted (name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE crm_owner LOGIN CREATEDB NOCREATEROLE NOSUPERUSER NOBYPASSRLS;
ALTER ROLE crm_app LOGIN NOCREATEDB NOCREATEROLE NOSUPERUSER NOBYPASSRLS;
SELECT format('ALTER ROLE crm_owner PASSWORD %L', :'owner_password') WHERE :'owner_password' <> '' \gexec
SELECT format('ALTER ROLE crm_app PASSWORD %L', :'app_password') WHERE :'app_password' <> '' \gexec

SELECT 'CREATE DATABASE switchboard OWNER crm_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'switchboard') \gexec

\connect switchboard
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS btree_gin;

-- Under row-level security only a leakproof filter may run before the policy, and only a filter that runs before
-- the policy can use an index. None of these raises an error that tells of a row. Needs a superuser; where
-- a managed server allows none, leave this part out: search works, and is slower in large workspaces.
ALTER FUNCTION ts_match_vq(tsvector,tsquery) LEAKPROOF;
ALTER FUNCTION ts_match_qv(tsquery,tsvector) LEAKPROOF;
ALTER FUNCTION textlike(text,text) LEAKPROOF;
ALTER FUNCTION texticlike(text,text) LEAKPROOF;
ALTER FUNCTION arrayoverlap(anyarray,anyarray) LEAKPROOF;
ALTER FUNCTION arraycontains(anyarray,anyarray) LEAKPROOF;
ALTER FUNCTION arraycontained(anyarray,anyarray) LEAKPROOF;
ALTER FUNCTION jsonb_contains(jsonb,jsonb) LEAKPROOF;
ALTER FUNCTION lower(text) LEAKPROOF;
ALTER FUNCTION upper(text) LEAKPROOF;
ALTER FUNCTION similarity_op(text,text) LEAKPROOF;
ALTER FUNCTION word_similarity_op(text,text) LEAKPROOF;
ALTER FUNCTION word_similarity_commutator_op(text,text) LEAKPROOF;
ALTER FUNCTION strict_word_similarity_op(text,text) LEAKPROOF;
ALTER FUNCTION strict_word_similarity_commutator_op(text,text) LEAKPROOF;
