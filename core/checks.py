"""Boot check: the database's catalogue must hold the tenant wall before the product serves anyone."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connections

from core.rls import catalogue_problems


@register(Tags.database)
def tenant_wall(databases: Any = None, **_: Any) -> list[CheckMessage]:
    """Fail `check --database default` (run before serving) on every gap in the tenant wall."""
    if "default" not in (databases or ()):
        return []
    try:
        problems = catalogue_problems(connections["default"])
    except DatabaseError as error:
        return [Error(f"The database cannot be read: {error}", id="core.E001")]
    return [Error(words, hint="Run `manage.py migrate --database owner`.", id="core.E002") for words in problems]
