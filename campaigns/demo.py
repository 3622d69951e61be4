"""Campaigns of the demo workspace: one that calls, one to be started, one that shows what consent is for."""

from datetime import datetime, timedelta
from typing import Any

from campaigns import batches, running, services
from campaigns.consents import record_consent
from campaigns.models import Campaign
from campaigns.suppressions import suppress_number
from contacts.models import Contact

_PROMPT = """You are Robin, a friendly assistant who calls for Northwind.
You speak with {{first_name}} {{last_name}}. Find out whether they want to renew their service plan this spring.

- Ask how they use the service today and what they miss.
- If they are interested, offer a talk with Maya Chen and ask for a good time.
- If they do not want to be called again, say sorry, confirm it, and end the call.
- Never invent prices. Say that Maya will send an offer."""
_FIRST = (
    "Hello {{first_name}}, this is Robin, an AI assistant calling for Northwind. This call is recorded. "
    "Do you have a minute?"
)
_SOON = {"busy": [15, 60], "no_answer": [240], "rejected": [240], "voicemail": [1440]}


def load_demo(*, tenant: Any, users: dict[str, Any], now: datetime) -> None:
    """Make the campaigns, put the demo's contacts in them, and start the first."""
    manager = users["manager"]
    callable_ids = list(
        Contact.objects.active().exclude(phone_number=None).order_by("created_at").values_list("pk", flat=True)
    )
    _list_numbers(users["agent"], callable_ids[-12:], now)
    first = _make(
        manager,
        "Spring renewals",
        callable_ids[:150] + callable_ids[-12:],
        description="Customers whose plan ends before summer.",
        calling_hours="always",
        max_concurrent_calls=5,
        retry_rules=_SOON,
        budget=500,
    )
    _make(
        manager,
        "Trial follow-up",
        callable_ids[150:210],
        description="People who tried the product in the last weeks.",
        calling_hours="always",
        max_concurrent_calls=8,
    )
    asked = _make(
        manager,
        "Customer check-in",
        callable_ids[210:290],
        description="Two questions to everyone who became a customer this year.",
        consent_policy=Campaign.ConsentPolicy.REQUIRE,
    )
    _record_consents(manager, asked, now)
    if callable_ids:
        running.start_campaign(actor=manager, campaign=first)


def _make(manager: Any, name: str, contact_ids: list[Any], **fields: Any) -> Campaign:
    campaign = services.create_campaign(
        actor=manager, name=name, system_prompt=_PROMPT, first_sentence=_FIRST, voice_id="robin", **fields
    )
    batches.add_many(actor=manager, campaign=campaign, contact_ids=contact_ids)
    return campaign


def _list_numbers(agent: Any, contact_ids: list[Any], now: datetime) -> None:
    for contact in Contact.objects.filter(pk__in=contact_ids):
        suppress_number(
            actor=agent,
            phone_number=contact.phone_number or "",
            reason="Asked not to be called again.",
            source="phone",
            proof={"said_at": (now - timedelta(days=9)).isoformat()},
        )


def _record_consents(manager: Any, campaign: Campaign, now: datetime) -> None:
    for row in campaign.campaign_leads.order_by("id")[:35].select_related("contact"):
        record_consent(
            actor=manager,
            contact=row.contact,
            source="sign-up form",
            wording="Northwind may call me with an AI voice about my plan.",
            given_at=now - timedelta(days=40),
        )
