"""The cursor of a list: a deep page begins in the index where the last one ended."""

import datetime as dt
import uuid

import pytest
from django.db import connection

from contacts.models import Contact
from core.pagination import after
from leads.selectors import lead_rows

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("ordering", "sign"), [("-created_at", "<="), ("created_at", ">=")])
def test_a_page_after_a_cursor_is_bounded_on_the_first_field_alone(scoped, ordering, sign):
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    rows = after(Contact.objects.order_by(ordering, "-id"), [ordering, "-id"], [moment, uuid.uuid4()])
    where = str(rows.query).partition("WHERE")[2]
    assert f'"contacts_contact"."created_at" {sign} ' in where
    assert list(rows) == []


def test_contacts_without_a_value_follow_in_an_ascending_list(scoped):
    Contact.objects.create(email="a@example.com", phone_number="+14155550134")
    later = Contact.objects.create(email="b@example.com")
    names = ["phone_number", "id"]
    rows = after(Contact.objects.order_by(*names), names, ["+14155550199", uuid.UUID(int=0)])
    assert list(rows) == [later]


@pytest.mark.parametrize("ordering", ["created_at", "first_name", "company"])
@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("rows", [Contact.objects.active, lead_rows], ids=["contacts", "leads"])
def test_the_orders_people_use_come_from_an_index(scoped, rows, ordering, sign):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")  # so that the plan does not hang on how few rows there are
    plan = rows().order_by(f"{sign}{ordering}", f"{sign}id")[:51].explain()
    assert "Sort" not in plan.split("SubPlan")[0]
