"""Paths against every simple path there is, on small random graphs with directed, mutual, equal and deleted parts."""

import itertools
import random
from decimal import Decimal

import pytest
from django.utils import timezone

from contacts.models import Contact
from network import graph
from network.graph import find_paths
from network.models import Relationship

pytestmark = pytest.mark.django_db
rows_of = graph._Search._rows


def every_path(steps, start, end):
    """(hops, -product, strengths) of every simple path of at most four hops, best first."""
    found = []

    def walk(here, seen, strengths):
        if here == end:
            product = Decimal(1)
            for strength in strengths:
                product *= strength
            found.append((len(strengths), -product))
            return
        if len(strengths) < 4:
            for there, strength in steps.get(here, {}).items():
                if there not in seen:
                    walk(there, seen | {there}, [*strengths, strength])

    walk(start, {start}, [])
    return sorted(found)


@pytest.mark.parametrize("seed", range(8))
def test_paths_are_those_of_a_search_through_everything(workspace, seed, monkeypatch):
    rng = random.Random(seed)
    if seed % 3:  # the ways taken for people who know hundreds, on people who know a few
        monkeypatch.setattr(graph, "_WIDE" if seed % 3 == 1 else "_MOST_PROBES", 2)
    with workspace.scope():
        people = Contact.objects.bulk_create(
            [Contact(first_name=f"P{n}", email=f"p{n}@graph.test") for n in range(rng.randint(5, 14))]
        )
        gone = {person.pk for person in people[4:] if rng.random() < 0.15}
        Contact.objects.filter(pk__in=gone).update(deleted_at=timezone.now())
        ties, steps = [], {}
        for place, one in enumerate(people):
            for other in people[place + 1 :]:
                if rng.random() > 0.35:
                    continue
                a, b = rng.sample([one, other], 2)
                mutual = rng.random() < 0.5
                for x, y in [(a, b), (b, a)] if not mutual and rng.random() < 0.4 else [(a, b)]:
                    strength = Decimal(rng.choice(["0.10", "0.50", "0.50", "0.90", "1.00"]))
                    ties.append(Relationship(from_contact=x, to_contact=y, strength=strength, mutual=mutual))
                    for here, there in [(x, y), (y, x)] if mutual else [(x, y)]:
                        if not {here.pk, there.pk} & gone:
                            steps.setdefault(here.pk, {})[there.pk] = strength
        Relationship.objects.bulk_create(ties)
        for start in people[:4]:
            for end in people[:4]:
                if start != end:
                    hops = rng.choice([2, 3, 4, 4])
                    mine = find_paths(from_id=start.pk, to_id=end.pk, max_hops=hops, alternatives=5)
                    expected = [path for path in every_path(steps, start.pk, end.pk) if path[0] <= hops][:6]
                    assert [(p.hops, -p.strength) for p in mine] == expected
                    for path in mine:
                        walked = zip(path.contact_ids, path.contact_ids[1:], path.strengths, strict=False)
                        assert all(steps[x][y] == strength for x, y, strength in walked)


@pytest.mark.parametrize("hub_is_start", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_four_hops_at_a_hub_are_searched_from_the_other_end_and_right(workspace, monkeypatch, hub_is_start, seed):
    rng = random.Random(seed)
    used = []
    monkeypatch.setattr(graph, "_WIDE", 3)
    monkeypatch.setattr(graph._Search, "_rows", lambda self, s, most: used.append(s) or rows_of(self, s, most))
    with workspace.scope():
        layers = [
            Contact.objects.bulk_create([Contact(first_name="P", email=f"p{hop}-{n}@graph.test") for n in range(size)])
            for hop, size in enumerate([1, 12, 4, 2, 1])
        ]
        gone = {rng.choice(layers[1]).pk, rng.choice(layers[2]).pk}
        Contact.objects.filter(pk__in=gone).update(deleted_at=timezone.now())
        ties, steps = [], {}
        for near, far in itertools.pairwise(layers):
            for one, other in itertools.product(near, far):
                if rng.random() < 0.7 or len(near) == 1:
                    pair = (one, other) if hub_is_start else (other, one)
                    mutual, turned = rng.choice([(True, False), (True, True), (False, False)])
                    a, b = pair[::-1] if turned else pair
                    strength = Decimal(rng.choice(["0.10", "0.50", "0.50", "0.90", "1.00"]))
                    ties.append(Relationship(from_contact=a, to_contact=b, strength=strength, mutual=mutual))
                    for x, y in [pair, pair[::-1]] if mutual else [pair]:
                        if not {x.pk, y.pk} & gone:
                            steps.setdefault(x.pk, {})[y.pk] = strength
        Relationship.objects.bulk_create(ties)
        hub, far_end = layers[0][0].pk, layers[-1][0].pk
        start, end = (hub, far_end) if hub_is_start else (far_end, hub)
        mine = find_paths(from_id=start, to_id=end, alternatives=8)
        assert [(p.hops, -p.strength) for p in mine] == every_path(steps, start, end)[:9]
        assert (graph.sql.FOUR_TO_B if hub_is_start else graph.sql.FOUR_FROM_A) in used
