"""Notes in the Django admin."""

from django.contrib import admin

from accounts.tenant_admin import ReadOnlyAdmin, TenantAdmin
from notes.models import Note, NoteRevision


@admin.register(Note)
class NoteAdmin(TenantAdmin):
    """Notes; their text is changed on their page, which keeps the history."""

    list_display = ("__str__", "author", "lead", "contact", "pinned_at", "created_at")
    list_filter = ("pinned_at", "deleted_at")
    list_select_related = ("author", "lead", "contact")
    search_fields = ("content",)
    readonly_fields = (
        "content",
        "lead",
        "contact",
        "call_id",
        "author",
        "mentions",
        "edited_at",
        "deleted_at",
        "search_text",
    )

    def has_add_permission(self, request: object) -> bool:
        return False


@admin.register(NoteRevision)
class NoteRevisionAdmin(ReadOnlyAdmin):
    """What notes said before they were edited."""

    list_display = ("created_at", "note", "replaced_by_name")
    list_select_related = ("note",)
