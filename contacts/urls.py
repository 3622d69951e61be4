"""Addresses of the pages of contacts."""

from django.urls import path

from contacts import inline, pages, side_pages
from contacts.importing import pages as imports

app_name = "contacts"
urlpatterns = [
    path("contacts", pages.contact_list, name="list"),
    path("contacts/new", pages.contact_new, name="new"),
    path("contacts/bulk", pages.contact_bulk, name="bulk"),
    path("contacts/bulk/<uuid:pk>", pages.bulk_detail, name="bulk-detail"),
    path("contacts/bulk/<uuid:pk>/undo", pages.bulk_undo, name="bulk-undo"),
    path("contacts/export", side_pages.export, name="export"),
    path("contacts/duplicates", side_pages.duplicate_list, name="duplicates"),
    path("contacts/duplicates/<uuid:pk>/dismiss", side_pages.duplicate_dismiss, name="duplicate-dismiss"),
    path("contacts/merges/<uuid:pk>/undo", side_pages.merge_undo, name="merge-undo"),
    path("contacts/<uuid:pk>/merge", side_pages.merge, name="merge"),
    path("views/save", side_pages.view_save, name="view-save"),
    path("views/<uuid:pk>/delete", side_pages.view_delete, name="view-delete"),
    path("settings/fields", side_pages.field_list, name="fields"),
    path("settings/fields/<uuid:pk>/delete", side_pages.field_delete, name="field-delete"),
    path("contacts/trash", pages.trash, name="trash"),
    path("contacts/import", imports.upload, name="import"),
    path("contacts/imports", imports.import_list, name="imports"),
    path("contacts/imports/<uuid:pk>", imports.import_detail, name="import-detail"),
    path("contacts/imports/<uuid:pk>/start", imports.start, name="import-start"),
    path("contacts/imports/<uuid:pk>/progress", imports.progress, name="import-progress"),
    path("contacts/imports/<uuid:pk>/cancel", imports.cancel, name="import-cancel"),
    path("contacts/imports/<uuid:pk>/undo", imports.undo, name="import-undo"),
    path("contacts/imports/<uuid:pk>/errors", imports.errors, name="import-errors"),
    path("contacts/<uuid:pk>", pages.contact_detail, name="detail"),
    path("contacts/<uuid:pk>/edit", pages.contact_edit, name="edit"),
    path("contacts/<uuid:pk>/resolve", pages.contact_resolve, name="resolve"),
    path("contacts/<uuid:pk>/delete", pages.contact_delete, name="delete"),
    path("contacts/<uuid:pk>/restore", pages.contact_restore, name="restore"),
    path("contacts/<uuid:pk>/purge", pages.contact_purge, name="purge"),
    path("contacts/<uuid:pk>/fields/<slug:name>", inline.edit_field, name="field"),
]
