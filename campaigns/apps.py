from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"

    def ready(self) -> None:
        from campaigns import importing, merging, receivers, suppression_files  # noqa: F401 - register themselves
        from campaigns.timeline import contact_events, lead_entries
        from contacts.timeline import register_source
        from leads.timeline import register

        register("campaigns", lead_entries)
        register_source("campaigns", contact_events)
