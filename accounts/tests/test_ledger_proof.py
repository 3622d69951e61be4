"""The small copy of `python -m bench.ledger`: clients that race, repeat and are killed cannot cheat the purse."""

import pytest
from django.db import connections

from bench import ledger

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def prove():
    """Run clients against the test database; answers what was found."""
    database = connections["default"].settings_dict["NAME"]
    return lambda **options: ledger.prove(clients=10, database=database, **options)


def test_no_key_moves_anything_twice_through_races_and_kills(prove):
    found = prove(moves=250, kills=2)
    assert found["violations"] == [], found
    assert (found["moves"], found["kills"]) == (250, 2)
    assert min(found["looks"], found["refused"]) > 0


def test_the_usual_purse_fails_the_same_judgement(prove):
    found = prove(moves=150, kills=0, control=True)
    assert {"off_by", "looks_wrong"} & set(found["violations"]), found
