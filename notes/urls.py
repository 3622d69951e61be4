"""Addresses of the note pages."""

from django.urls import path

from notes import pages

urlpatterns = [
    path("notes", pages.note_list, name="notes-page"),
    path("notes/new", pages.note_new, name="note-new"),
    path("notes/<uuid:pk>/edit", pages.note_edit, name="note-edit"),
    path("notes/<uuid:pk>/history", pages.note_history, name="note-history-page"),
    path("notes/<uuid:pk>/pin", pages.note_pin, name="note-pin"),
    path("notes/<uuid:pk>/delete", pages.note_delete, name="note-delete"),
    path("notes/<uuid:pk>/restore", pages.note_restore, name="note-restore"),
]
