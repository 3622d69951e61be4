"""What referrals bring: figures of a period, by day, and who is ahead."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate

from core.clock import database_now
from core.scope import current_tenant_id
from network.models import Referral

PERIODS: dict[str, int | None] = {"7d": 7, "30d": 30, "90d": 90, "all": None}

_RANKED = """
SELECT rank() OVER (ORDER BY g.referrals DESC), g.referrer_id, c.first_name, c.last_name, c.email, c.phone_number,
  g.referrals, g.converted, count(*) OVER ()
FROM (
  SELECT referrer_id, count(*) AS referrals, count(converted_at) AS converted FROM network_referral
  WHERE tenant_id = %(t)s AND voided_at IS NULL AND referred_at >= %(since)s GROUP BY referrer_id
) g JOIN contacts_contact c ON c.id = g.referrer_id AND c.tenant_id = %(t)s AND c.deleted_at IS NULL
ORDER BY 1, g.converted DESC, c.first_name, c.last_name, g.referrer_id LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Standing:
    """A referrer's place in a period."""

    rank: int
    contact_id: uuid.UUID
    name: str
    referrals: int
    converted: int


def since(period: str, now: dt.datetime | None = None) -> dt.datetime | None:
    """The moment a period begins: midnight UTC of its first day; None for all time."""
    days = PERIODS[period]
    if days is None:
        return None
    midnight = (now or database_now()).astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - dt.timedelta(days=days - 1)


def _of_period(period: str, now: dt.datetime) -> QuerySet[Referral]:
    counted: QuerySet[Referral] = Referral.objects.filter(voided_at=None)
    start = since(period, now)
    return counted.filter(referred_at__gte=start) if start else counted


def _rates(referrals: int, converted: int, referrers: int) -> dict[str, float]:
    """The share that converted, and new customers per active referrer: above 1 the circle grows by itself."""
    return {
        "conversion_rate": round(converted / referrals, 4) if referrals else 0.0,
        "viral_coefficient": round(converted / referrers, 4) if referrers else 0.0,
    }


def viral_stats(*, period: str, now: dt.datetime | None = None) -> dict[str, Any]:
    """Referrals made in a period, how many of them converted, by how many people, and the same by day."""
    now = now or database_now()
    figures = {
        "referrals": Count("pk"),
        "converted": Count("pk", filter=Q(converted_at__isnull=False)),
        "active_referrers": Count("referrer", distinct=True),
    }
    rows = _of_period(period, now)
    total = rows.aggregate(**figures)
    days = rows.annotate(day=TruncDate("referred_at", tzinfo=dt.UTC)).order_by("day").values("day").annotate(**figures)
    by_day = {row["day"]: {name: n for name, n in row.items() if name in figures} for row in days}
    return {
        "period": period,
        **total,
        **_rates(total["referrals"], total["converted"], total["active_referrers"]),
        "by_day": [_day(day, by_day.get(day)) for day in _calendar(period, now, by_day)],
    }


def _calendar(period: str, now: dt.datetime, by_day: Iterable[dt.date]) -> list[dt.date]:
    """Every day of the period; of all time, the days since the first referral, at most a year of them."""
    start = since(period, now)
    today = now.astimezone(dt.UTC).date()
    first = start.date() if start else max(min(by_day, default=today), today - dt.timedelta(days=365))
    return [first + dt.timedelta(days=n) for n in range((today - first).days + 1)]


def _day(day: dt.date, row: dict[str, Any] | None) -> dict[str, Any]:
    row = row or {"referrals": 0, "converted": 0, "active_referrers": 0}
    return {"date": day.isoformat(), **row, **_rates(row["referrals"], row["converted"], row["active_referrers"])}


def leaderboard(*, period: str, limit: int = 10, now: dt.datetime | None = None) -> tuple[list[Standing], int]:
    """(the first `limit` referrers of a period, how many there are). Equal numbers of referrals share a rank."""
    from contacts.models import Contact

    start = since(period, now) or dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    with connection.cursor() as cursor:
        cursor.execute(_RANKED, {"t": current_tenant_id(), "since": start, "limit": limit})
        rows = cursor.fetchall()
    standings = [
        Standing(
            rank, pk, Contact(first_name=first, last_name=last, email=email, phone_number=phone).name, made, converted
        )
        for rank, pk, first, last, email, phone, made, converted, _ in rows
    ]
    return standings, rows[0][-1] if rows else 0
