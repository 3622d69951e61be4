"""Each provider's documented answers, read through its adapter; only the provider's HTTP is played."""

import json

import httpx
import pytest
import respx

from enrichment.providers import PROVIDERS
from enrichment.providers.base import Context, Outcome, Query

QUERY = Query(email="jo@acme.example", domain="acme.example", first_name="jo", last_name="li")
CONTEXT = Context(api_key="secret-key", wanted=frozenset({"title", "phone_number"}))
URLS = {
    "gravatar": "https://api.gravatar.com/v3/profiles/",
    "hunter": "https://api.hunter.io/v2/combined/find",
    "people_data_labs": "https://api.peopledatalabs.com/v5/person/enrich",
    "apollo": "https://api.apollo.io/api/v1/people/match",
}
FOUND = {
    "gravatar": {
        "first_name": "Jo",
        "last_name": "Li",
        "job_title": "CEO",
        "company": "Acme",
        "location": "Austin",
        "avatar_url": "https://0.gravatar.com/avatar/1",
        "profile_url": "https://gravatar.com/jo",
        "verified_accounts": [{"service_type": "linkedin", "url": "https://linkedin.com/in/jo"}],
    },
    "hunter": {
        "data": {
            "person": {
                "name": {"fullName": "Jo Li", "givenName": "Jo", "familyName": "Li"},
                "location": "Austin",
                "timeZone": "America/Chicago",
                "employment": {"domain": "acme.example", "name": "Acme", "title": "CEO"},
                "linkedin": {"handle": "joli"},
                "phone": "+1 212 555 0123",
            },
            "company": {
                "name": "Acme",
                "domain": "acme.example",
                "category": {"industry": "Retail"},
                "metrics": {"employees": "11-50"},
            },
        }
    },
    "people_data_labs": {
        "status": 200,
        "likelihood": 9,
        "data": {
            "first_name": "Jo",
            "last_name": "Li",
            "job_title": "CEO",
            "job_company_name": "Acme",
            "job_company_website": "acme.example",
            "linkedin_url": "linkedin.com/in/jo",
            "mobile_phone": "+12125550123",
            "phone_numbers": ["+12125550123", "+12125550124"],
            "industry": "retail",
        },
    },
    "apollo": {
        "person": {
            "first_name": "Jo",
            "last_name": "Li",
            "title": "CEO",
            "email": "jo@acme.example",
            "email_status": "verified",
            "linkedin_url": "https://linkedin.com/in/jo",
            "city": "Austin",
            "country": "United States",
            "organization": {"name": "Acme", "website_url": "http://www.acme.example", "industry": "retail"},
        }
    },
}


def ask(name, context=CONTEXT, query=QUERY):
    provider = PROVIDERS[name]
    return provider.ask(provider.parts(query), context)


def values(answer):
    found = {}
    for finding in answer.findings:
        found.setdefault(finding.field, finding.value)
    return found


def route(mock, name, **answer):
    return mock.route(url__startswith=URLS[name]).mock(return_value=httpx.Response(**answer))


@pytest.mark.parametrize("name", URLS)
@respx.mock
def test_a_find_is_read(respx_mock, name):
    sent = route(respx_mock, name, status_code=200, json=FOUND[name])
    answer = ask(name)
    assert answer.outcome is Outcome.FOUND
    found = values(answer)
    assert (found["first_name"], found["title"], found["company"]) == ("Jo", "CEO", "Acme")
    assert found["linkedin_url"].startswith("https://")
    request = sent.calls.last.request
    assert "secret-key" in " ".join(request.headers.values())
    assert "secret-key" not in str(request.url)


STATUSES = [
    ("gravatar", 404, Outcome.NOT_FOUND),
    ("gravatar", 429, Outcome.THROTTLED),
    ("gravatar", 401, Outcome.AUTH),
    ("hunter", 400, Outcome.ERROR),
    ("hunter", 401, Outcome.AUTH),
    ("hunter", 403, Outcome.THROTTLED),
    ("hunter", 404, Outcome.NOT_FOUND),
    ("hunter", 422, Outcome.ERROR),
    ("hunter", 429, Outcome.OUT_OF_CREDITS),
    ("hunter", 451, Outcome.REFUSED_LEGAL),
    ("people_data_labs", 400, Outcome.ERROR),
    ("people_data_labs", 401, Outcome.AUTH),
    ("people_data_labs", 402, Outcome.OUT_OF_CREDITS),
    ("people_data_labs", 403, Outcome.AUTH),
    ("people_data_labs", 404, Outcome.NOT_FOUND),
    ("people_data_labs", 429, Outcome.THROTTLED),
    ("apollo", 401, Outcome.AUTH),
    ("apollo", 403, Outcome.AUTH),
    ("apollo", 422, Outcome.ERROR),
    ("apollo", 429, Outcome.THROTTLED),
]


