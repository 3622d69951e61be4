"""Calls stand above campaigns."""

from django.apps import AppConfig


class CallsConfig(AppConfig):
    """Calls and the dialer."""

    name = "calls"

    def ready(self) -> None:
        from accounts.models import Role
        from accounts.settings_tabs import Tab, register
        from calls import receivers, recordings, timeline  # noqa: F401 - adds calls to timelines
        from calls.dialer.limits import explain
        from calls.telephony import configured
        from campaigns import limits, networks

        receivers.connect()
        recordings.connect()
        limits.connect(explain)
        networks.connect(configured)
        register(Tab("Voice providers", "/settings/voice", Role.ADMIN, 64))
        register(Tab("Caller numbers", "/settings/numbers", Role.MANAGER, 65))
