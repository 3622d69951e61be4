"""Calls stand above campaigns."""

from django.apps import AppConfig


class CallsConfig(AppConfig):
    """Calls and the dialer."""

    name = "calls"

    def ready(self) -> None:
        from calls import receivers, recordings, timeline  # noqa: F401 - adds calls to timelines

        receivers.connect()
        recordings.connect()
