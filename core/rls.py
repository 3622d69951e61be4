"""The tenant wall in the database, derived from the app registry after every migrate.

Per tenant table: row-level security enabled and forced, one policy for the product's role, one for the
owner (whose SECURITY DEFINER functions do the few look-ups that have no tenant yet), composite foreign keys
between tenant tables, the `updated_at` trigger, and grants. `secure_tables` brings the catalogue in line,
`catalogue_problems` reports where it is not; the boot check, `doctor` and a test use the latter.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models

_TENANT = "(SELECT NULLIF(current_setting('app.tenant', true), '')::uuid)"
_TOUCH = """
CREATE OR REPLACE FUNCTION crm_touch() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN NEW.updated_at := clock_timestamp(); RETURN NEW; END $$;
"""
_UUID7 = """
CREATE OR REPLACE FUNCTION crm_uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing
    substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1),
    'hex')::uuid $$;
"""


def tenant_models() -> Iterator[type[models.Model]]:
    """Yield every model with a `tenant` column, and Tenant itself."""
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.managed or model._meta.proxy:
            continue
        if model._meta.label == "accounts.Tenant" or any(f.column == "tenant_id" for f in model._meta.local_fields):
            yield model


def _tenant_column(model: type[models.Model]) -> str:
    return "id" if model._meta.label == "accounts.Tenant" else "tenant_id"


def tenant_foreign_keys(model: type[models.Model]) -> list[Any]:
    """Return the foreign keys of a model that lead to another tenant table."""
    walled = {m._meta.label for m in tenant_models()} - {"accounts.Tenant"}
    return [
        f
        for f in model._meta.local_fields
        if isinstance(f, models.ForeignKey) and f.related_model._meta.label in walled and "pgh_" not in f.name
    ]


def _is_history(model: type[models.Model]) -> bool:
    return any(f.name == "pgh_id" for f in model._meta.local_fields)


def _rows(connection: Any, sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


class _Catalogue:
    """What the database says about the public schema, read once."""

    def __init__(self, connection: Any) -> None:
        classes = _rows(
            connection,
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
            " WHERE relkind IN ('r','p') AND relnamespace = 'public'::regnamespace",
        )
        self.secured = {name: enabled and forced for name, enabled, forced in classes}
        self.policies = set(_rows(connection, "SELECT tablename, policyname FROM pg_policies"))
        self.constraints = {name for (name,) in _rows(connection, "SELECT conname FROM pg_constraint")}
        self.triggers = set(
            _rows(
                connection,
                "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                " WHERE NOT t.tgisinternal",
            )
        )


def _wanted(model: type[models.Model]) -> Iterator[tuple[str, str, str, str]]:
    """Yield (kind, table, name, SQL that makes it) for one tenant table."""
    table = model._meta.db_table
    column = _tenant_column(model)
    yield (
        "security",
        table,
        "",
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY; ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
    )
    rule = f"USING ({column} = {_TENANT}) WITH CHECK ({column} = {_TENANT})"
    yield "policy", table, "tenant", f'CREATE POLICY tenant ON "{table}" {rule}'
    yield (
        "policy",
        table,
        "owner",
        f'CREATE POLICY owner ON "{table}" TO CURRENT_USER USING (true) WITH CHECK (true)',
    )
    if any(f.name == "updated_at" for f in model._meta.local_fields) and not _is_history(model):
        yield (
            "trigger",
            table,
            "crm_touch",
            f'CREATE TRIGGER crm_touch BEFORE UPDATE ON "{table}" FOR EACH ROW EXECUTE FUNCTION crm_touch()',
        )
    if not _is_history(model):
        yield from _wanted_keys(model)


def _wanted_keys(model: type[models.Model]) -> Iterator[tuple[str, str, str, str]]:
    """Yield the composite foreign keys of a tenant table and the unique keys they lead to."""
    table = model._meta.db_table
    for key in tenant_foreign_keys(model):
        target = key.related_model._meta.db_table
        unique = f"{target}_tenant_id_id"[:63]
        yield (
            "constraint",
            target,
            unique,
            f'ALTER TABLE "{target}" ADD CONSTRAINT "{unique}" UNIQUE (tenant_id, id)',
        )
        name = f"{table}_{key.column}_same_tenant"[:63]
        yield (
            "constraint",
            table,
            name,
            f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" FOREIGN KEY (tenant_id, "{key.column}")'
            f' REFERENCES "{target}" (tenant_id, id) DEFERRABLE INITIALLY DEFERRED',
        )


def _missing(connection: Any) -> Iterator[tuple[str, str]]:
    """Yield (what is missing in words, SQL that makes it)."""
    have = _Catalogue(connection)
    seen: set[str] = set()
    for model in tenant_models():
        if model._meta.db_table not in have.secured:
            continue
        for kind, table, name, sql in _wanted(model):
            present = {
                "security": have.secured.get(table, False),
                "policy": (table, name) in have.policies,
                "trigger": (table, name) in have.triggers,
                "constraint": name in have.constraints or name in seen,
            }[kind]
            if kind == "constraint":
                seen.add(name)
            if not present:
                yield f"{table}: {kind} {name or 'row level security'} is missing", sql


def secure_tables(connection: Any) -> None:
    """Bring policies, constraints, triggers and grants in line with the registry; safe to run again."""
    role = settings.DATABASE_APP_ROLE
    with connection.cursor() as cursor:
        cursor.execute(_TOUCH)
        cursor.execute(_UUID7)
    plain = [sql for _, sql in _missing(connection)]
    with connection.cursor() as cursor:
        for sql in plain:
            cursor.execute(sql)
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            cursor.execute(f'CREATE ROLE "{role}" NOLOGIN NOSUPERUSER NOBYPASSRLS; GRANT "{role}" TO CURRENT_USER')
        cursor.execute(
            f'GRANT USAGE ON SCHEMA public TO "{role}";'
            f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{role}";'
            f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{role}"'
        )


def catalogue_problems(connection: Any) -> list[str]:
    """Return, in words, every place where the database does not hold the tenant wall; empty means sound."""
    problems = [words for words, _ in _missing(connection)]
    role, superuser, bypass = _rows(
        connection, "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    )[0]
    if superuser or bypass:
        problems.append(f"the product connects as {role}, which ignores row-level security")
    tables = ", ".join(f"'{m._meta.db_table}'" for m in tenant_models())
    owned = _rows(
        connection,
        f"SELECT relname FROM pg_class WHERE relname IN ({tables}) AND relkind = 'r'"  # noqa: S608 - names of our models
        " AND pg_get_userbyid(relowner) = current_user",
    )
    if owned:
        problems.append(f"the product connects as {role}, which owns {len(owned)} tenant tables")
    return problems
