"""An agent calls from the queue, one person after the other."""

import datetime as dt
import zoneinfo

import pytest
from django.utils import timezone

from accounts import ledger
from calls import dispositions, manual
from calls.dialer import intent, sweep
from calls.models import Call
from calls.queue import call_queue
from calls.tests.conftest import numbers
from campaigns.suppressions import suppress_number
from contacts.models import Contact
from leads.models import Lead, Task
from notes.models import Note

pytestmark = pytest.mark.django_db(transaction=True)


def leads_of(desk):
    desk.campaign(numbers(3), status="draft")
    with desk.workspace.scope():
        return list(Lead.objects.order_by("phone_number"))


def start(desk, lead, **options):
    with desk.workspace.scope():
        return manual.start_call(actor=desk.workspace.agent, lead=lead, **options)


def test_a_call_by_hand_is_dialled_once_and_belongs_to_its_caller(phones):
    desk, network = phones()
    call = start(desk, leads_of(desk)[0])
    assert manual.dial_call(tenant_id=desk.workspace.id, call_id=call.pk)
    assert not manual.dial_call(tenant_id=desk.workspace.id, call_id=call.pk)
    placed = desk.fresh(call)
    assert (placed.dial_state, placed.user_id) == ("placed", desk.workspace.agent.pk)
    assert len(network.get("/log").json()["calls"]) == 1


def test_a_number_on_the_do_not_call_list_is_refused_with_the_reason(desk):
    lead = leads_of(desk)[0]
    with desk.workspace.scope():
        suppress_number(actor=desk.workspace.agent, phone_number=lead.phone_number)
    with pytest.raises(manual.NotCallable, match="do-not-call"):
        start(desk, lead)


def test_a_number_on_a_line_is_refused(desk):
    lead = leads_of(desk)[0]
    start(desk, lead)
    with pytest.raises(manual.NotCallable, match=r"on a line|often enough"):
        start(desk, lead)


def test_without_minutes_the_call_ends_with_the_reason(desk):
    with desk.workspace.scope():
        ledger.spend(kind="minutes", amount=1000, key="used")
    call = start(desk, leads_of(desk)[0])
    assert not manual.dial_call(tenant_id=desk.workspace.id, call_id=call.pk)
    ended = desk.fresh(call)
    assert (ended.outcome, ended.outcome_detail) == ("cancelled", "There are no call minutes left.")


def test_the_queue_puts_due_callbacks_first_and_leaves_out_who_was_just_called(desk):
    first, second, third = leads_of(desk)
    with desk.workspace.scope():
        Task.objects.create(
            lead=third,
            contact=third.contact,
            kind="callback",
            title="Call back",
            due_at=timezone.now() - dt.timedelta(minutes=5),
        )
        Call.objects.create(lead=first, phone_number=first.phone_number, callback_token="t", dial_state="ended")
        assert call_queue(actor=desk.workspace.agent, now=timezone.now()) == [third, second]


def test_calling_the_next_one_leads_to_the_call(desk):
    leads_of(desk)
    browser = desk.workspace.browser()
    assert "Never called" in browser.get("/queue").content.decode()
    answer = browser.post("/queue/next")
    call = desk.calls()[0]
    assert (answer.status_code, answer["Location"]) == (302, f"/calls/{call.pk}")


def test_an_empty_queue_says_so(desk):
    page = desk.workspace.browser().post("/queue/next", follow=True).content.decode()
    assert "Nobody is left to call at this moment." in page
    assert "Nobody to call" in page


def test_a_call_no_worker_took_ends_with_the_reason_instead_of_vanishing(desk):
    call = start(desk, leads_of(desk)[0])
    with desk.workspace.scope():
        Call.objects.update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    sweep.sweep_tenant(desk.workspace.id)
    ended = desk.fresh(call)
    assert (ended.dial_state, ended.outcome_detail) == ("ended", "No worker dialled in time.")


def test_the_person_hears_who_calls(phones):
    desk, _ = phones()
    start(desk, leads_of(desk)[0])
    with desk.workspace.scope():
        (_, request), *_ = intent.commit_manual(call_id=Call.objects.get().pk)
    assert request.first_sentence.startswith("Hello Ada, this is ")
    assert "AI" not in request.first_sentence


def test_a_callback_that_led_to_a_talk_is_done(desk):
    lead = leads_of(desk)[0]
    due = timezone.now() - dt.timedelta(minutes=5)
    with desk.workspace.scope():
        task = Task.objects.create(lead=lead, contact=lead.contact, kind="callback", title="Call back", due_at=due)
    call = start(desk, lead, is_callback=True)
    with desk.workspace.scope():
        Call.objects.update(dial_state="ended", status="ended", lease_until=None)
        dispositions.set_disposition(actor=desk.workspace.agent, call=call, disposition="interested")
        task.refresh_from_db()
    assert task.done_at is not None


def test_a_callback_is_planned_in_the_hour_of_the_person(desk):
    lead = leads_of(desk)[0]
    with desk.workspace.scope():
        lead.contact.timezone = "America/Denver"
        lead.contact.save()
        call = Call.objects.create(
            lead=lead, contact=lead.contact, phone_number=lead.phone_number, callback_token="t", dial_state="ended"
        )
    browser = desk.workspace.browser()
    page = browser.get(f"/calls/{call.pk}").content.decode()
    assert "Denver time" in page
    day = (timezone.now() + dt.timedelta(days=3)).date()
    browser.post(f"/calls/{call.pk}/disposition", {"disposition": "callback", "callback_at": f"{day}T10:00"})
    there = desk.fresh(call).callback_at.astimezone(zoneinfo.ZoneInfo("America/Denver"))
    assert f"{there:%Y-%m-%d %H:%M}" == f"{day} 10:00"


def test_a_note_is_kept_and_the_next_person_called(desk):
    leads_of(desk)
    browser = desk.workspace.browser()
    browser.post("/queue/next")
    with desk.workspace.scope():
        Call.objects.update(dial_state="ended", status="ended", lease_until=None)
    call = desk.calls()[0]
    answer = browser.post(f"/calls/{call.pk}/next", {"content": "Wants the brochure."})
    newest = desk.calls()[-1]
    assert answer["Location"] == f"/calls/{newest.pk}"
    assert newest.pk != call.pk
    with desk.workspace.scope():
        assert Note.objects.get().content == "Wants the brochure."


def test_a_contact_without_a_lead_is_called_too(desk):
    with desk.workspace.scope():
        contact = Contact.objects.create(first_name="Ada", phone_number="+12025550171")
    answer = desk.workspace.browser().post(f"/contacts/{contact.pk}/call")
    assert answer["Location"] == f"/calls/{desk.calls()[0].pk}"


def test_who_may_not_be_called_is_shown_with_the_reason(desk):
    lead = leads_of(desk)[0]
    with desk.workspace.scope():
        suppress_number(actor=desk.workspace.agent, phone_number=lead.phone_number)
    page = desk.workspace.browser().post(f"/leads/{lead.pk}/call", follow=True).content.decode()
    assert "is on the do-not-call list" in page
