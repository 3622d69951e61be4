"""Calls over the API: lists, one call, words, sound and what came of it."""

import datetime as dt

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from calls.models import Call, Conversation, Recording
from campaigns.models import Campaign, CampaignLead, Suppression
from contacts.models import Contact
from leads.models import Lead
from notes.models import Note

pytestmark = pytest.mark.django_db
SAID = [
    {"role": "agent", "content": "Hello, this is an AI assistant.", "at": 0.4},
    {"role": "person", "content": "Tell me about the warranty.", "at": 3.2},
]


@pytest.fixture
def made(workspace):
    """A campaign lead with an ended call."""
    with workspace.scope():
        contact = Contact.objects.create(first_name="Ada", phone_number="+12025550171")
        lead = Lead.objects.create(contact=contact, first_name="Ada", phone_number="+12025550171")
        campaign = Campaign.objects.create(name="Spring", status="running")
        place = CampaignLead.objects.create(
            campaign=campaign, lead=lead, contact=contact, phone_number="+12025550171", status="retry_wait", attempts=1
        )
        call = Call.objects.create(
            campaign=campaign,
            campaign_lead=place,
            lead=lead,
            contact=contact,
            phone_number="+12025550171",
            callback_token="t",
            dial_state="ended",
            status="ended",
            outcome="completed",
            answered_by="human",
            duration_seconds=65,
            cost="0.1025",
            summary="Asked about the warranty.",
            started_at=timezone.now(),
        )
        Conversation.objects.create(call=call, messages=SAID, transcript="[0:03] Person: Tell me about the warranty.")
        name = default_storage.save("recordings/test.wav", ContentFile(b"RIFF0123456789"))
        Recording.objects.create(call=call, status="available", file=name, size_bytes=14)
        call.refresh_from_db()
        yield call
        default_storage.delete(name)


def test_one_call_shows_what_the_contract_says(workspace, made):
    body = workspace.api().get(f"/api/v1/calls/{made.pk}").json()
    assert body["outcome"] == "completed"
    assert body["duration_seconds"] == 65
    assert body["cost"] == "0.1025"
    assert body["recording_id"] == str(made.recording.pk)
    assert body["conversation"]["messages"] == SAID
    assert body["conversation"]["id"]
    assert body["transcript"].startswith("[0:03] Person")
    assert body["created_at"].endswith("Z")


def test_the_list_is_filtered_by_outcome_campaign_and_words(workspace, made):
    api = workspace.api()

    def found(query):
        return [item["id"] for item in api.get(f"/api/v1/calls?{query}").json()["items"]]

    assert found("") == [str(made.pk)]
    assert found("outcome=completed&status=ended") == [str(made.pk)]
    assert found("outcome=busy") == []
    assert found(f"campaign={made.campaign_id}&lead={made.lead_id}&contact={made.contact_id}") == [str(made.pk)]
    assert found("search=warranty") == [str(made.pk)]
    assert found("search=warranties") == [str(made.pk)]
    assert found("search=bicycle") == []
    assert found("created_after=2099-01-01T00:00:00Z") == []


@pytest.mark.parametrize("query", ["outcome=nonsense", "campaign=abc", "color=red", "search=%00", "created_after=x"])
def test_a_filter_that_cannot_be_read_is_refused(workspace, query):
    assert workspace.api().get(f"/api/v1/calls?{query}").status_code == 400


def test_a_reservation_is_not_yet_a_call(workspace, made):
    with workspace.scope():
        Call.objects.create(phone_number="+12025550172", callback_token="t")
    assert workspace.api().get("/api/v1/calls").json()["total"] == 1


def test_a_list_takes_as_many_queries_for_three_calls_as_for_one(workspace, made, django_assert_max_num_queries):
    api = workspace.api()
    with workspace.scope():
        for number in range(3):
            Call.objects.create(phone_number=f"+1202555017{number}", callback_token="t", dial_state="ended")
    with django_assert_max_num_queries(8):
        assert api.get("/api/v1/calls").json()["total"] == 4


