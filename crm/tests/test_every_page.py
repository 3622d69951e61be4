"""Every page of the URL map opens for each role, empty and with records, under the content security policy.

A page that has no entry in `crm/tests/pages.py` fails the test.
"""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver, get_resolver, reverse

from crm.tests.pages import NOT_WALKED, PAGES, RECORDS, parameters

pytestmark = pytest.mark.django_db
ROLES = ("agent", "manager", "admin")
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<[a-z][^<>]*\s(?:style|on[a-z]+)=|=\"javascript:", re.IGNORECASE
)
# The lists, with what their rows are.
LISTS = {
    "contacts:list": "contact",
    "contacts:imports": "import",
    "calls:list": "call",
    "leads-page": "lead",
    "lead-board": "lead",
    "notes-page": "note",
    "campaigns": "campaign",
    "do-not-call-page": "number",
    "today": "task",
    "people": "user",
    "webhooks-page": "endpoint",
    "mail-list": "mail",
}


def pages_of_the_map(resolver: Any, namespace: str = "") -> dict[str, list[str]]:
    """Page name → path parameters, without the API and the Django admin."""
    found: dict[str, list[str]] = {}
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            if str(entry.pattern) in ("api/v1/", "admin/"):
                continue
            inner = f"{entry.namespace}:" if entry.namespace else ""
            found |= pages_of_the_map(entry, namespace + inner)
        elif entry.name:
            found[namespace + entry.name] = list(entry.pattern.regex.groupindex)
    return found


ADDRESSES = pages_of_the_map(get_resolver())


def complaint(page: Any, status: int, *, allowed: bool) -> str:
    """What is wrong with the status of an answer to GET, in words; empty when it is right."""
    if not allowed:
        return "" if status in (403, 405) else f"{status} where the role is too low"
    if page.form:
        return "" if status == 405 else f"{status} to a GET of a form's address"
    return "" if status in (200, 302, 404) else f"{status}"


def walk(workspace: Any, role: str, records: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """GET every page; what was wrong, by page."""
    browser, wrong = workspace.browser(role), []
    rank = {"nobody": 0, "agent": 1, "manager": 2, "admin": 3}
    for name, page in sorted(PAGES.items()):
        record = records.get(name, {})
        answer = browser.get(reverse(name, kwargs=parameters(record, ADDRESSES[name])))
        allowed = rank[role] >= rank[page.role]
        if said := complaint(page, answer.status_code, allowed=allowed):
            wrong.append((name, said))
        if record and allowed and answer.status_code == 404 and name != "lead-resume-page":
            wrong.append((name, "404 for a record that is there"))
        text = "" if getattr(answer, "streaming", False) else answer.content.decode()
        wrong += [(name, f"not allowed by the policy: {each.group()}") for each in INLINE.finditer(text)]
    return wrong


def test_every_page_of_the_map_is_walked():
    names = set(ADDRESSES)
    assert names - set(PAGES) - set(NOT_WALKED) == set(), "add them to crm/tests/pages.py"
    assert (set(PAGES) | set(NOT_WALKED)) - names == set(), "entries nobody needs any more"


@pytest.mark.parametrize("role", ROLES)
def test_every_page_opens_in_an_empty_workspace(workspace, role):
    with workspace.scope():
        form = {name: RECORDS["form"](workspace) for name in ("public-form", "public-form-sent")}
    assert walk(workspace, role, form) == []


@pytest.mark.parametrize("role", ROLES)
def test_every_page_opens_with_records(workspace, role):
    with workspace.scope():
        records = {name: page.record(workspace) for name, page in PAGES.items() if page.record}
    assert walk(workspace, role, records) == []


@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_list_asks_no_more_of_the_database_for_more_rows(workspace, name):
    browser, asked = workspace.browser("admin"), []
    for more in (1, 3):
        with workspace.scope():
            for _ in range(more):
                make_row(LISTS[name], workspace)
        browser.get(reverse(name))
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(reverse(name)).status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1], [query["sql"] for query in queries.captured_queries]


def make_row(kind: str, workspace: Any) -> None:
    """One more row; people and numbers must differ from those that are there."""
    if kind == "user":
        from accounts.models import User
        from accounts.services import create_user

        n = User.objects.count()
        create_user(email=f"agent{n}@{workspace.domain}", name="Ana", role="agent", password="correct-horse")
    elif kind == "number":
        from campaigns.models import Suppression

        Suppression.objects.create(phone_number=f"+120255501{80 + Suppression.objects.count()}")
    else:
        RECORDS[kind](workspace)


def test_nobody_is_led_to_the_sign_in_and_anyone_may_sign_out(workspace, client):
    assert client.get(reverse("leads-page")).headers["Location"].startswith("/login")
    assert INLINE.search(client.get(reverse("login")).content.decode()) is None
    assert workspace.browser().post(reverse("logout")).headers["Location"] == "/login"
