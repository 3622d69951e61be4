"""What the voice is told: prompt, first sentence and names, filled in from the lead."""

from __future__ import annotations

import uuid

from django.conf import settings

from accounts.models import Tenant
from calls.dialer import timing
from calls.models import Call
from calls.providers.base import PlaceCall
from campaigns.models import Campaign, CampaignLead, PromptVersion
from campaigns.prompts import fill, variables, versions_of_calls
from contacts.custom_fields import field_kinds

DEFAULT_CALLER_ID = "+14155550100"
"""What simulated calls show when the campaign has no numbers of its own."""
FIRST_SENTENCE = (
    "Hello{first_name_after_space}, this is an AI assistant calling for {business_name}. "
    "This call is recorded. Do you have a minute?"
)
"""Who calls, for whom, that it is an AI, and that it is recorded."""
OPENING_BY_HAND = "Hello{first_name_after_space}, this is {agent} from {business_name}. This call is recorded."
"""How a person of the workspace opens a call."""


def requests_for(calls: list[Call], *, campaign: Campaign | None = None) -> list[tuple[Call, PlaceCall]]:
    """The placing requests of calls of one tenant, with five queries; `campaign` is theirs, if it is at hand."""
    joined = ("lead", "contact") if campaign else ("campaign", "lead", "contact")
    rows = CampaignLead.objects.select_related(*joined).filter(pk__in=[spoken_to(call) for call in calls])
    leads = {lead.pk: lead for lead in rows}
    if campaign:
        for lead in leads.values():
            lead.campaign = campaign
    business = Tenant.objects.values_list("name", flat=True).get()
    said = versions_of_calls(calls)
    fields = field_kinds()
    requests = []
    for call in calls:
        lead = leads.get(spoken_to(call))
        requests.append((call, _request(call, lead, said.get(call.pk), variables(lead, business, fields))))
    return requests


def spoken_to(call: Call) -> uuid.UUID | None:
    """The campaign lead whose names and fields fill the words in."""
    return call.campaign_lead_id or call.test_as_id


def _request(call: Call, lead: CampaignLead | None, version: PromptVersion | None, values: dict[str, str]) -> PlaceCall:
    spoken = version or (lead.campaign if lead else call.test_of or Campaign())
    person = (call.lead or call.contact) if lead is None else None
    if person is not None and person.first_name:
        values |= {"first_name": person.first_name, "first_name_after_space": f" {person.first_name}"}
    return PlaceCall(
        reference=str(call.pk),
        to=call.phone_number,
        from_number=call.caller_id or DEFAULT_CALLER_ID,
        callback_url=callback_url(call),
        prompt=fill(spoken.system_prompt, values),
        first_sentence=fill(spoken.first_sentence or _opening(call), values),
        voice_id=spoken.voice_id,
        ring_timeout_seconds=timing.RING_TIMEOUT_SECONDS,
        max_duration_seconds=call.minutes_held * 60,
        metadata={
            "company": values["business_name"],
            "person": values["first_name"],
            "offer": values.get("offer") or _in_a_sentence(lead.campaign.name if lead else ""),
            "agent": spoken.voice_id.capitalize() if spoken.voice_id.isalpha() else "",
        },
    )


def _opening(call: Call) -> str:
    if call.campaign_id or call.test_of_id or call.user is None:
        return FIRST_SENTENCE
    return OPENING_BY_HAND.replace("{agent}", str(call.user).split(" ")[0])


def _in_a_sentence(name: str) -> str:
    """A campaign's name as one says it: “Spring renewals” becomes “spring renewals”, “CRM trial” stays."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def callback_url(call: Call) -> str:
    """Where the provider reports this attempt: names the attempt and proves it by its token."""
    path = f"/api/v1/webhooks/telephony/{call.provider}?attempt={call.pk}&token={call.callback_token}"
    return f"{settings.PUBLIC_BASE_URL}{path}"
