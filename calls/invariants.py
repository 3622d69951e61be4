"""The invariants of dialling, as questions to the database that must find nothing.

One file, `invariants.sql`, serves tests, the periodic task, `doctor` and a restore drill alike.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django.db import connection, transaction

from core.scope import current_tenant_id

_QUERY = re.compile(r"^-- (I\d\w*): (.+?)\n(.+?);", re.MULTILINE | re.DOTALL)


@cache
def invariants() -> tuple[tuple[str, str, str], ...]:
    """(name, what it says, SQL) of each; the SQL takes the tenant as `%(tenant)s`."""
    text = Path(__file__).with_name("invariants.sql").read_text()
    return tuple((name, " ".join(words.split()), sql) for name, words, sql in _QUERY.findall(text))


@transaction.atomic
def check_invariants() -> list[str]:
    """What does not hold in the open workspace, in words with the first rows; empty when all is well."""
    broken = []
    with connection.cursor() as cursor:
        for name, words, sql in invariants():
            cursor.execute(f"SELECT * FROM ({sql}) found LIMIT 4", {"tenant": current_tenant_id()})  # noqa: S608
            if rows := cursor.fetchall():
                broken.append(f"{name}: {words} — {', '.join(str(row[0]) for row in rows[:3])}")
    return broken
