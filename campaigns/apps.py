from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"

    def ready(self) -> None:
        from campaigns import receivers  # noqa: F401 - connects the receivers
        from campaigns.timeline import lead_entries
        from leads.timeline import register

        register("campaigns", lead_entries)
