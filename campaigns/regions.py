"""Which time zones a country or state spans, so that a lead's region can decide its calling hours."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

_EASTERN, _CENTRAL, _MOUNTAIN, _PACIFIC = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
)

# States that lie in one zone share a line; the others name all of theirs, because an unknown county must be
# legal in every one of them.
_ONE_ZONE: Final[dict[str, str]] = {
    _EASTERN: "US-CT US-DE US-DC US-GA US-ME US-MD US-MA US-NH US-NJ US-NY US-NC US-OH US-PA US-RI US-SC "
    "US-VT US-VA US-WV",
    _CENTRAL: "US-AL US-AR US-IL US-IA US-LA US-MN US-MS US-MO US-OK US-WI",
    _MOUNTAIN: "US-CO US-MT US-NM US-UT US-WY",
    _PACIFIC: "US-CA US-WA US-NV",
    "America/Phoenix": "US-AZ",
    "Pacific/Honolulu": "US-HI",
    "America/Puerto_Rico": "US-PR",
    "America/Toronto": "CA-ON CA-QC",
    "America/Winnipeg": "CA-MB",
    "America/Regina": "CA-SK",
    "America/Edmonton": "CA-AB",
    "America/Vancouver": "CA-BC",
    "America/Halifax": "CA-NS CA-PE",
    "America/Moncton": "CA-NB",
    "America/St_Johns": "CA-NL",
    "Australia/Sydney": "AU-NSW AU-ACT",
    "Australia/Melbourne": "AU-VIC",
    "Australia/Brisbane": "AU-QLD",
    "Australia/Adelaide": "AU-SA",
    "Australia/Darwin": "AU-NT",
    "Australia/Perth": "AU-WA",
    "Australia/Hobart": "AU-TAS",
}
_SEVERAL_ZONES: Final[dict[str, tuple[str, ...]]] = {
    "US-AK": ("America/Anchorage", "America/Adak"),
    "US-FL": (_EASTERN, _CENTRAL),
    "US-IN": ("America/Indiana/Indianapolis", _CENTRAL),
    "US-KY": (_EASTERN, _CENTRAL),
    "US-MI": ("America/Detroit", _CENTRAL),
    "US-TN": (_EASTERN, _CENTRAL),
    "US-KS": (_CENTRAL, _MOUNTAIN),
    "US-NE": (_CENTRAL, _MOUNTAIN),
    "US-ND": (_CENTRAL, _MOUNTAIN),
    "US-SD": (_CENTRAL, _MOUNTAIN),
    "US-TX": (_CENTRAL, _MOUNTAIN),
    "US-ID": (_MOUNTAIN, _PACIFIC),
    "US-OR": (_PACIFIC, _MOUNTAIN),
}
_STATES: Final[dict[str, tuple[str, ...]]] = {
    state: (zone,) for zone, states in _ONE_ZONE.items() for state in states.split()
} | _SEVERAL_ZONES


def region_zones(region: str) -> tuple[str, ...]:
    """The zones of "US-CA" or "DE"; an unknown state answers for its whole country, nonsense with ()."""
    code = region.strip().upper().replace("_", "-")
    return _STATES.get(code) or _countries().get(code.partition("-")[0], ())


@cache
def _countries() -> dict[str, tuple[str, ...]]:
    """Country → zones, from the table that the time zone database itself publishes."""
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    zones: dict[str, list[str]] = {}
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            zones.setdefault(country, []).append(zone)
    return {country: tuple(names) for country, names in zones.items()}
