"""Who knows whom in the demo workspace: ties, introductions in every state, referrals over ninety days."""

import datetime as dt
import random
from typing import Any

from accounts.models import Role, Tenant, User
from contacts.models import Contact
from network.models import Introduction, Referral, Relationship

TIES, REFERRALS = 500, 90
MESSAGE = "We help teams like theirs answer every lead within five minutes. Fifteen minutes with them would be great."


def load_demo(*, tenant: Tenant, users: dict[str, User], now: dt.datetime) -> None:
    """Tie colleagues and random others, then introductions and referrals among them."""
    rng = random.Random(11)  # noqa: S311 - the same network on every machine
    people = list(Contact.objects.active().order_by("created_at", "pk"))
    if len(people) < 20:
        return
    _tie(rng, people)
    _introduce(rng, people, users, now)
    _refer(rng, people, now)


def _tie(rng: random.Random, people: list[Contact]) -> None:
    """Colleagues know each other well; a few people know many others."""
    pairs: dict[tuple[Any, Any], Relationship] = {}
    hubs = rng.sample(people, 12)
    while len(pairs) < min(TIES, len(people) * 3):
        one = rng.choice(hubs if rng.random() < 0.3 else people)
        peers = [p for p in people if p.company == one.company] if rng.random() < 0.4 else people
        other = rng.choice(peers)
        key = (min(one.pk, other.pk), max(one.pk, other.pk))
        if one.pk == other.pk or key in pairs:
            continue
        strength = rng.uniform(0.55, 0.95) if one.company == other.company else rng.uniform(0.1, 0.85)
        pairs[key] = Relationship(
            from_contact=one, to_contact=other, strength=round(strength, 2), mutual=rng.random() < 0.85
        )
    Relationship.objects.bulk_create(pairs.values())


def _introduce(rng: random.Random, people: list[Contact], users: dict[str, User], now: dt.datetime) -> None:
    ties = list(Relationship.objects.select_related("from_contact", "to_contact").order_by("-strength", "pk")[:15])
    asker = users.get(Role.AGENT.value)
    for place, tie in enumerate(ties):
        status = list(Introduction.Status)[place % 5]
        asked = now - dt.timedelta(days=rng.uniform(0, 4) if status == Introduction.Status.REQUESTED else 12)
        answered = asked + dt.timedelta(hours=20)
        open_ended = status in (Introduction.Status.REQUESTED, Introduction.Status.EXPIRED)
        introduction = Introduction.objects.create(
            to_contact=tie.to_contact,
            via_contact=tie.from_contact,
            status=status,
            message=MESSAGE,
            requested_by=asker,
            expires_at=asked + dt.timedelta(days=5),
            answered_at=None if open_ended else answered,
            completed_at=answered + dt.timedelta(days=2) if status == Introduction.Status.COMPLETED else None,
            outcome="They met on a call and agreed on a trial." if status == Introduction.Status.COMPLETED else "",
        )
        Introduction.objects.filter(pk=introduction.pk).update(created_at=asked)


def _refer(rng: random.Random, people: list[Contact], now: dt.datetime) -> None:
    """Older contacts brought newer ones, so that no circle can close."""
    middle = len(people) // 2
    referrers = rng.sample(people[:middle], 14)
    brought = rng.sample(people[middle:], min(REFERRALS, len(people) - middle))
    rows = []
    for person in brought:
        referrer = referrers[min(int(rng.expovariate(0.3)), len(referrers) - 1)]
        at = now - dt.timedelta(days=90 * rng.random() ** 1.4)
        won = rng.random() < 0.28 and at < now - dt.timedelta(days=4)
        rows.append(
            Referral(
                referrer=referrer,
                referred=person,
                code=referrer.referral_code,
                source="web form",
                referred_at=at,
                converted_at=at + dt.timedelta(days=3) if won else None,
            )
        )
    Referral.objects.bulk_create(rows)
