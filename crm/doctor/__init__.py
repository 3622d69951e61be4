"""What `manage.py doctor` looks at: each check answers in words, with what to do about it."""

from collections.abc import Iterator

from crm.doctor.findings import Finding, Level, examine
from crm.doctor.services import DATABASE_CHECKS, OTHER_CHECKS, database
from crm.doctor.surroundings import SURROUNDING_CHECKS

__all__ = ["Finding", "Level", "examine", "report"]


def report() -> Iterator[Finding]:
    """Yield every finding; what needs the database is left out when that does not answer."""
    yield from examine(SURROUNDING_CHECKS)
    (reached,) = examine([("database", database)])
    yield reached
    if reached.level is not Level.FAIL:
        yield from examine(DATABASE_CHECKS)
    yield from examine(OTHER_CHECKS)
