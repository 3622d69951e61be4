"""Where neighbours meet: calls and notes never import each other, so the roof carries words between them."""

import datetime as dt
from typing import Any

from calls.models import Call
from calls.signals import call_noted
from enrichment import gains
from notes.services import create_note


def connect() -> None:
    """Listen to the neighbours."""
    call_noted.connect(keep_note, dispatch_uid="crm.keep_note")
    gains.register(conversations_over_found_numbers)


def conversations_over_found_numbers(since: dt.datetime) -> int:
    """Conversations since a time with contacts whose number enrichment had found."""
    calls = Call.objects.filter(outcome=Call.Outcome.COMPLETED, created_at__gte=since)
    return int(calls.filter(contact__enrichment_data__has_key="phone_number").count())


def keep_note(sender: Any, *, actor: Any, call: Any, content: str, **_: Any) -> None:
    """What someone wrote about a call becomes a note on its lead, or on its contact."""
    if call.lead_id or call.contact_id:
        create_note(actor=actor, content=content, lead=call.lead, contact=call.contact, call_id=call.pk)
