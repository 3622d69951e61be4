import datetime as dt
import hashlib
import hmac
import json
from decimal import Decimal

import pytest
import respx

from calls.providers.base import (
    Ambiguous,
    AnsweredBy,
    BadSignature,
    CallStatus,
    EventKind,
    MalformedEvent,
    Outcome,
    PlaceCall,
    RateLimited,
    RecordingRef,
    Rejected,
    Unavailable,
    VoiceProvider,
)
from calls.providers.bland import BlandProvider

API = "https://api.bland.ai"
URL = "https://crm.example/api/v1/webhooks/telephony/bland?call=attempt-1"
REQUEST = PlaceCall(
    reference="attempt-1",
    to="+12125550177",
    from_number="+14155550100",
    callback_url=URL,
    prompt="Sell kindly.",
    first_sentence="Hi, I'm an AI assistant.",
    max_duration_seconds=150,
)
CALL = {
    "call_id": "b-1",
    "to": "+12125550177",
    "created_at": "2026-11-20T10:00:00.000Z",
    "started_at": "2026-11-20T10:00:10.000Z",
    "end_at": "2026-11-20T10:01:12.000Z",
    "completed": True,
    "status": "completed",
    "answered_by": "human",
    "call_length": 1.033,
    "corrected_duration": "62",
    "price": 0.0945,
    "summary": "Call back tomorrow.",
    "metadata": {"reference": "attempt-1"},
    "analysis": {"disposition": "callback", "callback_in_minutes": "1440"},
    "transcripts": [
        {"user": "assistant", "text": "Hi.", "created_at": "2026-11-20T10:00:11.500Z"},
        {"user": "user", "text": "Tomorrow.", "created_at": "2026-11-20T10:00:13.000Z"},
        {"user": "agent-action", "text": "ended", "created_at": "2026-11-20T10:01:00.000Z"},
    ],
    "recording_url": "https://server-api.bland.ai/b-1.mp3",
}


@pytest.fixture
def provider():
    provider = BlandProvider(key="key", webhook_secret="secret")
    yield provider
    provider.close()


def read(provider, **changes):
    (event,) = provider.parse_events({}, json.dumps({**CALL, **changes}).encode(), URL)
    return event


def test_the_adapter_is_a_voice_provider(provider):
    assert isinstance(provider, VoiceProvider)


@respx.mock
def test_a_call_is_asked_for_in_whole_minutes(provider):
    route = respx.post(f"{API}/v1/calls").respond(json={"status": "success", "call_id": "b-1"})
    assert provider.place_call(REQUEST).provider_call_id == "b-1"
    body = json.loads(route.calls[0].request.content)
    assert (body["phone_number"], body["from"]) == ("+12125550177", "+14155550100")
    assert (body["task"], body["max_duration"], body["webhook"]) == ("Sell kindly.", 3, URL)
    assert body["metadata"] == {"reference": "attempt-1"}
    assert body["voicemail_action"] == "hangup"
    assert "voice" not in body


@respx.mock
@pytest.mark.parametrize(
    ("status", "body", "error", "code"),
    [
        (429, {}, RateLimited, None),
        (502, {}, Ambiguous, None),
        (200, {"status": "success"}, Ambiguous, None),
        (401, {"message": "Unauthorized"}, Rejected, "auth"),
        (400, {"status": "error", "errors": ["Invalid phone_number"]}, Rejected, "invalid_number"),
        (200, {"status": "error", "message": "Insufficient balance"}, Rejected, "out_of_funds"),
    ],
)
def test_failures_are_told_in_our_words(provider, status, body, error, code):
    respx.post(f"{API}/v1/calls").respond(status, json=body)
    with pytest.raises(error) as caught:
        provider.place_call(REQUEST)
    assert getattr(caught.value, "code", None) == code


