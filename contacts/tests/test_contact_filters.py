"""`GET /contacts` and `GET /contacts/search`: narrowing down and finding."""

from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.services import create_contact, delete_contact

pytestmark = pytest.mark.django_db
URL = "/api/v1/contacts"


@pytest.fixture
def people(workspace):
    with workspace.scope():
        rows = [
            (
                "Ada",
                "Lovelace",
                "ada@engines.example",
                "+14155550134",
                "Analytical Engines",
                ["VIP", "Math"],
                "customer",
            ),
            ("Grace", "Hopper", "grace@navy.example", "+12125550199", "Navy Yard", ["VIP"], "lead"),
            ("Jürgen", "Müller", "jm@kestrel.example", "+493012345678", "Kestrel Logistik", ["Math"], "lead"),
            ("Priya", "O'Neil-Raman", "priya@lumen.example", "+442079460958", "Lumen & Co", [], "churned"),
        ]
        return {
            first: create_contact(
                actor=None,
                first_name=first,
                last_name=last,
                email=email,
                phone_number=phone,
                company=company,
                tags=tags,
                status=status,
            )
            for first, last, email, phone, company, tags, status in rows
        }


def names(answer):
    assert answer.status_code == 200, answer.content
    return {item["first_name"] for item in answer.json()["items"]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"Ada", "Grace", "Jürgen", "Priya"}),
        ("email=ADA@engines.example", {"Ada"}),
        ("phone_number=(415) 555-0134", {"Ada"}),
        ("phone_number=+14155550134", {"Ada"}),
        ("phone_number=%2B442079460958", {"Priya"}),
        ("phone_number=+442079460958", {"Priya"}),
        ("tag=vip", {"Ada", "Grace"}),
        ("tag=vip&tag=math", {"Ada", "Grace", "Jürgen"}),
        ("tags_all=vip,MATH", {"Ada"}),
        ("tag=unknown", set()),
        ("status=lead", {"Grace", "Jürgen"}),
        ("company=navy yard", {"Grace"}),
        ("search=lovel", {"Ada"}),
        ("search=muller kestrel", {"Jürgen"}),
        ("search=oneil", {"Priya"}),
        ("search=5550", {"Ada", "Grace"}),
        ("created_after=2020-01-01T00:00:00Z", {"Ada", "Grace", "Jürgen", "Priya"}),
        ("created_before=2020-01-01", set()),
        ("updated_after=2999-01-01T00:00:00+02:00", set()),
        ("is_active=false", set()),
        ("owner=0198a000-0000-7000-8000-000000000000", set()),
    ],
)
def test_the_list_is_narrowed_by(workspace, people, query, expected):
    assert names(workspace.api().get(f"{URL}?{query}")) == expected


@pytest.mark.parametrize(
    "query",
    [
        "status=boss", "owner=abc", "is_active=maybe", "created_after=yesterday", "unknown=1", "search=%00",
        "created_after=9999-12-31T23:59:59-23:59", "page=0", "page_size=101", "ordering=password", "cursor=zzz",
        "search=" + "x" * 501, "fields=password", "phone_number=%00", "tag=%00", "page=999999999999999999999",
    ],
)  # fmt: skip
def test_an_unreadable_filter_is_400(workspace, query):
    answer = workspace.api().get(f"{URL}?{query}")
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"


