"""Calls stand above campaigns."""

from django.apps import AppConfig


class CallsConfig(AppConfig):
    """Calls and the dialer."""

    name = "calls"

    def ready(self) -> None:
        from calls import receivers, recordings

        receivers.connect()
        recordings.connect()
