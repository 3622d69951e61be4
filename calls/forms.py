"""Forms of the call page."""

from typing import Any

from django import forms

from calls.dispositions import DISPOSITIONS
from calls.models import Call

DONE = {
    "interested": "Marked as interested.",
    "callback": "Callback booked.",
    "not_interested": "Marked as not interested; the number is not called again in this campaign.",
    "left_message": "Marked as message left.",
    "wrong_number": "Marked as wrong number; it is not called again in this campaign.",
    "do_not_call": "The number is on the do-not-call list. Its queued calls in all campaigns are closed.",
}


class DispositionForm(forms.Form):
    """What came of a call."""

    disposition = forms.ChoiceField(choices=list(DISPOSITIONS.items()))
    callback_at = forms.DateTimeField(
        required=False,
        label="Call back at (UTC)",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    note = forms.CharField(required=False, max_length=20_000, strip=True)

    def clean(self) -> dict[str, Any]:
        """A callback needs its time."""
        cleaned = super().clean() or {}
        if cleaned.get("disposition") == "callback" and not cleaned.get("callback_at"):
            self.add_error("callback_at", "Say when to call back.")
        return cleaned

    def done_words(self, call: Call) -> str:
        """What to tell the person who chose."""
        return DONE[self.cleaned_data["disposition"]]


class NoteForm(forms.Form):
    """A note about a call."""

    content = forms.CharField(max_length=20_000, strip=True)