@pytest.mark.parametrize(("name", "status", "outcome"), STATUSES)
@respx.mock
def test_each_documented_status_has_its_meaning(respx_mock, name, status, outcome):
    route(respx_mock, name, status_code=status, json={"errors": [{"id": "x", "code": status}]})
    assert ask(name).outcome is outcome


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize("status", [302, 418, 500, 502, 503])
@respx.mock
def test_any_other_status_is_an_error(respx_mock, name, status):
    route(respx_mock, name, status_code=status, headers={"Location": "http://127.0.0.1/"})
    assert ask(name).outcome is Outcome.ERROR


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b'{"data": 3, "person": 3, "likelihood": "x"}'])
@respx.mock
def test_an_unreadable_answer_breaks_nothing(respx_mock, name, body):
    route(respx_mock, name, status_code=200, content=body)
    assert ask(name).outcome in (Outcome.ERROR, Outcome.NOT_FOUND)


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize("failure", [httpx.ConnectError("x"), httpx.ReadTimeout("x"), httpx.RemoteProtocolError("x")])
@respx.mock
def test_a_provider_out_of_reach_is_an_error(respx_mock, name, failure):
    respx_mock.route(url__startswith=URLS[name]).mock(side_effect=failure)
    assert ask(name).outcome is Outcome.ERROR


@respx.mock
def test_the_wait_a_provider_asks_for_is_kept(respx_mock):
    route(respx_mock, "gravatar", status_code=429, headers={"Retry-After": "120"})
    assert ask("gravatar").retry_after == 120


@respx.mock
def test_gravatar_never_learns_the_address(respx_mock):
    sent = route(respx_mock, "gravatar", status_code=404)
    ask("gravatar")
    assert "acme" not in str(sent.calls.last.request.url)


@respx.mock
def test_people_data_labs_offers_every_number_so_that_a_dead_one_has_a_next(respx_mock):
    route(respx_mock, "people_data_labs", status_code=200, json=FOUND["people_data_labs"])
    numbers = [f.value for f in ask("people_data_labs").findings if f.field == "phone_number"]
    assert numbers == ["+12125550123", "+12125550123", "+12125550124"]


@respx.mock
def test_apollo_finds_nobody_when_the_person_is_null(respx_mock):
    route(respx_mock, "apollo", status_code=200, json={"person": None})
    assert ask("apollo").outcome is Outcome.NOT_FOUND


@respx.mock
def test_apollo_is_asked_for_a_number_only_with_an_https_address_to_send_it_to(respx_mock):
    sent = route(respx_mock, "apollo", status_code=200, json=FOUND["apollo"])
    wanted = frozenset({"phone_number"})
    assert ask("apollo", Context("k", wanted, "http://crm.example/x")).phone_later is False
    assert "reveal_phone_number" not in json.loads(sent.calls.last.request.content)
    assert ask("apollo", Context("k", wanted, "https://crm.example/x")).phone_later is True
    assert json.loads(sent.calls.last.request.content)["webhook_url"] == "https://crm.example/x"


def test_apollos_message_gives_the_surest_number_first():
    body = {
        "people": [
            {
                "phone_numbers": [
                    {"sanitized_number": "+12125550101", "confidence_cd": "low"},
                    {"sanitized_number": "+12125550102", "confidence_cd": "high"},
                    None,
                    {"raw_number": 3},
                ]
            },
            "x",
        ]
    }
    assert PROVIDERS["apollo"].read_message(body)[0].value == "+12125550102"
    for odd in (None, [], {"people": 3}, {"people": [{"phone_numbers": "x"}]}):
        assert PROVIDERS["apollo"].read_message(odd) == ()


@respx.mock
def test_hunters_key_check_tells_what_is_left(respx_mock):
    body = {"data": {"requests": {"searches": {"used": 10, "available": 50}}}}
    respx_mock.get("https://api.hunter.io/v2/account").respond(json=body)
    checked = PROVIDERS["hunter"].verify("k")
    assert (checked.works, checked.balance) == (True, 40)


@pytest.mark.parametrize("name", ["hunter", "people_data_labs", "apollo", "gravatar"])
@respx.mock
def test_a_wrong_key_is_told_at_once(respx_mock, name):
    respx_mock.route().mock(return_value=httpx.Response(401))
    assert PROVIDERS[name].verify("wrong").works is False
