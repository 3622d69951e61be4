"""Forms of the call page."""

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone

from calls.dispositions import DISPOSITIONS
from calls.models import Call
from calls.voice_accounts import Account, fields_of
from leads.local_time import moment_there, zone_of

DONE = {
    "interested": "Marked as interested.",
    "callback": "Callback booked.",
    "not_interested": "Marked as not interested; the number is not called again in this campaign.",
    "left_message": "Marked as message left.",
    "wrong_number": "Marked as wrong number; it is not called again in this campaign.",
    "do_not_call": "The number is on the do-not-call list. Its queued calls in all campaigns are closed.",
}


def _usual_callback(call: Call, now: dt.datetime) -> dt.datetime:
    """What is proposed: the time agreed before, else tomorrow at this half hour, within the usual hours."""
    if call.callback_at and call.callback_at > now:
        return call.callback_at.astimezone(now.tzinfo)
    at = now.replace(minute=now.minute // 30 * 30) + dt.timedelta(days=1)
    return at if 8 <= at.hour < 20 else at.replace(hour=10, minute=0)


class DispositionForm(forms.Form):
    """What came of a call."""

    disposition = forms.ChoiceField(choices=list(DISPOSITIONS.items()))
    callback_at = forms.CharField(required=False, widget=forms.TextInput(attrs={"type": "datetime-local"}))
    note = forms.CharField(required=False, max_length=20_000, strip=True)

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person, now = call.lead or call.contact, timezone.now()
        there = zone_of(person, now) if person else None
        self.zone: dt.tzinfo = there or timezone.get_current_timezone()
        place = str(self.zone).rsplit("/", 1)[-1].replace("_", " ")
        self.fields["callback_at"].label = f"Call back at ({place} time, now {now.astimezone(self.zone):%H:%M})"
        self.fields["callback_at"].initial = f"{_usual_callback(call, now.astimezone(self.zone)):%Y-%m-%dT%H:%M}"

    def clean(self) -> dict[str, Any]:
        """A callback needs its time, which is meant where the person is; with other outcomes it means nothing."""
        cleaned = super().clean() or {}
        typed, cleaned["callback_at"] = cleaned.get("callback_at", ""), None
        if cleaned.get("disposition") != "callback":
            return cleaned
        try:
            cleaned["callback_at"] = moment_there(typed, self.zone)
        except ValueError:
            self.add_error("callback_at", "Say when to call back.")
        return cleaned

    def done_words(self, call: Call) -> str:
        """What to tell the person who chose."""
        return DONE[self.cleaned_data["disposition"]]


class NoteForm(forms.Form):
    """A note about a call."""

    content = forms.CharField(max_length=20_000, strip=True)


class CallerNumberForm(forms.Form):
    """How much a number calls are made from may be used."""

    phone_number = forms.CharField(max_length=40, strip=True)
    label = forms.CharField(
        max_length=60, required=False, strip=True, help_text="What you call it, such as Sales west."
    )
    calls_per_day = forms.IntegerField(min_value=0, max_value=100_000, initial=100, help_text="In any 24 hours.")
    calls_per_hour = forms.IntegerField(min_value=0, max_value=10_000, initial=20)
    calls_at_once = forms.IntegerField(min_value=0, max_value=1_000, initial=1)
    is_active = forms.BooleanField(required=False, initial=True, label="Call from this number")


class VoiceAccountForm(forms.Form):
    """What one voice provider needs to be told; a secret is never shown, and an empty one keeps the present."""

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = fields_of(account)
        for field in account.spec.fields:
            hidden = field.is_secret and bool(kept.get(field.name))
            help_text = " ".join(filter(None, [field.help, "Kept; empty keeps it." if hidden else ""]))
            self.fields[field.name] = forms.CharField(
                label=field.label,
                required=field.is_required and not hidden,
                max_length=500,
                help_text=help_text,
                initial="" if field.is_secret else kept.get(field.name, ""),
                widget=forms.PasswordInput(attrs={"autocomplete": "off"}) if field.is_secret else forms.TextInput(),
            )
