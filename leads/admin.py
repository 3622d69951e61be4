"""Leads, tasks, submissions and the public form in the Django admin."""

from django.contrib import admin
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from accounts.models import Role
from accounts.tenant_admin import ReadOnlyAdmin, TenantAdmin
from leads.models import BulkRun, IntakeSettings, Lead, LeadEvent, Submission, Task


@admin.register(Lead)
class LeadAdmin(TenantAdmin):
    """Leads; the state moves by the steps on the lead's own page."""

    list_display = ("name", "email", "phone_number", "company", "state", "source", "owner", "created_at")
    list_filter = (("state", ChoicesDropdownFilter), "source", "consent")
    list_select_related = ("owner",)
    search_fields = ("first_name", "last_name", "email", "company", "phone_number")
    raw_id_fields = ("contact",)
    readonly_fields = ("state", "resume_name", "reached_out_at", "deleted_at", "search_text")
    date_hierarchy = "created_at"


@admin.register(Task)
class TaskAdmin(TenantAdmin):
    """Tasks and callbacks."""

    list_display = ("title", "kind", "owner", "due_at", "done_at")
    list_filter = (("kind", ChoicesDropdownFilter), "done_at")
    list_select_related = ("owner",)
    search_fields = ("title", "lead__first_name", "lead__last_name")
    raw_id_fields = ("lead", "contact")
    readonly_fields = ("done_at", "done_by", "created_by")


@admin.register(LeadEvent)
class LeadEventAdmin(ReadOnlyAdmin):
    """What happened to leads."""

    list_display = ("created_at", "kind", "lead", "actor_name")
    list_filter = (("kind", ChoicesDropdownFilter),)
    list_select_related = ("lead",)


@admin.register(BulkRun)
class BulkRunAdmin(ReadOnlyAdmin):
    """Changes on many leads at once."""

    list_display = ("created_at", "action", "value", "status", "total", "changed", "created_by")
    list_filter = ("action", "status")
    list_select_related = ("created_by",)


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    """What came in by the public form, with the consent as it was given."""

    list_display = ("submitted_at", "lead", "consent", "consent_version", "address", "referral_code")
    list_filter = ("consent",)
    list_select_related = ("lead",)


@admin.register(IntakeSettings)
class IntakeSettingsAdmin(ReadOnlyAdmin):
    """The public form; it is changed on its settings page, which counts the versions of the consent."""

    role = Role.ADMIN
    list_display = ("title", "assignment", "consent_version", "updated_at")
