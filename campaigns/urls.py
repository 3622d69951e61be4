"""Addresses of the pages of campaigns and of the do-not-call list."""

from django.urls import path, re_path

from campaigns import do_not_call_pages, live_events, pages, people_pages

urlpatterns = [
    path("campaigns", pages.campaign_list, name="campaigns"),
    path("campaigns/new", pages.campaign_new, name="campaign-new"),
    path("campaigns/<uuid:pk>", pages.campaign_detail, name="campaign"),
    path("campaigns/<uuid:pk>/live", pages.campaign_live, name="campaign-live"),
    path("campaigns/<uuid:pk>/events", live_events.campaign_events, name="campaign-events"),
    path("campaigns/<uuid:pk>/edit", pages.campaign_edit, name="campaign-edit"),
    path("campaigns/<uuid:pk>/delete", pages.campaign_delete, name="campaign-delete"),
    path("campaigns/<uuid:pk>/copy", pages.campaign_copy, name="campaign-copy"),
    path("campaigns/<uuid:pk>/schedule", pages.campaign_schedule, name="campaign-schedule"),
    path("campaigns/<uuid:pk>/prompt", pages.campaign_prompt, name="campaign-prompt"),
    path("campaigns/<uuid:pk>/preflight", pages.campaign_preflight, name="campaign-preflight"),
    re_path(
        "^campaigns/(?P<pk>[0-9a-f-]{36})/(?P<step>start|pause|resume|stop)$", pages.campaign_step, name="campaign-step"
    ),
    path("campaigns/<uuid:pk>/people", people_pages.people_list, name="campaign-people"),
    path("why-log", people_pages.why_log, name="why-log-page"),
    path("campaigns/<uuid:pk>/add", people_pages.people_add, name="campaign-add"),
    path("campaigns/<uuid:pk>/add/file", people_pages.people_import, name="campaign-import"),
    path("campaigns/<uuid:pk>/add/many", people_pages.people_add_many, name="campaign-add-many"),
    path("campaigns/<uuid:pk>/batches/<uuid:batch_id>", people_pages.batch_detail, name="campaign-batch-page"),
    path(
        "campaigns/<uuid:pk>/people/<uuid:campaign_lead_id>/remove",
        people_pages.person_remove,
        name="campaign-person-remove",
    ),
    path("do-not-call", do_not_call_pages.suppression_list, name="do-not-call-page"),
    path("do-not-call/new", do_not_call_pages.suppression_new, name="do-not-call-new"),
    path("do-not-call/import", do_not_call_pages.suppression_import, name="do-not-call-import-page"),
    path("do-not-call/<uuid:pk>/remove", do_not_call_pages.suppression_remove, name="do-not-call-remove"),
]
