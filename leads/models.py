"""Leads: one pursuit of a person, from first sign of interest to won or lost."""

from django.db import models
from django.db.models import Q

from core.models import TenantForeignKey, TenantManager, TenantModel
from leads.querysets import LeadQuerySet


class Lead(TenantModel):
    """One pursuit of a contact: came by form, import or campaign list; moves through the legal states."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        REACHED_OUT = "reached_out", "Reached out"
        QUALIFIED = "qualified", "Qualified"
        CONVERTED = "converted", "Converted"
        LOST = "lost", "Lost"

    contact = TenantForeignKey("contacts.Contact", on_delete=models.PROTECT, related_name="leads")
    first_name = models.CharField(max_length=128, blank=True, default="")
    last_name = models.CharField(max_length=128, blank=True, default="")
    email = models.EmailField(max_length=256, blank=True, default="")
    phone_number = models.CharField(max_length=16, blank=True, default="")
    company = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=12, choices=State.choices, default=State.PENDING)
    source = models.CharField(max_length=60, blank=True, default="")
    message = models.TextField(blank=True, default="", max_length=20_000)
    owner = TenantForeignKey("accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    custom_fields = models.JSONField(default=dict, blank=True)
    consent = models.BooleanField(default=False)
    resume = models.CharField(max_length=300, blank=True, default="", editable=False)
    resume_name = models.CharField(max_length=200, blank=True, default="", editable=False)
    reached_out_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TenantManager.from_queryset(LeadQuerySet)()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["pending", "reached_out", "qualified", "converted", "lost"]),
                name="lead_state_known",
            )
        ]
        indexes = [
            models.Index(
                fields=["tenant", "-created_at", "-id"],
                condition=Q(deleted_at__isnull=True),
                name="lead_newest_active",
            ),
            models.Index(
                fields=["tenant", "state", "-created_at"],
                condition=Q(deleted_at__isnull=True),
                name="lead_by_state",
            ),
            models.Index("tenant", models.functions.Lower("email"), name="lead_email"),
            models.Index(fields=["tenant", "phone_number"], name="lead_phone"),
            models.Index(fields=["tenant", "contact"], name="lead_contact"),
            models.Index(fields=["tenant", "owner"], name="lead_owner"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name to show."""
        return f"{self.first_name} {self.last_name}".strip() or self.email or self.phone_number or "Unnamed"

    @property
    def has_resume(self) -> bool:
        """Whether a file came with the lead."""
        return bool(self.resume)

    def get_absolute_url(self) -> str:
        """The page of the lead."""
        return f"/leads/{self.pk}"
