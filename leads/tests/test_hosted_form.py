"""The hosted form: works without JavaScript, in frames, and against programs."""

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from leads.models import Lead, Submission


@pytest.fixture
def form(workspace):
    return f"/forms/{workspace.form_key}"


@pytest.fixture
def fill(form):
    def _fill(seconds=10, query="", **changes):
        client = Client(enforce_csrf_checks=True)
        sent_at = timezone.now()
        with time_machine.travel(sent_at - dt.timedelta(seconds=seconds), tick=False):
            opened = client.get(form).context["opened"]
        body = {"first_name": "Ada", "last_name": "King", "email": "ada@x.test", "opened": opened} | changes
        with time_machine.travel(sent_at, tick=False):
            return client.post(form + query, body)

    return _fill


def test_the_form_shows_the_workspace_and_needs_no_sign_in_or_script(form):
    page = Client().get(form)
    assert page.status_code == 200
    assert b"Northwind" in page.content
    assert b"<script" not in page.content


def test_the_form_may_stand_in_a_frame_of_another_site(form):
    page = Client().get(f"{form}?embed=1")
    assert "X-Frame-Options" not in page
    assert "frame-ancestors *" in page["Content-Security-Policy"]


def test_a_sent_form_becomes_a_lead_with_its_referral_code(workspace, fill):
    answer = fill(query="?ref=ABC", consent="on", message="Hi")
    assert answer.status_code == 302, answer.content
    assert Client().get(answer.url).status_code == 200
    with workspace.scope():
        assert Lead.objects.get().message == "Hi"
        assert (Submission.objects.get().referral_code, Submission.objects.get().consent) == ("ABC", True)


def test_a_mistake_is_shown_and_keeps_what_was_typed(workspace, fill):
    answer = fill(email="nonsense", company="Acme")
    assert answer.status_code == 422
    assert b"Acme" in answer.content
    assert fill(phone_number="call me").status_code == 422
    with workspace.scope():
        assert not Lead.objects.exists()


@pytest.mark.parametrize("changes", [{"website": "x"}, {"opened": "forged"}, {"opened": ""}, {"seconds": 1}])
def test_a_program_is_thanked_and_dropped(workspace, fill, changes):
    assert fill(**changes).status_code == 302
    with workspace.scope():
        assert not Lead.objects.exists()


def test_fields_the_workspace_does_not_want_are_not_asked(workspace, form, fill):
    with workspace.scope():
        from leads.intake_settings import update_intake_settings

        update_intake_settings(
            actor=workspace.admin,
            changes={"shows_company": False, "shows_resume": False, "requires_phone": True, "consent_wording": ""},
        )
    page = Client().get(form).content
    assert b'name="company"' not in page
    assert b'type="file"' not in page
    assert b'name="consent"' not in page
    assert fill().status_code == 422


def test_an_unknown_form_is_not_found(db):
    assert Client().get("/forms/unknown").status_code == 404


def test_too_many_submissions_are_told_so(fill, settings):
    settings.INTAKE_RATE_PER_FORM_AND_ADDRESS = "10/day"  # a minute may end while the test runs
    assert [fill().status_code for _ in range(11)] == [302] * 10 + [422]
