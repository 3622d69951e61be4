"""The URL map: pages by app, the API under /api/v1, and the operations' addresses at the root."""

from django.contrib import admin
from django.urls import include, path, re_path

from core.edge import error_view
from crm import observability, search, views

urlpatterns = [
    path("api/v1/", include(("crm.api", "api"))),  # first: programs ask most often, and patterns are tried in turn
    path("", views.home, name="home"),
    path("login", views.SignIn.as_view(), name="login"),
    path("logout", views.sign_out, name="logout"),
    path("search", search.search, name="search"),
    path("ui", views.gallery, name="gallery"),
    re_path(r"^healthz/?$", views.healthz, name="healthz"),
    re_path(r"^readyz/?$", views.readyz, name="readyz"),
    re_path(r"^metrics/?$", observability.metrics, name="metrics"),
    path("admin/login/", views.admin_login),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("calls.urls")),
    path("", include("leads.urls")),
    path("", include("notes.urls")),
    path("", include("campaigns.urls")),
    path("", include("contacts.urls")),
    path("", include("enrichment.urls")),
    path("", include("network.urls")),
]

handler400 = error_view(400, "bad_request", "The request could not be read.")
handler403 = error_view(403, "forbidden", "Your role does not allow this.")
handler404 = error_view(404, "not_found", "There is nothing at this address.")
handler500 = error_view(500, "internal_error", "Something went wrong on our side.")
