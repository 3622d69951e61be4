"""`manage.py create_workspace NAME --email E --password P`: a tenant with its admin, as one JSON line."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services import create_workspace
from core.problems import DomainError


class Command(BaseCommand):
    help = "Make a workspace with its first admin and print its ids and keys as one JSON line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--email", required=True)
        parser.add_argument("--password", required=True)
        parser.add_argument("--minutes", type=int, default=1000, help="call minutes to start with")
        parser.add_argument("--credits", type=int, default=100, help="enrichment credits to start with")

    def handle(self, *args: Any, **options: Any) -> None:
        names = ("name", "email", "password", "minutes", "credits")
        try:
            made = create_workspace(**{n: options[n] for n in names})
        except DomainError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(json.dumps(made))
