"""The voice providers of this installation, by name."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from calls.dialer import timing
from calls.providers.base import VoiceProvider
from calls.providers.simulated import SimulatedProvider
from core.problems import NotFound

PROVIDERS = ("simulated",)


def get_provider(name: str) -> VoiceProvider:
    """The adapter of a provider, connected once per process. Raises NotFound for a name that is not known."""
    if name not in PROVIDERS:
        raise NotFound(f"There is no telephony provider “{name[:40]}”.")
    return _simulated(settings.SIMULATOR_URL, settings.SIMULATOR_KEY, settings.SIMULATOR_SECRET)


@lru_cache(maxsize=4)
def _simulated(url: str, key: str, secret: str) -> VoiceProvider:
    return SimulatedProvider(base_url=url, key=key, secret=secret, place_timeout=timing.PLACE_TIMEOUT)
