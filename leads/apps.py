from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self) -> None:
        from accounts.models import Role
        from accounts.settings_tabs import Tab, register
        from leads import receivers, timeline  # noqa: F401 - connects the receivers, adds leads to timelines

        register(Tab("Public form", "/settings/form", Role.ADMIN, 30))
        register(Tab("Mail", "/settings/mail", Role.ADMIN, 60))
