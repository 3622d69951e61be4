"""The voice providers calls go over: the workspace's own accounts, and what the installation offers to all."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import orjson
from django.conf import settings
from django.db import transaction

from calls.dialer import timing
from calls.models import ProviderAccount
from calls.providers.base import VoiceProvider
from calls.providers.registry import SPECS, make_provider
from calls.providers.simulated import SimulatedProvider
from core.problems import NotFound

SIMULATED = SimulatedProvider.name


def get_provider(name: str) -> VoiceProvider:
    """The adapter through which the open workspace calls: with its own account, else with the installation's.

    Connected once per process and account. Raises NotFound for a name that is not known or has no credentials.
    """
    found = find_providers([name])[name]
    if found is None:
        raise NotFound(f"There is no telephony provider “{name[:40]}”.")
    return found


def find_providers(names: Iterable[str]) -> dict[str, VoiceProvider | None]:
    """The adapters of the open workspace, by name; None for one without credentials.

    One query at most: ask before handing work to threads, which touch no database.
    """
    wanted = set(names)
    own = own_credentials() if wanted - {SIMULATED} else {}
    return {name: _find(name, own.get(name)) for name in wanted}


def shared_provider(name: str) -> VoiceProvider:
    """The adapter with the installation's credentials, whoever's call it is about; raises NotFound."""
    found = _find(name, None)
    if found is None:
        raise NotFound(f"There is no telephony provider “{name[:40]}”.")
    return found


@transaction.atomic
def own_credentials() -> dict[str, dict[str, str]]:
    """The workspace's own accounts: fields by provider."""
    rows = ProviderAccount.objects.values_list("provider", "credentials")
    return {name: orjson.loads(fields) for name, fields in rows}


def configured() -> frozenset[str]:
    """The names of the providers the open workspace can call with."""
    return frozenset({SIMULATED, *settings.TELEPHONY, *own_credentials()} & {SIMULATED, *(s.name for s in SPECS)})


def _find(name: str, own: dict[str, str] | None) -> VoiceProvider | None:
    if name == SIMULATED:
        return _simulated(settings.SIMULATOR_URL, settings.SIMULATOR_KEY, settings.SIMULATOR_SECRET)
    credentials = own or settings.TELEPHONY.get(name)
    return _real(name, tuple(sorted(credentials.items()))) if credentials else None


@lru_cache(maxsize=256)
def _real(name: str, credentials: tuple[tuple[str, str], ...]) -> VoiceProvider:
    return make_provider(name, dict(credentials))


@lru_cache(maxsize=4)
def _simulated(url: str, key: str, secret: str) -> VoiceProvider:
    return SimulatedProvider(base_url=url, key=key, secret=secret, place_timeout=timing.PLACE_TIMEOUT)
