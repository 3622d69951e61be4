"""The tenant wall: in code, in the catalogue, and without the code."""

import pytest
from django.db import IntegrityError, connection, connections, transaction

from contacts.models import Contact
from core.rls import catalogue_problems, tenant_foreign_keys, tenant_models
from core.scope import NoTenantScope
from leads.models import Lead


def test_tenant_data_without_a_scope_is_refused(db):
    with pytest.raises(NoTenantScope):
        Contact.objects.count()


def test_the_database_holds_the_wall_around_every_tenant_table(db):
    assert catalogue_problems(connections["default"]) == []
    assert len(list(tenant_models())) > 20


def test_the_catalogue_check_sees_a_missing_policy(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0] == "crm_app"
        cursor.execute("SELECT tablename FROM pg_policies WHERE policyname = 'tenant'")
        walled = {t for (t,) in cursor.fetchall()}
    assert walled >= {m._meta.db_table for m in tenant_models()}


def test_row_security_alone_hides_other_tenants(workspace, stranger):
    with workspace.scope():
        Contact.objects.create(first_name="Ada", email="ada@example.com")
    with stranger.scope(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM contacts_contact")
        assert cursor.fetchone()[0] == 0
        cursor.execute("UPDATE contacts_contact SET first_name = 'X'")
        assert cursor.rowcount == 0
    with workspace.scope(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM contacts_contact")
        assert cursor.fetchone()[0] == 1


def test_without_a_scope_the_database_shows_no_tenant_rows(workspace):
    with workspace.scope():
        Contact.objects.create(first_name="Ada", email="ada@example.com")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM contacts_contact")
        assert cursor.fetchone()[0] == 0


def test_a_row_cannot_point_into_another_tenant(workspace, stranger):
    with workspace.scope():
        theirs = Contact.objects.create(first_name="Ada", email="ada@example.com")
    with stranger.scope(), pytest.raises(IntegrityError):
        point_into(theirs)


def point_into(contact):
    with transaction.atomic():
        Lead.objects.create(contact_id=contact.pk, first_name="Thief")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_row_cannot_be_written_into_another_tenant(workspace, stranger):
    from django.db import ProgrammingError

    with stranger.scope(), pytest.raises(ProgrammingError), transaction.atomic():
        Contact.objects.create(first_name="Eve", email="eve@example.com", tenant_id=workspace.id)


GLOBAL_UNIQUE = {
    "accounts_tenant_form_key": "a public form knows no tenant before its key is looked up",
    "user_email_unique": "a sign-in knows no tenant before its email is looked up",
    "accounts_apikey_prefix": "an API key knows no tenant before its prefix is looked up",
    "calls_conversation_call_id": "one row per call, whose id belongs to one tenant",
    "calls_recording_call_id": "one row per call, whose id belongs to one tenant",
    "campaigns_dialgate_campaign_id": "one row per campaign, whose id belongs to one tenant",
}


def test_every_unique_index_of_a_tenant_table_starts_with_the_tenant(db):
    tables = [m._meta.db_table for m in tenant_models()]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.relname, pg_get_indexdef(x.indexrelid, 1, true) FROM pg_index x"
            " JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid"
            " WHERE x.indisunique AND NOT x.indisprimary AND t.relname = ANY(%s)",
            [tables],
        )
        wrong = {name for name, first in cursor.fetchall() if first != "tenant_id"}
    excused = {name for name in wrong if any(name.startswith(known) for known in GLOBAL_UNIQUE)}
    assert wrong == excused
    unused = [known for known in GLOBAL_UNIQUE if not any(name.startswith(known) for name in wrong)]
    assert unused == [], "an excuse nobody needs any more"


def test_every_foreign_key_between_tenant_tables_is_composite(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint"
            " WHERE contype = 'f' AND array_length(conkey, 1) = 2"
        )
        composite = {table for table, _ in cursor.fetchall()}
    for model in tenant_models():
        if "pgh" not in str(model._meta.local_fields):
            assert not tenant_foreign_keys(model) or model._meta.db_table in composite


def test_times_are_kept_by_the_database_on_bulk_updates(scoped):
    contact = Contact.objects.create(first_name="Ada", email="ada@example.com")
    contact.refresh_from_db()
    Contact.objects.filter(pk=contact.pk).update(first_name="Augusta")
    after = Contact.objects.get(pk=contact.pk)
    assert after.updated_at > contact.updated_at
    assert after.created_at == contact.created_at
