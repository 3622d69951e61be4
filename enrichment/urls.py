"""Addresses of the enrichment pages."""

from django.urls import path

from enrichment import pages

urlpatterns = [
    path("contacts/<uuid:pk>/enrich", pages.enrich, name="enrich"),
    path("contacts/<uuid:pk>/enrichment", pages.panel, name="enrichment-panel"),
    path("contacts/<uuid:pk>/enrichments/<uuid:run_id>/undo", pages.undo, name="enrichment-undo"),
    path("settings/enrichment", pages.providers, name="enrichment-providers-page"),
    path("settings/enrichment/<slug:name>", pages.provider, name="enrichment-provider"),
    path("settings/enrichment/<slug:name>/earlier", pages.provider_earlier, name="enrichment-provider-earlier"),
    path("enrichment", pages.spend, name="enrichment-spend"),
    path("enrichment/new", pages.batch_new, name="enrichment-batch-new"),
    path("enrichment/start", pages.batch_start, name="enrichment-batch-start"),
    path("enrichment/batches/<uuid:pk>", pages.batch_detail, name="enrichment-batch"),
    path("enrichment/batches/<uuid:pk>/cancel", pages.batch_cancel, name="enrichment-batch-cancel"),
    path("enrichment/batches/<uuid:pk>/undo", pages.batch_undo, name="enrichment-batch-undo"),
]
