"""Addresses of the pages of calls."""

from django.urls import path

from calls import pages

app_name = "calls"
urlpatterns = [
    path("calls", pages.call_list, name="list"),
    path("calls/<uuid:pk>", pages.call_detail, name="detail"),
    path("calls/<uuid:pk>/disposition", pages.set_disposition, name="disposition"),
    path("calls/<uuid:pk>/notes", pages.add_note, name="note"),
]
