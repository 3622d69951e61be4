"""What the voice is told: prompt, first sentence and names, filled in from the lead."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings

from accounts.models import Tenant
from calls.dialer import timing
from calls.models import Call
from calls.providers.base import PlaceCall
from campaigns.models import Campaign, CampaignLead

DEFAULT_CALLER_ID = "+14155550100"
"""What simulated calls show when the campaign has no numbers of its own."""
FIRST_SENTENCE = (
    "Hello{first_name_after_space}, this is an AI assistant calling for {business_name}. "
    "This call is recorded. Do you have a minute?"
)
"""Who calls, for whom, that it is an AI, and that it is recorded."""
_VARIABLE = re.compile(r"\{\{?\s*([a-z][a-z0-9_]{0,40})\s*\}?\}")


def requests_for(calls: list[Call]) -> list[tuple[Call, PlaceCall]]:
    """The placing requests of calls of one tenant, with two queries."""
    leads = {
        lead.pk: lead
        for lead in CampaignLead.objects.select_related("campaign", "lead").filter(
            pk__in=[call.campaign_lead_id for call in calls]
        )
    }
    business = Tenant.objects.values_list("name", flat=True).get()
    return [(call, _request(call, leads.get(call.campaign_lead_id), business)) for call in calls]


def _request(call: Call, lead: CampaignLead | None, business: str) -> PlaceCall:
    campaign = lead.campaign if lead else Campaign()
    values = variables(lead, business)
    return PlaceCall(
        reference=str(call.pk),
        to=call.phone_number,
        from_number=call.caller_id or DEFAULT_CALLER_ID,
        callback_url=callback_url(call),
        prompt=fill(campaign.system_prompt, values),
        first_sentence=fill(campaign.first_sentence or FIRST_SENTENCE, values),
        voice_id=campaign.voice_id,
        ring_timeout_seconds=timing.RING_TIMEOUT_SECONDS,
        max_duration_seconds=call.minutes_held * 60,
        metadata={"company": business, "person": values["first_name"]},
    )


def variables(lead: CampaignLead | None, business: str) -> dict[str, str]:
    """What a prompt may name in braces: the lead's fields, its custom fields, the business."""
    own: dict[str, Any] = {}
    if lead is not None:
        own = {**lead.lead.custom_fields, **lead.custom_fields}
        own |= {"first_name": lead.first_name, "last_name": lead.last_name, "company": lead.lead.company}
    first_name = str(own.get("first_name", ""))
    own["first_name_after_space"] = f" {first_name}" if first_name else ""
    return {"business_name": business, "first_name": "", **{name: str(value) for name, value in own.items()}}


def fill(text: str, values: dict[str, str]) -> str:
    """Replace {names} that are known; others stay as written, so that a slip is heard and not hidden."""
    return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)


def callback_url(call: Call) -> str:
    """Where the provider reports this attempt: names the attempt and proves it by its token."""
    path = f"/api/v1/webhooks/telephony/{call.provider}?attempt={call.pk}&token={call.callback_token}"
    return f"{settings.PUBLIC_BASE_URL}{path}"
