"""Statistics of tables that an import fills faster than autovacuum looks at them."""

from django.db import connection, transaction

from contacts.importing.kinds import ImportKind

_TABLES = ("contacts_contact", "contacts_contactchange", "contacts_importrow")


def refresh_statistics(kind: ImportKind) -> None:
    """Have PostgreSQL look again at tables that have doubled since it last did, in a transaction of its own.

    Until it does, a table that was empty is planned for as one of a single row: a batch would read all of it for
    every line.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT refresh_statistics(%s::regclass[])", [[*_TABLES, *getattr(kind, "tables", ())]])
