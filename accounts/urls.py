"""Addresses of the settings pages."""

from django.urls import path

from accounts import pages

urlpatterns = [
    path("settings", pages.account, name="account"),
    path("settings/workspace", pages.workspace, name="workspace-settings"),
    path("settings/people", pages.people, name="people"),
    path("settings/people/new", pages.person, name="person-new"),
    path("settings/people/<uuid:pk>", pages.person, name="person"),
    path("settings/api-keys", pages.api_keys, name="api-keys"),
    path("settings/api-keys/<uuid:pk>/revoke", pages.revoke_api_key, name="api-key-revoke"),
    path("settings/webhooks", pages.webhooks_page, name="webhooks-page"),
    path("settings/webhooks/<uuid:pk>/delete", pages.delete_webhook, name="webhook-delete"),
    path("settings/credits", pages.credits_page, name="credits-page"),
    path("settings/audit", pages.audit_page, name="audit-page"),
]
