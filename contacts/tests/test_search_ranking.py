"""What search finds and in which order, also among more matches than are ranked."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact
from contacts.search import MOST, find
from contacts.services import create_contact, delete_contact

pytestmark = pytest.mark.django_db
URL = "/api/v1/contacts/search"


def add(first, last="", company="", **more):
    number = Contact.objects.count()
    return create_contact(
        actor=None, first_name=first, last_name=last, company=company, email=f"c{number}@mail.example", **more
    )


def found(query, **page):
    return [hit.contact.name for hit in find(query, **page).hits]


@pytest.fixture
def scope(workspace):
    with workspace.scope():
        yield workspace


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ada", ["Ada Byron", "Zed", "Adaline King", "Adalbert King"]),
        ("king", ["Adaline King", "Adalbert King", "Zed", "Lou Kingsley"]),
        ("king ada", ["Adaline King", "Adalbert King", "Zed"]),
        ("buyer", ["Lou Kingsley"]),
        ("c0@mail", ["Ada Byron"]),
        ("BYRÓN", ["Ada Byron"]),
    ],
)
def test_whole_words_come_before_beginnings_and_names_before_companies(scope, query, expected):
    add("Ada", "Byron")
    add("Adalbert", "King")
    add("Adaline", "King")
    add("Lou", "Kingsley", title="Buyer")
    add("Zed", company="King Ada")
    assert found(query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("jhon", "John Smith"),
        ("jonh smith", "John Smith"),
        ("smiht", "John Smith"),
        ("smth", "John Smith"),
        ("smiith", "John Smith"),
        ("garce hopper", "Grace Hopper"),
        ("grace hoper", "Grace Hopper"),
        ("gracce hopperr", "Grace Hopper"),
        ("schroedinger", "Erwin Schrödinger"),
        ("schrodingr", "Erwin Schrödinger"),
        ("kestrl", "Erwin Schrödinger"),
        ("kestrelo", "Erwin Schrödinger"),
        ("толстйо", "Лев Толстой"),
    ],
)
def test_one_slip_of_the_fingers_finds_the_person(scope, query, expected):
    add("John", "Smith")
    add("Grace", "Hopper")
    add("Erwin", "Schrödinger", company="Kestrel Logistik")
    add("Лев", "Толстой")
    for number in range(30):
        add(f"Person{number}", f"Other{number}", company="Nothing alike")
    assert (found(query) or [""])[0] == expected


def test_a_misspelling_scores_less_and_is_marked(scope):
    add("John", "Smith")
    right, wrong = find("john").hits[0], find("jhon").hits[0]
    assert wrong.score < right.score == 1
    assert wrong.highlight["name"] == "<mark>John</mark> Smith"


def test_the_whole_word_is_found_behind_more_beginnings_than_are_ranked(scope):
    people = [Contact(first_name=f"Albert{n}", email=f"a{n}@mail.example") for n in range(MOST + 50)]
    Contact.objects.bulk_create(people)
    add("Al", "Zimmer")
    ranking = find("al")
    assert ranking.hits[0].contact.name == "Al Zimmer"
    assert (ranking.total, ranking.exact) == (MOST, False)
    answer = scope.api().get(URL, {"q": "al", "page_size": 5}).json()
    assert (answer["total"], answer["total_is_exact"]) == (MOST, False)


def test_a_beginning_that_a_large_workspace_is_full_of_is_met_from_the_newest_back(scope):
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    people = [
        Contact(
            first_name=f"{'Albert' if n % 2 else 'Bert'}{n:04}",
            email=f"b{n}@mail.example",
            created_at=start + dt.timedelta(minutes=n),
        )
        for n in range(5_500)
    ]
    Contact.objects.bulk_create(people)
    add("Al", "Zimmer")
    add("Ferdinand")
    ranking = find("al")
    assert [hit.contact.name for hit in ranking.hits[:3]] == ["Al Zimmer", "Albert5499", "Albert5497"]
    assert (ranking.total, ranking.exact) == (200, False)
    answer = scope.api().get(URL, {"q": "al", "page": 50}).json()
    assert (answer["items"], answer["total"], answer["total_is_exact"]) == ([], 200, False)
    rare = find("ferd")
    assert ([hit.contact.name for hit in rare.hits], rare.total, rare.exact) == (["Ferdinand"], 1, True)
    assert scope.api().get("/api/v1/contacts", {"search": "al"}).json()["total"] == 2_751


def test_equals_stand_newest_first_and_pages_neither_repeat_nor_skip(scope):
    for number in range(7):
        add("Same", f"Person{number}")
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    Contact.objects.filter(last_name__in=["Person1", "Person5"]).update(created_at=moment)
    client, seen, cursor = scope.api(), [], None
    while True:
        page = client.get(URL, {"q": "same", "page_size": 3} | ({"cursor": cursor} if cursor else {})).json()
        seen += [item["last_name"] for item in page["items"]]
        assert (page["total"], page["total_is_exact"]) == (7, True)
        if not (cursor := page["next_cursor"]):
            break
    assert seen[:5] == ["Person6", "Person4", "Person3", "Person2", "Person0"]
    assert seen == [hit.contact.last_name for hit in find("same").hits]
    beyond = client.get(URL, {"q": "same", "page": 9}).json()
    assert (beyond["items"], beyond["total"]) == ([], 7)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("0134", ["Ends With", "In Between"]),
        ("(415) 555-0134", ["Ends With"]),
        ("415-555", ["In Between", "Ends With"]),
        ("4711", ["Eau de Cologne"]),
        ("9999", []),
    ],
)
def test_digits_are_found_anywhere_and_best_at_the_end_of_a_number(scope, query, expected):
    add("Eau", "de Cologne", company="4711 Perfumes")
    add("Ends", "With", phone_number="+14155550134")
    add("In", "Between", phone_number="+14155501343" if query == "0134" else "+14155550199")
    assert found(query) == expected
    for hit in find(query).hits:
        assert "<mark>" in "".join(hit.highlight.values())


def test_search_takes_one_statement_and_one_more_for_a_number(scope, django_assert_num_queries):
    add("John", "Smith", phone_number="+14155550134")
    for query, statements in (("john", 1), ("jhon", 1), ("0134", 2)):
        with CaptureQueriesContext(connection) as asked:
            assert found(query) == ["John Smith"]
        assert len(asked) == statements, [q["sql"] for q in asked]


def test_neither_trash_nor_strangers_are_known_even_by_a_misspelling(workspace, stranger):
    with stranger.scope():
        add("Lovelace")
    with workspace.scope():
        delete_contact(actor=None, contact=add("Lovelace"))
        for query in ("lovelace", "lovelase", "lovlase", "ovela"):
            assert found(query) == []
    assert workspace.api().get("/api/v1/contacts?search=lovelase").json()["items"] == []
    with stranger.scope():
        assert found("lovelase") == ["Lovelace"]


@pytest.mark.parametrize("few", [2, 2000])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("smith", {"John", "Joan", "Jack", "Smithy"}),
        ("smiht", {"John", "Joan", "Jack", "Smithy"}),
        ("smith acme", {"John", "Joan", "Jack"}),
        ("55501", {"John", "Joan", "Jack"}),
        ("acme", {"John", "Joan", "Jack"}),
        ("ith", set()),
    ],
)
def test_a_list_holds_the_same_whether_matches_are_named_or_walked(scope, monkeypatch, few, query, expected):
    monkeypatch.setattr("contacts.search.FEW", few)
    for number, first in enumerate(("John", "Joan", "Jack")):
        add(first, "Smith", "Acme", phone_number=f"+1415555010{number}")
    add("Smithy", "Jones")
    add("Ann", "Lee", phone_number="+12125550234")
    delete_contact(actor=None, contact=add("Gone", "Smith", "Acme"))
    body = scope.api().get("/api/v1/contacts", {"search": query, "ordering": "first_name"}).json()
    assert [item["first_name"] for item in body["items"]] == sorted(expected)
    assert (body["total"], body["total_is_exact"]) == (len(expected), True)
