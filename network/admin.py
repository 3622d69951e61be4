"""Ties, introductions and referrals in the Django admin."""

from django.contrib import admin

from accounts.tenant_admin import ReadOnlyAdmin, TenantAdmin
from network.models import GraphVersion, Interaction, Introduction, Referral, Relationship


@admin.register(Relationship)
class RelationshipAdmin(TenantAdmin):
    """Ties between contacts."""

    list_display = ("from_contact", "to_contact", "strength", "mutual", "source", "created_at")
    list_filter = ("mutual", "source", "strength_is_manual")
    list_select_related = ("from_contact", "to_contact")
    autocomplete_fields = ()
    raw_id_fields = ("from_contact", "to_contact")
    search_fields = ("from_contact__last_name", "to_contact__last_name", "from_contact__email", "to_contact__email")


@admin.register(Introduction)
class IntroductionAdmin(ReadOnlyAdmin):
    """Introductions; their steps are taken on their page, where the rules are."""

    list_display = ("to_contact", "via_contact", "status", "requested_by", "expires_at", "created_at")
    list_filter = ("status",)
    list_select_related = ("to_contact", "via_contact", "requested_by")


@admin.register(Referral)
class ReferralAdmin(ReadOnlyAdmin):
    """Who brought whom."""

    list_display = ("referrer", "referred", "source", "referred_at", "converted_at", "suspicious", "voided_at")
    list_filter = ("source", "suspicious")
    list_select_related = ("referrer", "referred")


@admin.register(Interaction)
class InteractionAdmin(ReadOnlyAdmin):
    """What computed strengths come from."""

    list_display = ("contact", "other_contact", "kind", "happened_at")
    list_filter = ("kind",)
    list_select_related = ("contact", "other_contact")


@admin.register(GraphVersion)
class GraphVersionAdmin(ReadOnlyAdmin):
    """The stamp under which paths are kept."""

    list_display = ("stamp", "updated_at")
