"""What a workspace chose about its providers, and the breaker that lets a failing one rest."""

import datetime as dt
from dataclasses import dataclass

from django.db.models.functions import Now
from django.utils import timezone

from enrichment.models import EnrichmentPolicy, ProviderSetting
from enrichment.providers import PROVIDERS
from enrichment.providers.base import Answer, Outcome, Provider

FAILURES_BEFORE_REST = 5
REST = dt.timedelta(seconds=60)
LONG_REST = dt.timedelta(hours=1)
_WORDS = {
    Outcome.AUTH: "The key was refused.",
    Outcome.OUT_OF_CREDITS: "The provider says its quota is used up.",
    Outcome.THROTTLED: "The provider asked for a pause.",
    Outcome.ERROR: "Several requests in a row got no answer.",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One provider of the waterfall together with the workspace's settings for it."""

    provider: Provider
    setting: ProviderSetting

    @property
    def configured(self) -> bool:
        """Whether it has the key it needs."""
        return bool(self.setting.api_key) or not self.provider.needs_key

    @property
    def usable(self) -> bool:
        """Whether a run would ask it, were there something to ask."""
        return self.setting.enabled and self.configured

    @property
    def resting(self) -> bool:
        """Whether its breaker is open."""
        until = self.setting.paused_until
        return until is not None and until > timezone.now()


def provider_choices() -> list[Choice]:
    """Every provider in the workspace's order; settings are made with their defaults on first use."""
    rows = {row.provider: row for row in ProviderSetting.objects.all()}
    missing = [name for name in PROVIDERS if name not in rows]
    if missing:
        ProviderSetting.objects.bulk_create([_default(PROVIDERS[n]) for n in missing], ignore_conflicts=True)
        rows = {row.provider: row for row in ProviderSetting.objects.all()}
    choices = [Choice(provider, rows[name]) for name, provider in PROVIDERS.items()]
    return sorted(choices, key=lambda c: (c.setting.position, c.provider.name))


def _default(provider: Provider) -> ProviderSetting:
    return ProviderSetting(
        provider=provider.name,
        position=provider.position,
        enabled=provider.on_at_first,
        cost_credits=provider.cost_credits,
    )


def get_policy(*, lock: bool = False) -> EnrichmentPolicy:
    """The workspace's policy, made with its defaults on first use."""
    rows = EnrichmentPolicy.objects.for_update() if lock else EnrichmentPolicy.objects.all()
    policy = rows.first()
    if policy is None:
        EnrichmentPolicy.objects.bulk_create([EnrichmentPolicy()], ignore_conflicts=True)
        policy = rows.get()
    assert isinstance(policy, EnrichmentPolicy)
    return policy


def note_answer(setting: ProviderSetting, answer: Answer) -> None:
    """Count failures in a row and let the provider rest when there is no point in asking on."""
    row = ProviderSetting.objects.filter(pk=setting.pk)
    if not answer.outcome.is_failure:
        if setting.failures or setting.paused_until:
            row.update(failures=0, paused_until=None, paused_reason="")
        return
    failures = setting.failures + 1
    rest = _rest_after(answer, failures)
    if rest is None:
        row.update(failures=failures)
    else:
        row.update(failures=failures, paused_until=Now() + rest, paused_reason=_WORDS[answer.outcome])


def _rest_after(answer: Answer, failures: int) -> dt.timedelta | None:
    if answer.outcome in (Outcome.AUTH, Outcome.OUT_OF_CREDITS):
        return LONG_REST
    if answer.outcome is Outcome.THROTTLED:
        return dt.timedelta(seconds=min(max(answer.retry_after, 5), 3600))
    return REST if failures >= FAILURES_BEFORE_REST else None
