from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contacts"

    def ready(self) -> None:
        from accounts.models import Role
        from accounts.settings_tabs import Tab, register
        from contacts.importing import contact_rows  # noqa: F401 - registers the kind "contacts"
        from core import file_sweep

        file_sweep.register_room("imports", model="contacts.Import", field="file")
        register(Tab("Custom fields", "/settings/fields", Role.ADMIN, 30))
