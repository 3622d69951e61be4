from django.apps import AppConfig


class EnrichmentConfig(AppConfig):
    name = "enrichment"

    def ready(self) -> None:
        from accounts.models import Role
        from accounts.settings_tabs import Tab, register
        from contacts.timeline import register_source
        from enrichment import receivers  # noqa: F401 - connects the receivers
        from enrichment.timeline import enrichment_events

        register(Tab("Enrichment", "/settings/enrichment", Role.ADMIN, 60))
        register_source("enrichment", enrichment_events)
