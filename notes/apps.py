from django.apps import AppConfig


class NotesConfig(AppConfig):
    name = "notes"

    def ready(self) -> None:
        from notes import receivers, timeline  # noqa: F401 - connects the receivers, adds notes to timelines
