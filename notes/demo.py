"""Notes of the demo workspace."""

import datetime as dt
import random
from typing import Any

from leads.models import Lead
from notes.models import Note
from notes.services import create_note, pin_note

TEXTS = (
    "Prefers calls before 10:00. Decision with the CFO.",
    "Left a voicemail, will try again in the afternoon.",
    "Wants the 40-seat quote before the board meeting on 2 December.",
    "On their present system until January; asked about CSV import and call recording.",
    "Interested, but the budget opens in the new quarter.",
    "Spoke to the front desk: direct line is the mobile number.",
    "Asked for two references in the same industry.",
    "@Maya can you send her the security sheet?",
    "Met at the trade show, friendly, remembered the demo.",
    "@Sam please take over, she is in your area.",
)


def load_demo(*, tenant: Any, users: dict[str, Any], now: dt.datetime) -> None:
    """Write one to three notes on every second lead, some pinned, some naming a colleague."""
    dice = random.Random(11)  # noqa: S311 - the same demo every time
    people = list(users.values())
    for lead in Lead.objects.active().order_by("created_at")[::2]:
        age = max((now - lead.created_at).total_seconds(), 60)
        for _ in range(dice.choice([1, 1, 2, 3])):
            note = create_note(actor=lead.owner or dice.choice(people), content=dice.choice(TEXTS), lead=lead)
            if dice.random() < 0.1:
                pin_note(actor=people[0], note=note, pinned=True, now=now)
            Note.objects.filter(pk=note.pk).update(created_at=now - dt.timedelta(seconds=dice.uniform(30, age)))
