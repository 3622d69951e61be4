"""Every API address that names a record, met by a stranger, by nobody, and with an id that does not exist.

The matrix is drawn from the URL map: an address whose record is not made in `crm/tests/victims.py` fails the test.
"""

import hashlib
import json
import uuid
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.urls import URLPattern, URLResolver
from rest_framework.test import APIClient

from core.rls import tenant_models
from crm import api
from crm.tests.victims import NO_RECORD, VICTIMS

pytestmark = pytest.mark.django_db
METHODS = ("get", "post", "put", "patch", "delete")


def routes(patterns: list[Any], prefix: str = "") -> list[tuple[str, list[str], list[str]]]:
    """(name, path parameters, methods) of every API address."""
    found = []
    for entry in patterns:
        if isinstance(entry, URLResolver):
            found += routes(entry.url_patterns, prefix)
        elif isinstance(entry, URLPattern):
            actions = getattr(entry.callback, "actions", None)
            view = getattr(entry.callback, "cls", None) or getattr(entry.callback, "view_class", None)
            methods = list(actions) if actions else [m for m in METHODS if hasattr(view, m)]
            found.append((entry.name, list(entry.pattern.regex.groupindex), methods))
    return found


ROUTES = routes(api.urlpatterns)
WITH_RECORD = [(name, params, methods) for name, params, methods in ROUTES if params and "format" not in params]


def address(name: str, kwargs: dict[str, Any]) -> str:
    from django.urls import reverse

    return reverse(f"api:{name}", kwargs=kwargs)


def call(client: APIClient, method: str, url: str) -> Any:
    return getattr(client, method)(url, {}) if method != "get" else client.get(url)


def fingerprint(workspace: Any) -> str:
    """A hash of every row of a workspace, so that a write behind a refusal shows."""
    digest = hashlib.sha256()
    ignored = {"core_idempotencykey"}
    with workspace.scope(), connection.cursor() as cursor:
        for model in sorted(tenant_models(), key=lambda m: m._meta.db_table):
            table = model._meta.db_table
            if table in ignored:
                continue
            cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) FROM \"{table}\" t")
            digest.update(cursor.fetchone()[0].encode())
    return digest.hexdigest()


async def whole_body(answer: Any) -> bytes:
    return b"".join([piece async for piece in answer.streaming_content])


def without_request_id(answer: Any) -> Any:
    body = json.loads(answer.content) if answer.content else {}
    body.pop("request_id", None)
    return answer.status_code, body


def test_every_address_that_names_a_record_is_in_the_matrix():
    names = {name for name, _, _ in WITH_RECORD}
    assert names - set(VICTIMS) - set(NO_RECORD) == set(), "make their records in crm/tests/victims.py"
    assert (set(VICTIMS) | set(NO_RECORD)) - names == set(), "entries nobody needs any more"


@pytest.mark.parametrize("name", sorted({name for name, _, _ in WITH_RECORD} & set(VICTIMS)))
def test_another_workspaces_record_answers_like_one_that_does_not_exist(workspace, stranger, name):
    with workspace.scope():
        victim = VICTIMS[name](workspace)
    before = fingerprint(workspace)
    for _, params, methods in [route for route in WITH_RECORD if route[0] == name]:
        kwargs = {p: victim[p] for p in params}
        nothing = {p: uuid.uuid4() if len(str(v)) == 36 else v for p, v in kwargs.items()}
        for method in methods:
            theirs = call(stranger.api("admin"), method, address(name, kwargs))
            missing = call(stranger.api("admin"), method, address(name, nothing))
            assert theirs.status_code == 404, (method, theirs.content[:300])
            assert without_request_id(theirs) == without_request_id(missing), method
            anonymous = call(APIClient(), method, address(name, kwargs))
            assert anonymous.status_code == 401, (method, anonymous.content[:300])
            assert "WWW-Authenticate" in anonymous
    assert fingerprint(workspace) == before


OPEN_TO_ALL = {"unknown", "docs", "schema"}
LISTS = sorted({name for name, params, methods in ROUTES if not params and "get" in methods} - OPEN_TO_ALL)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_shows_a_stranger_nothing_of_the_workspace(workspace, stranger, name):
    ids = []
    with workspace.scope():
        for make in VICTIMS.values():
            ids += [str(v) for v in make(workspace).values() if len(str(v)) == 36]
    answer = stranger.api("admin").get(address(name, {}))
    body = async_to_sync(whole_body)(answer) if getattr(answer, "is_async", False) else answer.getvalue()
    assert answer.status_code in (200, 400), body[:300]
    assert [i for i in ids if i.encode() in body] == []
    assert APIClient().get(address(name, {})).status_code == 401
