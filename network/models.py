"""Who knows whom: relationships, introductions along them, and referrals."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from core.models import TenantForeignKey, TenantManager, TenantModel, TenantQuerySet


class Relationship(TenantModel):
    """A directed tie between two contacts; a mutual tie is walked both ways. Strength is 0 to 1."""

    from_contact = TenantForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="ties_out")
    to_contact = TenantForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="ties_in")
    strength = models.DecimalField(max_digits=3, decimal_places=2, default=0.5)
    mutual = models.BooleanField(default=True)
    source = models.CharField(max_length=30, default="manual")
    strength_is_manual = models.BooleanField(default=True)

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "from_contact", "to_contact"],
                include=["strength", "mutual"],
                name="relationship_unique",
            ),
            models.CheckConstraint(condition=~Q(from_contact=F("to_contact")), name="relationship_not_to_itself"),
            models.CheckConstraint(
                condition=Q(strength__gte=0) & Q(strength__lte=1), name="relationship_strength_range"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "to_contact", "from_contact"],
                include=["strength", "mutual"],
                name="relationship_reverse",
            )
        ]

    def __str__(self) -> str:
        return f"{self.from_contact_id} → {self.to_contact_id}"


class GraphVersion(TenantModel):
    """A stamp that triggers renew whenever a tie, or a contact's being there, changes: answers kept under it are exact.

    Its row is also the lock that whoever adds ties takes first, so that two can never make the same tie twice.
    """

    stamp = models.UUIDField(default=uuid.uuid4)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="graph_version_of_tenant")]

    def __str__(self) -> str:
        return str(self.stamp)


class Interaction(TenantModel):
    """Something that happened between two contacts and speaks for a tie; which of the two stands first says nothing."""

    class Kind(models.TextChoices):
        CALL = "call", "Call over a minute"
        NOTE = "note", "Note"
        INTRODUCTION = "introduction", "Introduction"
        REFERRAL = "referral", "Referral"

    contact = TenantForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="+")
    other_contact = TenantForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    happened_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("-happened_at", "-id")
        constraints = [
            models.CheckConstraint(condition=~Q(contact=F("other_contact")), name="interaction_not_with_itself")
        ]
        indexes = [models.Index(fields=["tenant", "contact", "other_contact"], name="interaction_of_pair")]

    def __str__(self) -> str:
        return f"{self.kind} {self.contact_id} {self.other_contact_id}"


class Introduction(TenantModel):
    """A request that a connector introduces us to someone, and what became of it."""

    class Status(models.TextChoices):
        REQUESTED = "requested", "Requested"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        COMPLETED = "completed", "Completed"
        EXPIRED = "expired", "Expired"

    to_contact = TenantForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="introductions_to")
    via_contact = TenantForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="introductions_via")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.REQUESTED)
    message = models.TextField(blank=True, default="", max_length=5_000)
    outcome = models.TextField(blank=True, default="", max_length=2_000)
    requested_by = TenantForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    expires_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(TenantQuerySet)()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["requested", "accepted", "declined", "completed", "expired"]),
                name="introduction_status_known",
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "to_contact"], name="introduction_to"),
            models.Index(fields=["tenant", "via_contact"], name="introduction_via"),
            models.Index(fields=["tenant", "expires_at"], condition=Q(status="requested"), name="introduction_open"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.pk}"


class Referral(TenantModel):
    """A person who came by another's code; converted when their lead is."""

    referrer = TenantForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="referrals_made")
    referred = TenantForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="referrals_received")
    lead_id = models.UUIDField(null=True, blank=True)
    code = models.CharField(max_length=16)
    source = models.CharField(max_length=60, default="form")
    converted_at = models.DateTimeField(null=True, blank=True)
    suspicious = models.CharField(max_length=100, blank=True, default="")
    thanked_at = models.DateTimeField(null=True, blank=True)
    origin = models.CharField(max_length=64, blank=True, default="")
    device = models.CharField(max_length=64, blank=True, default="")
    voided_at = models.DateTimeField(null=True, blank=True)
    referred_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("-referred_at", "-id")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "referred"], name="referral_once_per_person"),
            models.CheckConstraint(condition=~Q(referrer=F("referred")), name="referral_not_to_itself"),
        ]
        indexes = [
            models.Index(fields=["tenant", "referrer", "referred_at"], name="referral_of_referrer"),
            models.Index(fields=["tenant", "referred_at"], name="referral_newest"),
            models.Index(fields=["tenant", "lead_id"], name="referral_of_lead"),
        ]

    def __str__(self) -> str:
        return f"{self.referrer_id} → {self.referred_id}"
