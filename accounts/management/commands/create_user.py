"""`manage.py create_user --tenant T --email E --password P --role R`: one person."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Role
from accounts.services import create_user, find_tenant
from core.problems import DomainError
from core.scope import tenant_scope


class Command(BaseCommand):
    help = "Add a person to a workspace and print them as one JSON line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, help="id of the workspace")
        parser.add_argument("--email", required=True)
        parser.add_argument("--password", required=True)
        parser.add_argument("--role", choices=Role.values, default=Role.AGENT)
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        names = ("email", "password", "role", "name")
        try:
            with tenant_scope(find_tenant(options["tenant"])):
                user = create_user(**{n: options[n] for n in names})
        except DomainError as error:
            raise CommandError(error.detail) from None
        made = {
            "user_id": str(user.pk),
            "email": user.email,
            "role": user.role,
            "tenant_id": str(user.tenant_id),
        }
        self.stdout.write(json.dumps(made))
