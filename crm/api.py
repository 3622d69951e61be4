"""The whole API map. Every path takes an optional trailing slash."""

from typing import Any

from django.urls import URLPattern, URLResolver, include, re_path
from rest_framework.routers import SimpleRouter

from accounts import api as accounts
from accounts import ledger_api, webhook_api
from calls import api as calls
from calls import webhooks_api
from campaigns import api as campaigns
from campaigns import do_not_call_api as do_not_call
from campaigns import why_api
from contacts import api as contacts
from contacts import side_api
from contacts.importing import api as imports
from crm import schema_views
from enrichment import api as enrichment
from leads import api as leads
from leads import public_api
from network import api as network
from network import viral_api
from notes import api as notes


class Router(SimpleRouter):
    """Routes with an optional trailing slash."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


router = Router()
router.register("users", accounts.UserApi, basename="user")
router.register("credits/ledger", ledger_api.LedgerApi, basename="ledger")
router.register("webhook-endpoints", webhook_api.WebhookEndpointApi, basename="webhook-endpoint")
router.register("api-keys", accounts.ApiKeyApi, basename="api-key")
router.register("contacts/duplicates", side_api.DuplicateApi, basename="duplicate")
router.register("contacts/merges", side_api.MergeApi, basename="merge")
router.register("contacts/bulk-actions", side_api.BulkActionApi, basename="bulk-action")
router.register("views", side_api.SavedViewApi, basename="saved-view")
router.register("custom-fields", side_api.CustomFieldApi, basename="custom-field")
router.register("leads/imports", leads.LeadImportApi, basename="lead-import")
router.register("contacts/imports", imports.ImportApi, basename="contact-import")
router.register("contacts", contacts.ContactApi, basename="contact")
router.register("campaigns", campaigns.CampaignApi, basename="campaign")
router.register(
    "campaigns/(?P<campaign_id>[0-9a-fA-F-]{36})/contacts", campaigns.CampaignLeadApi, basename="campaign-lead"
)
router.register("why-log", why_api.WhyApi, basename="why-log")
router.register("do-not-call", do_not_call.SuppressionApi, basename="do-not-call")
router.register("leads", leads.LeadApi, basename="lead")
router.register("calls", calls.CallApi, basename="call")
router.register("notes", notes.NoteApi, basename="note")
router.register("relationships", network.RelationshipApi, basename="relationship")
router.register("graph/introductions", network.IntroductionApi, basename="introduction")


UUID = "[0-9a-fA-F-]{36}"
LIST_AND_ADD: dict[str, Any] = {"get": "list", "post": "create"}


def at(path: str, view: object, name: str) -> URLPattern:
    """A path relative to /api/v1/, with an optional trailing slash."""
    return re_path(rf"^{path}/?$", view, name=name)  # type: ignore[call-overload,no-any-return]


urlpatterns: list[URLPattern | URLResolver] = [
    at("webhooks/telephony/(?P<provider>[a-z_]{1,20})", webhooks_api.TelephonyWebhook.as_view(), "telephony-webhook"),
    re_path("", include(router.urls)),
    at("auth/token", accounts.TokenView.as_view(), "token"),
    at("auth/token/refresh", accounts.RefreshView.as_view(), "token-refresh"),
    at("auth/logout", accounts.LogoutView.as_view(), "token-logout"),
    at("auth/me", accounts.MeView.as_view(), "me"),
    at("leads/import", imports.UploadApi.as_view({"post": "create"}, kind="leads"), "lead-upload"),
    at("contacts/import", imports.UploadApi.as_view({"post": "create"}), "contact-upload"),
    at("settings", accounts.SettingsView.as_view(), "settings"),
    at("credits", ledger_api.CreditsView.as_view(), "credits"),
    at("credits/grant", ledger_api.GrantView.as_view(), "credits-grant"),
    at("public/leads", public_api.PublicLeadsView.as_view(), "public-leads"),
    at("public/leads/(?P<lead_id>[^/]+)", public_api.PublicLeadView.as_view(), "public-lead"),
    at(f"leads/(?P<lead_id>{UUID})/notes", notes.LeadNotesApi.as_view(LIST_AND_ADD), "lead-notes"),
    at(f"contacts/(?P<contact_id>{UUID})/notes", notes.ContactNotesApi.as_view(LIST_AND_ADD), "contact-notes"),
    at(f"contacts/(?P<contact_id>{UUID})/enrich", enrichment.EnrichView.as_view(), "contact-enrich"),
    at(
        f"contacts/(?P<contact_id>{UUID})/enrichments",
        enrichment.ContactEnrichmentsApi.as_view({"get": "list"}),
        "contact-enrichments",
    ),
    at("webhooks/enrichment/(?P<token>[A-Za-z0-9_-]{43})", enrichment.NumbersView.as_view(), "enrichment-numbers"),
    at("enrichment/providers", enrichment.ProviderApi.as_view({"get": "list"}), "enrichment-providers"),
    at(f"notes/(?P<note_id>{UUID})/history", notes.NoteHistoryApi.as_view({"get": "list"}), "note-history"),
    at(f"recordings/(?P<recording_id>{UUID})", calls.RecordingView.as_view(), "recording"),
    at(
        f"webhook-endpoints/(?P<endpoint_id>{UUID})/deliveries",
        webhook_api.WebhookDeliveryApi.as_view({"get": "list"}),
        "webhook-deliveries",
    ),
    at(
        f"webhook-endpoints/(?P<endpoint_id>{UUID})/deliveries/(?P<pk>{UUID})/redeliver",
        webhook_api.WebhookDeliveryApi.as_view({"post": "redeliver"}),
        "webhook-redeliver",
    ),
    at(f"campaigns/(?P<campaign_id>{UUID})/contacts/bulk", campaigns.BulkApi.as_view(), "campaign-bulk"),
    at(
        f"campaigns/(?P<campaign_id>{UUID})/contacts/bulk/(?P<pk>{UUID})",
        campaigns.BatchApi.as_view(),
        "campaign-batch",
    ),
    at("graph/path", network.PathView.as_view(), "graph-path"),
    at(f"graph/network/(?P<contact_id>{UUID})", network.NetworkView.as_view(), "graph-network"),
    at("graph/introduce", network.IntroduceApi.as_view({"post": "create"}), "graph-introduce"),
    at("viral/stats", viral_api.ViralStatsView.as_view(), "viral-stats"),
    at("viral/leaderboard", viral_api.LeaderboardView.as_view(), "viral-leaderboard"),
    at("do-not-call/import", do_not_call.SuppressionImportApi.as_view(), "do-not-call-import"),
    at("schema", schema_views.SchemaView.as_view(), "schema"),
    at("docs", schema_views.DocsView.as_view(), "docs"),
    re_path(r"^.*$", schema_views.UnknownView.as_view(), name="unknown"),
]
