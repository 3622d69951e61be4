"""Where neighbours meet: calls and notes never import each other, so the roof carries words between them."""

import datetime as dt
from typing import Any

from django.db.models import F
from django.db.models.fields.json import KeyTextTransform, KeyTransform

from calls.dialer.finish import CONVERSATION_SECONDS
from calls.models import Call
from calls.providers.base import AnsweredBy
from calls.signals import call_noted
from enrichment import gains
from notes.services import create_note


def connect() -> None:
    """Listen to the neighbours."""
    call_noted.connect(keep_note, dispatch_uid="crm.keep_note")
    gains.register(conversations_over_found_numbers)


def conversations_over_found_numbers(since: dt.datetime) -> int:
    """Conversations since a time over a number that enrichment had found."""
    found = KeyTextTransform("value", KeyTransform("phone_number", "contact__enrichment_data"))
    calls = Call.objects.filter(created_at__gte=since, duration_seconds__gte=CONVERSATION_SECONDS)
    calls = calls.filter(answered_by__in=(AnsweredBy.HUMAN, AnsweredBy.UNKNOWN))
    return int(calls.alias(found=found).filter(found=F("phone_number")).count())


def keep_note(sender: Any, *, actor: Any, call: Any, content: str, **_: Any) -> None:
    """What someone wrote about a call becomes a note on its lead, or on its contact."""
    if call.lead_id or call.contact_id:
        create_note(actor=actor, content=content, lead=call.lead, contact=call.contact, call_id=call.pk)
