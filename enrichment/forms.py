"""Forms of the enrichment pages."""

from django import forms

from enrichment.choices import Choice


class ProviderForm(forms.Form):
    """One provider's settings; an empty key keeps the present one."""

    enabled = forms.BooleanField(required=False, label="Ask this provider")
    cost_credits = forms.IntegerField(min_value=0, max_value=10_000, label="Credits a find costs")
    position = forms.IntegerField(
        min_value=1, max_value=1000, label="Place in the order", help_text="Lower is asked first."
    )
    api_key = forms.CharField(
        required=False,
        max_length=500,
        label="Key",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Kept encrypted and never shown again. Empty keeps the present key.",
    )
    forget_key = forms.BooleanField(required=False, label="Forget the present key")

    def __init__(self, *args: object, choice: Choice, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if not choice.provider.takes_key:
            del self.fields["api_key"], self.fields["forget_key"]
        elif not choice.setting.api_key:
            del self.fields["forget_key"]


class PolicyForm(forms.Form):
    """Budget, alarm and refreshing."""

    monthly_budget = forms.IntegerField(
        required=False, min_value=0, max_value=10**9, label="Credits a month", help_text="Empty for no budget."
    )
    alarm_percent = forms.IntegerField(
        min_value=1, max_value=100, label="Mail us at percent", help_text="Goes to the notification addresses."
    )
    refresh_after_days = forms.IntegerField(
        required=False, min_value=7, max_value=3650, label="Renew finds after days", help_text="Empty for never."
    )
    buy_next_numbers = forms.BooleanField(required=False, label="When a number turns out dead, look for the next one")
