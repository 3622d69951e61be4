"""The sources in use: told by steps through their index, not by reading every lead."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact
from leads.models import Lead
from leads.selectors import lead_sources
from leads.services import delete_lead


def add(workspace, *sources):
    contact, _ = Contact.objects.get_or_create(first_name="Ada", email="ada@mail.example")
    rows = [Lead(contact=contact, first_name="Ada", email="ada@mail.example", source=source) for source in sources]
    return Lead.objects.bulk_create(rows)


def test_each_source_is_told_once_by_name_without_trash_blanks_and_strangers(workspace, stranger):
    with stranger.scope():
        add(stranger, "theirs")
    with workspace.scope():
        add(workspace, "Web form", "fair", "web form", "", "Éclair", "fair")
        delete_lead(actor=workspace.agent, lead=add(workspace, "gone")[0])
        told = [source.lower() for source in lead_sources()]
        assert sorted(told) == ["fair", "web form", "éclair"]
        assert len(lead_sources(most=2)) == 2
    page = workspace.browser().get("/leads").content.decode()
    assert "<option>fair</option>" in page
    assert "theirs" not in page
    assert "<option selected>rare</option>" in workspace.browser().get("/leads?source=rare").content.decode()
    items = workspace.api().get("/api/v1/leads?source=WEB FORM").json()["items"]
    assert sorted(item["source"] for item in items) == ["Web form", "web form"]


@pytest.mark.django_db
def test_telling_them_steps_through_the_index(scoped):
    add(scoped, *["fair"] * 300, *["web"] * 300)
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as asked:
        assert lead_sources() == ["fair", "web"]
        cursor.execute("ANALYZE leads_lead")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING off) {asked.captured_queries[0]['sql']}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "lead_source" in plan, plan
    assert "rows=600" not in plan
