from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self) -> None:
        from accounts.models import Role
        from accounts.settings_tabs import Tab, register
        from core import file_sweep
        from leads import bulk, importing, receivers, timeline  # noqa: F401 - they register themselves

        file_sweep.register_room("resumes", model="leads.Lead", field="resume")
        register(Tab("Public form", "/settings/form", Role.ADMIN, 30))
        register(Tab("Mail", "/settings/mail", Role.ADMIN, 60))
