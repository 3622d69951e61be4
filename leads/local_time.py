"""What time it is where a lead lives, when that is certain."""

import datetime as dt
import zoneinfo
from typing import Any

from core.phones import time_zones


def zone_of(record: Any, now: dt.datetime) -> zoneinfo.ZoneInfo | None:
    """The zone of a lead or contact: its contact's own, else its number's when all of those agree now."""
    contact = getattr(record, "contact", record)
    names = [contact.timezone] if contact.timezone else list(time_zones(record.phone_number or ""))
    zones = []
    for name in names:
        try:
            zones.append(zoneinfo.ZoneInfo(name))
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            return None
    offsets = {now.astimezone(zone).utcoffset() for zone in zones}
    return zones[0] if len(offsets) == 1 else None


def moment_there(text: str, zone: dt.tzinfo) -> dt.datetime:
    """The moment a wall-clock time typed into a form means in `zone`; a text with an offset keeps its own.

    Raises ValueError for what is no time, or out of the years people plan in.
    """
    typed = dt.datetime.fromisoformat(text.strip())
    if not 2000 <= typed.year <= 2200:
        raise ValueError("not a year to plan in")
    return typed if typed.tzinfo else typed.replace(tzinfo=zone)


def local_time(record: Any, now: dt.datetime) -> dict[str, Any] | None:
    """Clock, city and whether it is a usual hour to call (8 to 20), or None when the place is not certain."""
    zone = zone_of(record, now)
    if zone is None:
        return None
    there = now.astimezone(zone)
    city = zone.key.rsplit("/", 1)[-1].replace("_", " ")
    return {"clock": f"{there:%H:%M}", "city": city, "usual": 8 <= there.hour < 20, "zone": zone.key}