def test_the_transcript_is_text(workspace, made):
    answer = workspace.api().get(f"/api/v1/calls/{made.pk}/transcript", HTTP_ACCEPT="text/plain")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    assert b"warranty" in answer.content


@pytest.mark.parametrize(
    ("wanted", "status", "body", "content_range"),
    [
        (None, 200, b"RIFF0123456789", None),
        ("bytes=0-3", 206, b"RIFF", "bytes 0-3/14"),
        ("bytes=10-", 206, b"6789", "bytes 10-13/14"),
        ("bytes=-2", 206, b"89", "bytes 12-13/14"),
        ("bytes=4-999", 206, b"0123456789", "bytes 4-13/14"),
        ("bytes=99-", 416, None, "bytes */14"),
        ("bytes=x", 416, None, "bytes */14"),
    ],
)
def test_a_recording_is_heard_whole_or_in_part(workspace, made, wanted, status, body, content_range):
    headers = {"HTTP_RANGE": wanted} if wanted else {}
    answer = workspace.api().get(f"/api/v1/recordings/{made.recording.pk}", HTTP_ACCEPT="audio/*", **headers)
    assert answer.status_code == status
    assert answer.headers.get("Content-Range") == content_range
    if body is not None:
        assert b"".join(answer.streaming_content) == body
        assert answer["Content-Type"] == "audio/wav"
        assert answer["Accept-Ranges"] == "bytes"


def test_do_not_call_closes_the_number_in_every_campaign_at_once(workspace, made):
    with workspace.scope():
        other = CampaignLead.objects.create(
            campaign=Campaign.objects.create(name="Autumn"),
            lead=made.lead,
            contact=made.contact,
            phone_number=made.phone_number,
        )
    answer = workspace.api().post(f"/api/v1/calls/{made.pk}/disposition", {"disposition": "do_not_call"})
    assert answer.status_code == 200, answer.content
    assert answer.json()["disposition"] == "do_not_call"
    with workspace.scope():
        for place in (other, made.campaign_lead):
            place.refresh_from_db()
            assert (place.status, place.status_reason) == ("blocked", "do_not_call")
        assert Suppression.objects.get().proof["call_id"] == str(made.pk)


def test_a_callback_is_booked_for_its_time_and_keeps_the_note(workspace, made):
    at = (timezone.now() + dt.timedelta(hours=3)).replace(microsecond=0)
    body = {"disposition": "callback", "callback_at": at.isoformat(), "note": "Wants the price list."}
    answer = workspace.api().post(f"/api/v1/calls/{made.pk}/disposition", body)
    assert answer.status_code == 200, answer.content
    with workspace.scope():
        place = made.campaign_lead
        place.refresh_from_db()
        assert (place.status, place.next_attempt_at, place.callback_owner_id) == ("callback", at, workspace.agent.pk)
        note = Note.objects.get()
        assert (note.content, note.lead_id, note.call_id) == ("Wants the price list.", made.lead_id, made.pk)
        made.lead.refresh_from_db()
        assert made.lead.state == "reached_out"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"disposition": "delighted"},
        {"disposition": "callback"},
        {"disposition": "callback", "callback_at": "2001-01-01T00:00:00Z"},
        {"disposition": "interested", "mood": "good"},
        {"disposition": 5},
    ],
)
def test_a_disposition_that_makes_no_sense_is_refused(workspace, made, body):
    answer = workspace.api().post(f"/api/v1/calls/{made.pk}/disposition", body)
    assert answer.status_code == 400, answer.content


def test_calls_need_a_sign_in(client, made):
    assert client.get(f"/api/v1/calls/{made.pk}").status_code == 401
    assert client.get(f"/api/v1/recordings/{made.recording.pk}").status_code == 401
