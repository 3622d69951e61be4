from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contacts"

    def ready(self) -> None:
        from accounts.models import Role
        from accounts.settings_tabs import Tab, register
        from contacts.importing import contact_rows  # noqa: F401 - registers the kind "contacts"

        register(Tab("Custom fields", "/settings/fields", Role.ADMIN, 30))
