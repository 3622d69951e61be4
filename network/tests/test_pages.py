"""The pages of the network, introductions and referrals."""

import pytest
from django.test import Client

from contacts.models import Contact
from core.models import Email
from network import introductions, invitations
from network.models import Introduction
from network.referrals import credit_referral
from network.ties import create_relationship

pytestmark = pytest.mark.django_db


@pytest.fixture
def friends(workspace):
    with workspace.scope():
        made = [
            Contact.objects.create(first_name=name, email=f"{name.lower()}@people.test", company="Acme")
            for name in ("Ann", "Bob", "Cat")
        ]
        create_relationship(from_contact_id=made[0].pk, to_contact_id=made[1].pk, strength=0.8)
        create_relationship(from_contact_id=made[1].pk, to_contact_id=made[2].pk, strength=0.5)
    return made


def test_the_network_page_shows_people_and_the_path(workspace, friends):
    ann, _, cat = friends
    page = workspace.browser().get("/network", {"contact": str(ann.pk), "to": str(cat.pk)})
    text = page.content.decode()
    assert page.status_code == 200
    assert f"/api/v1/graph/network/{ann.pk}" in text
    assert "2 hops · strength 0.40" in text
    assert '"source": "' + str(ann.pk) in text  # the path is drawn even where it leaves the network
    assert f'data-person="{cat.pk}"' in text


def test_an_empty_workspace_still_has_its_network_pages(workspace):
    browser = workspace.browser()
    for address in (
        "/network",
        "/introductions",
        "/leaderboard",
        "/network?contact=x&to=y&depth=9",
        "/network/options",
    ):
        assert browser.get(address).status_code == 200, address


def test_the_pages_take_the_same_number_of_queries_for_more_rows(workspace, friends):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    browser = workspace.browser()

    def count(address):
        browser.get(address)
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(address).status_code == 200
        return len(seen)

    def ask():
        with workspace.scope():
            introductions.request_introduction(actor=None, to_contact_id=friends[0].pk, via_contact_id=friends[1].pk)

    ask()
    few = count("/introductions")
    ask()
    ask()
    assert count("/introductions") == few


def test_the_contact_page_shows_whom_someone_knows_and_ties_them(workspace, friends):
    ann, bob, cat = friends
    browser = workspace.browser()
    text = browser.get(f"/contacts/{ann.pk}").content.decode()
    assert bob.name in text
    assert "Cat works at the same company" in text
    assert f"/r/{ann.referral_code}" in text
    body = {
        "from_contact_id": str(ann.pk),
        "to_contact_id": str(cat.pk),
        "strength": "0.5",
        "next": f"/contacts/{ann.pk}",
    }
    assert browser.post("/network/ties", body).status_code == 302
    assert "works at the same company" not in browser.get(f"/contacts/{ann.pk}").content.decode()


def test_a_connector_answers_by_the_link_without_signing_in_and_only_once(workspace, friends):
    browser, ann, bob = workspace.browser(), friends[0], friends[1]
    sent = browser.post("/introductions/new", {"to": str(ann.pk), "via": str(bob.pk), "message": "Please"})
    assert sent.status_code == 302
    with workspace.scope():
        introduction = Introduction.objects.get()
        mail = Email.objects.get(kind="introduction_request")
        link = f"/i/{invitations.token_of(introduction)}"
    assert link in mail.text
    visitor = Client()
    assert "Could you introduce us to Ann" in visitor.get(link).content.decode()
    assert "Thank you" in visitor.post(link, {"answer": "yes"}).content.decode()
    assert "Thank you" in visitor.post(link, {"answer": "no"}).content.decode()
    with workspace.scope():
        assert Introduction.objects.get().status == "accepted"
    assert visitor.get(link + "x").status_code == 404


def test_a_referral_link_leads_to_the_form_with_its_code(workspace, friends):
    answer = Client().get(f"/r/{friends[0].referral_code.lower()}")
    assert (answer.status_code, answer["Location"]) == (
        302,
        f"/forms/{workspace.form_key}?ref={friends[0].referral_code}",
    )
    assert Client().get("/r/NOBODY").status_code == 404


def test_the_leaderboard_shows_who_brings_people(workspace, friends):
    with workspace.scope():
        credit_referral(code=friends[0].referral_code, contact=friends[2], lead_id=None, source="form")
    text = workspace.browser().get("/leaderboard").content.decode()
    assert "Ann" in text
    assert "Viral coefficient" in text


def test_connectors_are_reminded_once_and_requests_run_out(workspace, friends):
    import datetime as dt

    from django.utils import timezone

    now = timezone.now()
    with workspace.scope():
        asked = introductions.request_introduction(
            actor=None, to_contact_id=friends[0].pk, via_contact_id=friends[1].pk
        )
        later = now + dt.timedelta(days=3)
        assert introductions.remind_connectors(now=later) == 1
        assert introductions.remind_connectors(now=later) == 0
        assert Email.objects.filter(kind="introduction_reminder").count() == 1
        assert introductions.expire_introductions(now=later) == 0
        assert introductions.expire_introductions(now=now + dt.timedelta(days=6)) == 1
        asked.refresh_from_db()
        assert asked.status == "expired"