@respx.mock
def test_a_call_is_found_among_those_to_the_number(provider):
    listed = [
        {"call_id": "b-9", "to": "+13125550100", "created_at": CALL["created_at"]},
        {"call_id": "b-0", "to": CALL["to"], "created_at": "2026-11-19T10:00:00Z"},
        {"call_id": "b-1", "to": "12125550177", "created_at": CALL["created_at"]},
    ]
    respx.get(f"{API}/v1/calls").respond(json={"calls": listed})
    looked_up = respx.get(f"{API}/v1/calls/b-1").respond(json=CALL)
    since = dt.datetime(2026, 11, 20, 10, 0, 5, tzinfo=dt.UTC)
    assert provider.find_by_reference("attempt-1", to=REQUEST.to, placed_after=since).provider_call_id == "b-1"
    assert provider.find_by_reference("attempt-2", to=REQUEST.to, placed_after=since) is None
    assert looked_up.call_count == 2
    with pytest.raises(Unavailable):
        provider.find_by_reference("attempt-1")


def test_the_report_brings_everything(provider):
    event = read(provider)
    facts = event.facts
    assert (event.kind, facts.outcome, facts.answered_by) == (EventKind.ENDED, Outcome.COMPLETED, AnsweredBy.HUMAN)
    assert (facts.cost, facts.duration_seconds, facts.reference) == (Decimal("0.0945"), 62, "attempt-1")
    assert [(m.role, m.at) for m in facts.transcript] == [("agent", 1.5), ("person", 3.0)]
    assert facts.callback_in_minutes == 1440
    assert facts.recording.content_type == "audio/mpeg"


def test_minutes_serve_where_seconds_are_missing(provider):
    assert read(provider, corrected_duration=None).facts.duration_seconds == 62


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"status": "busy"}, Outcome.BUSY),
        ({"status": "no-answer"}, Outcome.NO_ANSWER),
        ({"answered_by": "no-answer"}, Outcome.NO_ANSWER),
        ({"answered_by": "voicemail"}, Outcome.VOICEMAIL),
        ({"status": "failed", "completed": False}, Outcome.FAILED),
        ({"status": "of-tomorrow"}, Outcome.COMPLETED),
        ({"status": "of-tomorrow", "error_message": "No route"}, Outcome.FAILED),
        ({"analysis": {"disposition": "do_not_call"}}, Outcome.OPT_OUT),
    ],
)
def test_ends_are_read_in_our_words(provider, changes, outcome):
    assert read(provider, **changes).facts.outcome is outcome


@respx.mock
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"queue_status": "queued"}, CallStatus.INITIATED),
        ({"queue_status": "started"}, CallStatus.IN_PROGRESS),
        ({"status": "in-progress"}, CallStatus.IN_PROGRESS),
    ],
)
def test_a_call_that_goes_on_has_no_outcome(provider, changes, status):
    respx.get(f"{API}/v1/calls/b-1").respond(json={"call_id": "b-1", "completed": False, **changes})
    facts = provider.fetch("b-1")
    assert (facts.status, facts.outcome, facts.cost) == (status, None, None)


def test_messages_during_the_call_change_nothing(provider):
    (event,) = provider.parse_events({}, b'{"call_id": "b-1", "category": "call", "message": "Ringing"}', URL)
    assert (event.kind, event.facts.status) == (EventKind.OTHER, None)


def test_signatures_are_checked_over_the_raw_body(provider):
    body = json.dumps(CALL).encode()
    good = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
    provider.verify_signature({"x-webhook-signature": good}, body, URL)
    for headers, sent in (({}, body), ({"X-Webhook-Signature": good}, body + b" ")):
        with pytest.raises(BadSignature):
            provider.verify_signature(headers, sent, URL)
    empty = hmac.new(b"", body, hashlib.sha256).hexdigest()
    with pytest.raises(BadSignature):
        BlandProvider(key="k", webhook_secret="").verify_signature({"X-Webhook-Signature": empty}, body, URL)


def test_an_event_without_a_call_is_malformed(provider):
    with pytest.raises(MalformedEvent):
        provider.parse_events({}, b"{}", URL)


@respx.mock
def test_recordings_come_from_blands_hosts_only(provider):
    respx.get(f"{API}/v1/calls/b-1").respond(json=CALL)
    respx.get(CALL["recording_url"]).respond(200, content=b"ID3")
    assert b"".join(provider.download_recording(RecordingRef(recording_id="b-1"))) == b"ID3"
    respx.get(f"{API}/v1/calls/b-1").respond(json={**CALL, "recording_url": "https://evil-bland.ai/x"})
    with pytest.raises(Rejected):
        list(provider.download_recording(RecordingRef(recording_id="b-1")))
