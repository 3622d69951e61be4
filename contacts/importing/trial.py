"""A trial run: what an import would do and which rows it would refuse, told without keeping a thing."""

from typing import Any, Final

from django.db import transaction

from contacts.importing.kinds import CREATED, FAILED, SKIPPED, UPDATED, ImportKind, ImportLine, Outcome
from contacts.models import Import

OTHER: Final = "other"


class _Undone(Exception):
    """Rolls a trial batch back."""


class DryTally:
    """Every batch is stored and rolled back; doubles over batches are told by a memory of keys.

    What is told beside the counts stands in the import's options, and goes with the samples of its columns.
    """

    SAMPLES = 8
    REASONS = 20
    """Reasons told one by one; all further ones are summed up as one."""
    EXAMPLES = 3
    ROW = 90
    """Characters of a refused row that are shown."""

    def __init__(self, job: Import) -> None:
        self.job = job
        self.seen: set[int] = set()
        job.options["samples"] = []
        job.options["refusals"] = []
        self._refusals: dict[str, dict[str, Any]] = {}

    def store(self, kind: ImportKind, lines: list[ImportLine]) -> list[Outcome]:
        """What storing the lines would do; nothing is kept."""
        outcomes: list[Outcome] = []
        try:
            with transaction.atomic():
                outcomes = kind.store(lines)
                raise _Undone
        except _Undone:
            pass
        by_line = {line.line: line for line in lines}
        for outcome in outcomes:
            self._settle(outcome, by_line[outcome.line])
        return outcomes

    def _settle(self, outcome: Outcome, line: ImportLine) -> None:
        key = hash(line.keys[0])
        if outcome.result == CREATED and key in self.seen:
            outcome.result = UPDATED if self.job.on_conflict == "update" else SKIPPED
        self.seen.add(key)
        samples = self.job.options["samples"]
        if len(samples) < self.SAMPLES and outcome.result in (CREATED, UPDATED):
            samples.append({"line": outcome.line, "result": outcome.result, "values": line.values})

    def tell_refused(self, outcomes: list[Outcome]) -> None:
        """Count the refused rows by reason, the most frequent first, each with a few lines of the file."""
        for outcome in outcomes:
            if outcome.result == FAILED:
                self._refuse(outcome)
        groups = self._refusals.values()
        self.job.options["refusals"] = sorted(groups, key=lambda group: (group["code"] == OTHER, -group["count"]))

    def _refuse(self, outcome: Outcome) -> None:
        reason, code = outcome.reason, outcome.code
        if reason not in self._refusals and len(self._refusals) >= self.REASONS:
            reason, code = "Other reasons.", OTHER
        group = self._refusals.setdefault(reason, {"code": code, "reason": reason, "count": 0, "examples": []})
        group["count"] += 1
        if len(group["examples"]) < self.EXAMPLES:
            row = " · ".join(cell.strip() for cell in outcome.cells or () if cell.strip())
            group["examples"].append(
                {"line": outcome.line, "row": row if len(row) <= self.ROW else row[: self.ROW - 1] + "…"}
            )
