"""What a check answers, and how checks are run so that none hides another."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is; `fail` means that the product does not work or is not safe."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One line of the report: what was looked at, how it is, and what to do."""

    level: Level
    subject: str
    words: str
    remedy: str = ""


Check = Callable[[], Finding]


def ok(words: str) -> Finding:
    """Return a finding that all is well; the subject is filled in by `examine`."""
    return Finding(Level.OK, "", words)


def warn(words: str, remedy: str) -> Finding:
    """Return a finding that something deserves a look."""
    return Finding(Level.WARN, "", words, remedy)


def fail(words: str, remedy: str) -> Finding:
    """Return a finding that something is broken or unsafe."""
    return Finding(Level.FAIL, "", words, remedy)


def examine(checks: Sequence[tuple[str, Check]]) -> Iterator[Finding]:
    """Run each (subject, check); one that raises is a failure in words, not the end."""
    for subject, check in checks:
        try:
            found = check()
        except Exception as error:
            text = " ".join(str(error).split())[:200]
            found = fail(
                f"{type(error).__name__}: {text}", "see the message; the setting may be wrong or the server down"
            )
        yield Finding(found.level, subject, found.words, found.remedy)
