"""The forms of campaign pages; what may stand in a campaign is decided by `campaigns.rules`."""

import re
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from campaigns import networks
from campaigns.models import Campaign
from campaigns.retries import DEFAULT_MINUTES
from campaigns.schedule import DAYS, DEFAULT_HOURS, hours_to_json

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WAITS = {
    "busy": "After a busy line",
    "no_answer": "After no answer",
    "rejected": "After a declined call",
    "voicemail": "After voicemail",
}
PLAIN = (
    "name",
    "description",
    "provider",
    "voice_id",
    "first_sentence",
    "system_prompt",
    "budget",
    "max_concurrent_calls",
    "retry_failed",
    "max_retries",
    "consent_policy",
    "consent_waiver_reason",
    "warm_path_hold",
)
"""Fields of a campaign that the form takes as they are."""
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?")


def _windows_to_text(windows: Any) -> str:
    return ", ".join(f"{opens}–{closes}" for opens, closes in windows)


def _text_to_windows(text: str) -> list[list[str]]:
    """ "9-12, 14:30–20" as windows; raises ValueError."""
    windows = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        ends = [end.strip() for end in re.split(r"\s*[-–—]\s*", part)]
        if len(ends) != 2:
            raise ValueError(part)
        clocks = []
        for end in ends:
            match = _CLOCK.fullmatch(end)
            if match is None:
                raise ValueError(end)
            clocks.append(f"{int(match[1]):02}:{match[2] or '00'}")
        windows.append(clocks)
    return windows


FIRST_SENTENCE = (
    "Hello {{first_name}}, this is an AI assistant calling for {{business_name}}. This call is recorded. "
    "Do you have a minute?"
)
PROMPT = """You call {{first_name}} {{last_name}} of {{company}} for {{business_name}}.
Find out whether …

- If they are interested, agree on a time for a talk with a colleague.
- If they do not want to be called again, say sorry, confirm it, and end the call.
- Never invent prices or promises."""


class HoursWidget(forms.MultiWidget):
    """One line a day."""

    template_name = "campaigns/hours_widget.html"

    def __init__(self) -> None:
        super().__init__([forms.TextInput() for _ in DAY_NAMES])

    def decompress(self, value: Any) -> list[str]:
        """Hours as JSON into one text a day."""
        hours = value if isinstance(value, dict) else {}
        return [_windows_to_text(hours.get(day, [])) for day in DAYS]

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> SafeString:
        return render_to_string(template_name, context)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["days"] = list(zip(DAY_NAMES, context["widget"]["subwidgets"], strict=True))
        return context


class HoursField(forms.MultiValueField):
    """Windows of each weekday; an empty line is a closed day."""

    widget = HoursWidget

    def __init__(self, **kwargs: Any) -> None:
        lines = tuple(forms.CharField(required=False, max_length=100) for _ in DAYS)
        super().__init__(fields=lines, require_all_fields=False, required=False, **kwargs)

    def compress(self, data_list: list[str]) -> dict[str, Any]:
        """Texts into the JSON of the API."""
        hours = {}
        for day, name, text in zip(DAYS, DAY_NAMES, data_list, strict=False):
            try:
                windows = _text_to_windows(text or "")
            except ValueError:
                raise forms.ValidationError(f"{name}: write times like 09:00–12:00, 14:00–20:00.") from None
            if windows:
                hours[day] = windows
        return hours


