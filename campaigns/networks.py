"""Which phone networks the workspace can call over.

The calls, one floor above, know whose credentials are there; they register their answer here.
"""

from collections.abc import Callable

from campaigns.models import Campaign

_ask: list[Callable[[], frozenset[str]]] = []


def connect(ask: Callable[[], frozenset[str]]) -> None:
    """Register who knows the networks."""
    _ask[:] = [ask]


def is_set_up(provider: str) -> bool:
    """Whether campaigns of the open workspace may call over the network."""
    return provider == Campaign.Provider.SIMULATED or any(provider in ask() for ask in _ask)


def choices(present: str = "") -> list[tuple[str, str]]:
    """The networks to choose from, with the one a campaign has already."""
    ready = frozenset({Campaign.Provider.SIMULATED.value, present}).union(*(ask() for ask in _ask))
    return [(value, label) for value, label in Campaign.Provider.choices if value in ready]
