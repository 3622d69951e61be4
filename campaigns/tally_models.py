"""Counters of campaigns, written by the database alone (see docs/decisions/0009-counters-are-sums-of-changes.md).

Every statement that changes campaign leads or calls appends what it changed to a tally, in the same transaction;
a figure is the sum of its rows. Nobody waits for a counter, and what is rolled back was never counted. A periodic
task folds the rows of a key into one. The keys are plain: a check at each commit would cost more than the counting.
"""

from typing import Any

from django.db import models

from core.models import TenantManager
from core.scope import open_tenant_id


class Tally(models.Model):
    """One change of a counter, or with `folded` the sum of many."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey(
        "accounts.Tenant",
        on_delete=models.CASCADE,
        default=open_tenant_id,
        editable=False,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    campaign_id = models.UUIDField()
    folded = models.BooleanField(default=False)

    objects: Any = TenantManager()

    class Meta:
        abstract = True


class LeadTally(Tally):
    """How many leads of a campaign stand in a state for a reason; or, under the steps, how many it has reached."""

    class Step(models.TextChoices):
        DIALED = "dialed"
        ANSWERED = "answered"
        TALKED = "talked"

    name = models.CharField(max_length=10)
    reason = models.CharField(max_length=60)
    n = models.IntegerField()

    class Meta:
        verbose_name_plural = "lead tallies"
        indexes = [
            models.Index(fields=["tenant", "campaign_id"], name="lead_tally_of_campaign"),
            models.Index(fields=["campaign_id"], condition=models.Q(folded=False), name="lead_tally_unfolded"),
        ]


class CallTally(Tally):
    """The calls of a campaign that were made in one hour (UTC) and stand in one state, with their sums.

    `state` is the outcome of calls that ended, `reserved` before dialling, `live` between; `answered` counts those
    a person answered, `timed` and `talked_seconds` those of them with a length; `seconds` is of all.
    """

    hour = models.DateTimeField()
    state = models.CharField(max_length=16)
    n = models.IntegerField()
    answered = models.IntegerField()
    conversations = models.IntegerField()
    timed = models.IntegerField()
    seconds = models.BigIntegerField()
    talked_seconds = models.BigIntegerField()
    cost = models.DecimalField(max_digits=16, decimal_places=4)

    class Meta:
        verbose_name_plural = "call tallies"
        indexes = [
            models.Index(fields=["tenant", "campaign_id", "hour"], name="call_tally_of_campaign"),
            models.Index(fields=["campaign_id", "hour"], condition=models.Q(folded=False), name="call_tally_unfolded"),
        ]


class LeadReach(models.Model):
    """How many calls of a campaign lead were dialled, answered by a person, and conversations."""

    campaign_lead_id = models.UUIDField(primary_key=True)
    tenant = models.ForeignKey(
        "accounts.Tenant",
        on_delete=models.CASCADE,
        default=open_tenant_id,
        editable=False,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    campaign_id = models.UUIDField()
    dialed = models.IntegerField()
    answered = models.IntegerField()
    talked = models.IntegerField()

    objects: Any = TenantManager()

    class Meta:
        verbose_name_plural = "lead reaches"
        indexes = [
            models.Index(
                fields=["tenant", "campaign_id"], condition=models.Q(answered__gt=0), name="lead_reach_answered"
            )
        ]
