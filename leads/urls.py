"""Addresses of the lead, task and form pages."""

from django.urls import path

from leads import board_pages, bulk_pages, pages, public_pages, settings_pages, today_pages

urlpatterns = [
    path("today", today_pages.today, name="today"),
    path("tasks/new", today_pages.task_new, name="task-new"),
    path("tasks/<uuid:pk>/done", today_pages.task_done, name="task-done"),
    path("tasks/<uuid:pk>/reopen", today_pages.task_reopen, name="task-reopen"),
    path("tasks/<uuid:pk>/later", today_pages.task_put_off, name="task-put-off"),
    path("leads", pages.lead_list, name="leads-page"),
    path("leads/new", pages.lead_new, name="lead-new"),
    path("leads/board", board_pages.board, name="lead-board"),
    path("leads/trash", pages.lead_trash, name="lead-trash"),
    path("leads/import", bulk_pages.lead_import, name="lead-import"),
    path("leads/bulk", bulk_pages.lead_bulk, name="lead-bulk"),
    path("leads/bulk/<uuid:pk>", bulk_pages.lead_bulk_detail, name="lead-bulk-detail"),
    path("leads/bulk/<uuid:pk>/undo", bulk_pages.lead_bulk_undo, name="lead-bulk-undo"),
    path("leads/export.csv", bulk_pages.lead_export, {"format": "csv"}, name="lead-export"),
    path("leads/export.xlsx", bulk_pages.lead_export, {"format": "xlsx"}, name="lead-export-excel"),
    path("leads/<uuid:pk>", pages.lead_detail, name="lead-page"),
    path("leads/<uuid:pk>/edit", pages.lead_edit, name="lead-edit"),
    path("leads/<uuid:pk>/state", pages.lead_state, name="lead-state-page"),
    path("leads/<uuid:pk>/owner", pages.lead_owner, name="lead-owner"),
    path("leads/<uuid:pk>/delete", pages.lead_delete, name="lead-delete"),
    path("leads/<uuid:pk>/restore", pages.lead_restore, name="lead-restore-page"),
    path("leads/<uuid:pk>/purge", pages.lead_purge, name="lead-purge"),
    path("leads/<uuid:pk>/resume", pages.lead_resume, name="lead-resume-page"),
    path("forms/<str:form_key>", public_pages.public_form, name="public-form"),
    path("forms/<str:form_key>/sent", public_pages.public_form_sent, name="public-form-sent"),
    path("settings/form", settings_pages.intake_settings, name="intake-settings"),
    path("settings/mail", settings_pages.mail_list, name="mail-list"),
    path("settings/mail/<uuid:pk>", settings_pages.mail_detail, name="mail-detail"),
    path("settings/mail/<uuid:pk>/resend", settings_pages.mail_resend, name="mail-resend"),
]
