"""The roof."""

from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "crm"

    def ready(self) -> None:
        from crm import observability, receivers

        observability.start()
        receivers.connect()
