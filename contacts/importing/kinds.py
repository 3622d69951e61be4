"""What can be imported. Apps above register their own kind; the engine knows no more than this."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from contacts.models import Import

CREATED, UPDATED, SKIPPED, FAILED = "created", "updated", "skipped", "failed"


@dataclass(slots=True)
class Outcome:
    """What became of one line: `code` and `reason` say why it was skipped or failed."""

    line: int
    result: str
    record_id: Any = None
    code: str = ""
    reason: str = ""
    cells: list[str] | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


@dataclass(slots=True)
class ImportLine:
    """One line that passed its checks, ready to be stored."""

    line: int
    values: dict[str, Any]
    cells: list[str]
    keys: list[str] = field(default_factory=list)


class ImportKind(Protocol):
    """How rows of a file become records of one kind. Made anew for every slice of work.

    A kind may have a `finish()`, run in the transaction that ends an import of real rows, and name the `tables`
    that it fills beside the contacts, so that their statistics are kept true.
    """

    name: ClassVar[str]
    fields: ClassVar[Sequence[str]]

    def __init__(self, job: Import) -> None: ...

    def clean(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Check one row's raw fields; raises core.problems.InvalidInput naming what is wrong.

        Runs on a thread of its own and so asks the database nothing.
        """

    def identity(self, values: dict[str, Any]) -> list[str]:
        """By what a record is known (email, phone …), surest first; for doubles within the file."""

    def store(self, lines: list[ImportLine]) -> list[Outcome]:
        """Write a batch by sets in the running transaction, one outcome a line, in the order of the file."""

    def undo_created(self, record_ids: list[Any]) -> list[Any]:
        """Delete created records that nobody has worked with since; return the ids of those that are gone."""


KINDS: dict[str, type[ImportKind]] = {}


def register(kind: type[ImportKind]) -> type[ImportKind]:
    """Make a kind known to the engine (a class decorator)."""
    KINDS[kind.name] = kind
    return kind
