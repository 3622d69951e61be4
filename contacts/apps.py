from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contacts"

    def ready(self) -> None:
        from contacts.importing import contact_rows  # noqa: F401 - registers the kind "contacts"
