"""`manage.py doctor`: what is misconfigured, in words."""

import dataclasses
import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from crm.doctor import Finding, Level, report


class Command(BaseCommand):
    """Print one line for each check; exit code 1 when one fails."""

    help = "Say what is misconfigured, in words, and what to do about it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the flags."""
        parser.add_argument("--json", action="store_true", help="print a JSON list instead of lines")

    def handle(self, *, json: bool, **options: Any) -> None:
        """Run every check."""
        findings = []
        for finding in report():
            findings.append(finding)
            if not json:
                self.stdout.write(self._line(finding))
        if json:
            self.stdout.write(_as_json(findings))
        if any(finding.level is Level.FAIL for finding in findings):
            sys.exit(1)

    def _line(self, finding: Finding) -> str:
        style = {Level.OK: self.style.SUCCESS, Level.WARN: self.style.WARNING, Level.FAIL: self.style.ERROR}
        mark = style[finding.level](f"{finding.level:<4}")
        remedy = f"\n{'':22}→ {finding.remedy}" if finding.remedy else ""
        return f"{mark}  {finding.subject:<14}  {finding.words}{remedy}"


def _as_json(findings: list[Finding]) -> str:
    return json.dumps([dataclasses.asdict(finding) for finding in findings], indent=1)
