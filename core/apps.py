"""The ground floor: imports no other app."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from core import checks, lookups  # noqa: F401 - register the boot check and the look-ups

        post_migrate.connect(secure_after_migrate, sender=self)


def secure_after_migrate(*, using: str, **_: Any) -> None:
    """Bring the tenant wall in line with the models whenever migrations ran."""
    from django.db import connections

    from core.rls import secure_tables

    secure_tables(connections[using])
