"""Copies of campaigns: the same settings, nobody in them, nothing called yet."""

from typing import Any

from campaigns.models import Campaign
from campaigns.services import create_campaign

_COPIED = (
    "description",
    "system_prompt",
    "first_sentence",
    "voice_id",
    "provider",
    "max_concurrent_calls",
    "retry_failed",
    "max_retries",
    "retry_rules",
    "calling_hours",
    "consent_policy",
    "consent_waiver_reason",
    "caller_ids",
    "budget",
    "warm_path_hold",
)


def copy_campaign(*, actor: Any, campaign: Campaign, name: str = "") -> Campaign:
    """A draft with the settings of another campaign; raises InvalidInput when they are not allowed any more."""
    fields = {field: getattr(campaign, field) for field in _COPIED}
    return create_campaign(actor=actor, name=name or f"{campaign.name[:190]} (copy)", **fields)