def test_the_list_walks_by_cursor_to_its_end(workspace, people):
    client, seen, cursor = workspace.api(), [], ""
    for _ in range(5):
        page = client.get(
            f"{URL}?page_size=1&ordering=first_name" + (f"&cursor={quote(cursor)}" if cursor else "")
        ).json()
        seen += [item["first_name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["Ada", "Grace", "Jürgen", "Priya"]
    assert page["total"] == 4


def test_only_the_named_fields_are_answered(workspace, people):
    items = workspace.api().get(f"{URL}?fields=id,email").json()["items"]
    assert all(set(item) == {"id", "email"} for item in items)


def test_the_list_costs_the_same_queries_for_one_and_three_rows(workspace):
    client = workspace.api()
    counts = []
    for number in (1, 2):
        with workspace.scope():
            for i in range(number):
                create_contact(actor=None, email=f"{number}-{i}@example.com", owner=workspace.agent)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(URL)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 7, [q["sql"] for q in queries]


@pytest.mark.parametrize(
    ("query", "first", "field"),
    [
        ("ada", "Ada", "name"),
        ("lovel", "Ada", "name"),
        ("lovelase", "Ada", "name"),
        ("muler", "Jürgen", "name"),
        ("GRACE navy", "Grace", "name"),
        ("priya@lumen", "Priya", "email"),
        ("0958", "Priya", "phone_number"),
        ("020 7946 0958", "Priya", "phone_number"),
        ("+44 20 7946", "Priya", "phone_number"),
        ("vip lovelace", "Ada", "tags"),
    ],
)
def test_search_finds_and_marks(workspace, people, query, first, field):
    answer = workspace.api().get(f"{URL}/search", {"q": query})
    assert answer.status_code == 200, answer.content
    best = answer.json()["items"][0]
    assert best["first_name"] == first
    assert 0 < best["score"] <= 1
    assert "<mark>" in best["highlight"][field]


def test_search_ranks_the_better_match_first(workspace, people):
    with workspace.scope():
        create_contact(actor=None, email="x@example.com", first_name="Adalbert", last_name="Loveland")
    items = workspace.api().get(f"{URL}/search?q=ada").json()["items"]
    assert [i["first_name"] for i in items] == ["Ada", "Adalbert"]
    assert items[0]["score"] > items[1]["score"]


def test_search_marks_are_safe_html(workspace):
    with workspace.scope():
        create_contact(actor=None, email="x@example.com", company="<script> Ada & Co")
    found = workspace.api().get(f"{URL}/search?q=ada").json()["items"][0]
    assert found["highlight"]["company"] == "&lt;script&gt; <mark>Ada</mark> &amp; Co"


def test_search_knows_neither_trash_nor_strangers(workspace, stranger, people):
    with workspace.scope():
        delete_contact(actor=None, contact=people["Ada"])
    assert workspace.api().get(f"{URL}/search?q=lovelace").json()["items"] == []
    assert stranger.api().get(f"{URL}/search?q=grace").json()["items"] == []
    assert stranger.api().get(f"{URL}?search=grace").json()["items"] == []


@pytest.mark.parametrize("query", ["", "   ", "%00", "x" * 501])
def test_search_for_nothing_readable_is_400(workspace, query):
    assert workspace.api().get(f"{URL}/search?q={query}").status_code == 400


@pytest.mark.parametrize("query", ["%25", "_", "'", "\\", "a b c d e f g h i j k l m n o p", "\U0001f600", "...", "ab"])
def test_search_survives_odd_signs(workspace, people, query):
    assert workspace.api().get(f"{URL}/search", {"q": query}).status_code == 200


def test_search_walks_its_pages(workspace, people):
    client = workspace.api()
    first = client.get(f"{URL}/search?q=example&page_size=3").json()
    assert (first["total"], len(first["items"])) == (4, 3)
    second = client.get(f"{URL}/search", {"q": "example", "page_size": 3, "cursor": first["next_cursor"]}).json()
    assert (len(second["items"]), second["next_cursor"]) == (1, None)
    assert client.get(f"{URL}/search", {"q": "other", "cursor": first["next_cursor"]}).status_code == 400


def test_the_list_is_narrowed_by_a_custom_field_in_its_type(workspace):
    from contacts.models import CustomField

    with workspace.scope():
        CustomField.objects.create(key="seats", label="Seats", kind="number")
        create_contact(actor=None, email="a@example.com", first_name="Forty", custom_fields={"seats": 40})
        create_contact(actor=None, email="b@example.com", first_name="Four", custom_fields={"seats": 4})
    assert names(workspace.api().get(f"{URL}?custom=seats:40")) == {"Forty"}
    assert names(workspace.api().get(f"{URL}?custom=seats:many")) == set()
