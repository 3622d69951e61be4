"""The voice providers of this installation, by name."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from calls.dialer import timing
from calls.providers.base import VoiceProvider
from calls.providers.registry import make_provider
from calls.providers.simulated import SimulatedProvider
from core.problems import NotFound


def get_provider(name: str) -> VoiceProvider:
    """The adapter of a provider, connected once per process.

    Raises NotFound for a name that is not known, or whose credentials are not set.
    """
    if name == SimulatedProvider.name:
        return _simulated(settings.SIMULATOR_URL, settings.SIMULATOR_KEY, settings.SIMULATOR_SECRET)
    credentials = settings.TELEPHONY.get(name)
    if credentials is None:
        raise NotFound(f"There is no telephony provider “{name[:40]}”.")
    return _real(name, tuple(sorted(credentials.items())))


@lru_cache(maxsize=16)
def _real(name: str, credentials: tuple[tuple[str, str], ...]) -> VoiceProvider:
    return make_provider(name, dict(credentials))


@lru_cache(maxsize=4)
def _simulated(url: str, key: str, secret: str) -> VoiceProvider:
    return SimulatedProvider(base_url=url, key=key, secret=secret, place_timeout=timing.PLACE_TIMEOUT)
