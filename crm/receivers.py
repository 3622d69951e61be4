"""Where neighbours meet: calls and notes never import each other, so the roof carries words between them."""

from typing import Any

from calls.signals import call_noted
from notes.services import create_note


def connect() -> None:
    """Listen to the neighbours."""
    call_noted.connect(keep_note, dispatch_uid="crm.keep_note")


def keep_note(sender: Any, *, actor: Any, call: Any, content: str, **_: Any) -> None:
    """What someone wrote about a call becomes a note on its lead, or on its contact."""
    if call.lead_id or call.contact_id:
        create_note(actor=actor, content=content, lead=call.lead, contact=call.contact, call_id=call.pk)
