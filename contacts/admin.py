"""Contacts in the Django admin, for managers and admins."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.tenant_admin import ReadOnlyAdmin, TenantAdmin
from contacts import search, services
from contacts.models import (
    BulkAction,
    Contact,
    ContactChange,
    CustomField,
    DuplicatePair,
    Import,
    ImportRow,
    Merge,
    SavedView,
    Tag,
)


@admin.register(Contact)
class ContactAdmin(TenantAdmin):
    """People. Deleting puts into the trash; search is the product's own."""

    list_display = ("name", "email", "phone_number", "company", "status", "owner", "created_at", "deleted_at")
    list_filter = ("status", ("deleted_at", admin.EmptyFieldListFilter), "created_at")
    search_fields = ("email",)
    readonly_fields = ("referral_code", "enrichment_data", "deleted_at")
    list_select_related = ("owner",)
    autocomplete_fields = ("owner",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return search.narrow(queryset, search_term.replace("\x00", "")[:200]), False

    def delete_model(self, request: HttpRequest, obj: Contact) -> None:
        services.delete_contact(actor=request.user, contact=obj)  # type: ignore[arg-type]

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for contact in queryset:
            services.delete_contact(actor=request.user, contact=contact)  # type: ignore[arg-type]


@admin.register(Tag)
class TagAdmin(TenantAdmin):
    """Tags."""

    list_display = ("name", "color", "created_at")
    search_fields = ("name",)


@admin.register(CustomField)
class CustomFieldAdmin(TenantAdmin):
    """Custom fields."""

    list_display = ("label", "key", "kind", "position")
    list_filter = ("kind",)


@admin.register(SavedView)
class SavedViewAdmin(TenantAdmin):
    """Saved views."""

    list_display = ("name", "kind", "owner", "is_shared")
    list_filter = ("kind", "is_shared")
    search_fields = ("name",)


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    """Imports, as the wizard made them."""

    list_display = ("file_name", "kind", "status", "rows_done", "created", "updated", "skipped", "failed", "created_at")
    list_filter = ("kind", "status", "dry_run")
    search_fields = ("file_name",)


@admin.register(ImportRow)
class ImportRowAdmin(ReadOnlyAdmin):
    """What became of each line."""

    list_display = ("job", "line", "result", "code", "reason")
    list_filter = ("result",)
    list_select_related = ("job",)


@admin.register(ContactChange)
class ContactChangeAdmin(ReadOnlyAdmin):
    """The history."""

    list_display = ("contact", "actor", "actor_name", "source", "created_at")
    list_select_related = ("contact", "actor")


@admin.register(Merge)
class MergeAdmin(ReadOnlyAdmin):
    """Merges."""

    list_display = ("kept", "other", "actor", "created_at", "undone_at")
    list_select_related = ("kept", "other", "actor")


@admin.register(DuplicatePair)
class DuplicatePairAdmin(ReadOnlyAdmin):
    """Pairs found."""

    list_display = ("first", "second", "score", "dismissed_at")
    list_select_related = ("first", "second")


@admin.register(BulkAction)
class BulkActionAdmin(ReadOnlyAdmin):
    """Acts on many contacts."""

    list_display = ("action", "status", "total", "done", "created_by", "created_at")
    list_filter = ("action", "status")
    list_select_related = ("created_by",)