class CampaignForm(forms.Form):
    """Everything that makes a campaign."""

    name = forms.CharField(max_length=200, label="Name")
    description = forms.CharField(
        required=False, max_length=5_000, label="What it is for", widget=forms.Textarea(attrs={"rows": 2})
    )
    provider = forms.ChoiceField(choices=Campaign.Provider.choices, label="Phone network")
    voice_id = forms.CharField(required=False, max_length=100, label="Voice", help_text="The provider's id of a voice.")
    first_sentence = forms.CharField(
        required=False,
        max_length=1_000,
        label="First sentence",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Say who calls, for whom, that it is an AI, and whether the call is recorded.",
    )
    system_prompt = forms.CharField(
        required=False,
        max_length=50_000,
        label="Prompt",
        widget=forms.Textarea(attrs={"rows": 9, "class": "tall"}),
        help_text="What the voice knows and wants. {{first_name}} and custom fields are filled in for each lead.",
    )
    hours_kind = forms.ChoiceField(
        label="Calling hours",
        choices=[
            ("default", "Mon–Fri 09:00–20:00, Sat 10:00–17:00"),
            ("own", "The windows below"),
            ("always", "At any hour (simulated network only)"),
        ],
        widget=forms.RadioSelect,
        help_text="In the lead's own time zone. Nobody is called before 08:00 or after 21:00, whatever stands here.",
    )
    hours = HoursField(label="Windows")
    holidays = forms.CharField(
        required=False, max_length=4_000, label="Days off", help_text="Dates such as 2026-12-25, separated by commas."
    )
    max_concurrent_calls = forms.IntegerField(min_value=1, max_value=1_000, label="Calls at once")
    budget = forms.DecimalField(
        required=False, min_value=0, max_digits=12, decimal_places=4, label="Budget", help_text="Empty: no limit."
    )
    caller_ids = forms.CharField(
        required=False,
        max_length=4_000,
        label="Caller numbers",
        help_text="Shown to those called; separated by commas.",
    )
    warm_path_hold = forms.BooleanField(
        required=False,
        label="Ask for an introduction first",
        help_text="Whom a customer of yours knows well is not called cold: the customer is asked to introduce you. "
        "If nobody accepts within five days, the call is made.",
    )
    retry_failed = forms.BooleanField(required=False, label="Try again whom we did not reach")
    max_retries = forms.IntegerField(min_value=0, max_value=10, label="Further tries at most")
    busy = forms.CharField(required=False, max_length=80)
    no_answer = forms.CharField(required=False, max_length=80)
    rejected = forms.CharField(required=False, max_length=80)
    voicemail = forms.CharField(required=False, max_length=80)
    consent_policy = forms.ChoiceField(
        choices=[
            (Campaign.ConsentPolicy.REQUIRE, "Call only people who agreed to calls by an AI voice"),
            (Campaign.ConsentPolicy.WAIVED, "Call without recorded consent"),
        ],
        widget=forms.RadioSelect,
        label="Consent",
    )
    consent_waiver_reason = forms.CharField(required=False, max_length=500, label="Reason for calling without consent")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        provider: Any = self.fields["provider"]
        provider.choices = networks.choices(self.initial.get("provider", ""))
        if len(provider.choices) == 1:
            provider.help_text = "For calls to people, an admin sets a provider up under Settings, Voice providers."
        for name, label in WAITS.items():
            usual = ", ".join(f"{wait:g}" for wait in DEFAULT_MINUTES[name])
            self.fields[name].label = f"{label}, minutes"
            self.fields[name].widget.attrs["placeholder"] = usual

    @staticmethod
    def values_of(campaign: Campaign | None) -> dict[str, Any]:
        """What a form about the campaign (None: a new one) starts with."""
        if campaign is None:
            campaign = Campaign(
                first_sentence=FIRST_SENTENCE,
                system_prompt=PROMPT,
                consent_policy=Campaign.ConsentPolicy.WAIVED,
                consent_waiver_reason="Simulated calls reach no person.",
            )
        hours = campaign.calling_hours
        own: Any = hours if isinstance(hours, dict) else hours_to_json(DEFAULT_HOURS)
        return {
            **{name: getattr(campaign, name) for name in PLAIN},
            "hours_kind": "default" if hours is None else "always" if hours == "always" else "own",
            "hours": own,
            "holidays": ", ".join(map(str, own.get("holidays", []))),
            "caller_ids": ", ".join(campaign.caller_ids),
            **{name: ", ".join(f"{w:g}" for w in campaign.retry_rules.get(name, [])) for name in WAITS},
        }

    def clean(self) -> dict[str, Any]:
        """Read the waits; a simulated campaign that needs no reason gets none asked."""
        super().clean()
        for name in WAITS:
            try:
                self.cleaned_data[name] = [float(w) for w in re.split(r"[,;\s]+", self.cleaned_data.get(name, "")) if w]
            except ValueError:
                self.add_error(name, "Write minutes, such as 15, 60.")
        return self.cleaned_data

    def changes(self, before: Campaign | None = None) -> dict[str, Any]:
        """The fields of a campaign that the form stands for; rules it does not show are kept."""
        data = self.cleaned_data
        hidden = {k: v for k, v in (before.retry_rules if before else {}).items() if k not in WAITS}
        return {
            **{name: data[name] for name in PLAIN},
            "calling_hours": self._hours(),
            "caller_ids": _listed(data["caller_ids"]),
            "retry_rules": hidden | {name: data[name] for name in WAITS if data[name]},
        }

    def _hours(self) -> Any:
        data = self.cleaned_data
        if data["hours_kind"] == "always":
            return "always"
        holidays = _listed(data["holidays"])
        if data["hours_kind"] == "default" and not holidays:
            return None
        hours: Any = data["hours"] if data["hours_kind"] == "own" else hours_to_json(DEFAULT_HOURS)
        return {**hours, **({"holidays": holidays} if holidays else {})}


class PersonForm(forms.Form):
    """One person to be added by number."""

    phone_number = forms.CharField(max_length=64, label="Phone number")
    first_name = forms.CharField(required=False, max_length=128, label="First name")
    last_name = forms.CharField(required=False, max_length=128, label="Last name")
    email = forms.EmailField(required=False, max_length=254, label="Email")


class SuppressionForm(forms.Form):
    """One number that must not be called."""

    phone_number = forms.CharField(max_length=64, label="Phone number")
    reason = forms.CharField(required=False, max_length=300, label="Reason")


class SuppressionFileForm(forms.Form):
    """A list of numbers that must not be called."""

    file = forms.FileField(label="File", allow_empty_file=True)
    national = forms.BooleanField(
        required=False,
        label="This is a public register",
        help_text="It must be renewed every 31 days; without that no campaign starts.",
    )
    register = forms.CharField(
        required=False,
        max_length=60,
        label="Name of the register",
        help_text="A new edition replaces the former one of the same name.",
        widget=forms.TextInput(attrs={"placeholder": "National register"}),
    )


def show_refusal(form: forms.Form, errors: Any, detail: str) -> None:
    """Show a rule's refusal at the field it speaks of, else over the form."""
    for item in errors or [{"field": "", "detail": detail}]:
        head = item["field"].partition(".")[0]
        name = {"calling_hours": "hours", "retry_rules": item["field"].rpartition(".")[2]}.get(head, head)
        form.add_error(name if name in form.fields else None, item["detail"])


def _listed(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[,;\n]+", text) if part.strip()]
