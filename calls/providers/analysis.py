"""What providers are asked to find out after a conversation, and how their answer is read.

The same two questions go to every provider that can analyse a conversation: what did the person want, and if
they asked for a call later, in how many minutes.
"""

from __future__ import annotations

from calls.providers.base import Disposition, Outcome
from calls.providers.reading import Json, number, word

DISPOSITION = "disposition"
CALLBACK = "callback_in_minutes"
DISPOSITION_QUESTION = (
    "What the called person wanted: interested, not_interested, callback (asked to be called at another time), "
    "wrong_number, or do_not_call (asked not to be called again)."
)
CALLBACK_QUESTION = "If the person asked to be called later: in how many minutes from the end of the call."
CHOICES = [choice.value for choice in Disposition]
SCHEMA = {
    "type": "object",
    "properties": {
        DISPOSITION: {"type": "string", "enum": CHOICES, "description": DISPOSITION_QUESTION},
        CALLBACK: {"type": "integer", "description": CALLBACK_QUESTION},
    },
}
LONGEST_WAIT_MINUTES = 90 * 24 * 60


def read_disposition(findings: Json) -> Disposition | None:
    """Read what the person wanted."""
    return word(Disposition, findings.get(DISPOSITION))


def read_callback(findings: Json) -> int | None:
    """Read in how many minutes the person asked to be called."""
    minutes = number(findings.get(CALLBACK))
    return round(minutes) if minutes is not None and 0 < minutes <= LONGEST_WAIT_MINUTES else None


def with_wish(outcome: Outcome, disposition: Disposition | None) -> Outcome:
    """A finished conversation in which the person opted out has the outcome `opt_out`."""
    is_opt_out = outcome is Outcome.COMPLETED and disposition is Disposition.DO_NOT_CALL
    return Outcome.OPT_OUT if is_opt_out else outcome
