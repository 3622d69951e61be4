"""Totals of lists: exact to ten thousand, an estimate that serves for a while above, the end of a list is the truth."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact
from core import pagination

pytestmark = pytest.mark.django_db
URL = "/api/v1/contacts"


def add(number):
    Contact.objects.bulk_create([Contact(email=f"{uuid.uuid4()}@x.example") for _ in range(number)])


def counted(client, query=""):
    with CaptureQueriesContext(connection) as asked:
        body = client.get(f"{URL}{query}").json()
    statements = [q["sql"] for q in asked if "COUNT(*)" in q["sql"]]
    return body["total"], body["total_is_exact"], len(statements)


@pytest.fixture
def small_limit(monkeypatch):
    """Large lists begin at 100 here, so that the test needs no ten thousand rows; it may not ANALYZE either."""
    monkeypatch.setattr(pagination, "EXACT_UP_TO", 100)
    monkeypatch.setattr(pagination, "estimated_rows", lambda queryset: queryset.count())


def test_the_end_of_a_list_tells_its_length_without_counting(workspace):
    with workspace.scope():
        add(45)
    client = workspace.api()
    assert counted(client) == (45, True, 1)
    assert counted(client, "?page=3") == (45, True, 0)
    assert counted(client, "?page=4") == (45, True, 1)
    assert counted(client, "?email=none@x.example") == (0, True, 0)


def test_a_large_list_is_estimated_once_and_counted_anew_when_it_has_shrunk(workspace, small_limit):
    with workspace.scope():
        add(300)
    client = workspace.api()
    assert counted(client) == (300, False, 2)
    assert counted(client) == (300, False, 0)
    assert counted(client, "?status=lead") == (300, False, 2)
    with workspace.scope():
        Contact.objects.exclude(pk__in=Contact.objects.values("pk")[:7]).delete()
    assert counted(client) == (7, True, 0)


def test_estimates_are_not_shared_between_workspaces(workspace, stranger, small_limit):
    for one in (workspace, stranger):
        with one.scope():
            add(300 if one is workspace else 30)
    assert counted(workspace.api())[1] is False
    assert counted(stranger.api()) == (30, True, 1)
