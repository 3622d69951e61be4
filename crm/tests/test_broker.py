"""The way to the broker."""

import kombu.utils.functional
import pytest
from kombu.exceptions import OperationalError

from crm.celery import app


def test_a_broker_that_is_away_is_asked_again_within_two_seconds_however_long_it_has_been(monkeypatch):
    pauses = []
    monkeypatch.setattr(kombu.utils.functional, "sleep", pauses.append)
    with app.connection_for_read("redis://127.0.0.1:1/0") as connection, pytest.raises(OperationalError):
        connection.ensure_connection(max_retries=30)  # as workers and beat call it
    tries, waited = 30, sum(pauses)
    assert max(pauses) <= 2.0
    assert waited <= tries * 2.0
