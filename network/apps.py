from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "network"

    def ready(self) -> None:
        from network import importing, merging, timeline, touches  # noqa: F401 - they register themselves
