import datetime as dt
from decimal import Decimal
from urllib.parse import parse_qs, urlencode

import httpx
import pytest
import respx
from twilio.request_validator import RequestValidator

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
    Rejected,
    Unavailable,
    VoiceProvider,
)
from calls.providers.twilio import TwilioProvider

SID = "AC" + "0" * 32
CALL = "CA" + "1" * 32
ROOT = f"https://api.twilio.com/2010-04-01/Accounts/{SID}"
URL = "https://crm.example/api/v1/webhooks/telephony/twilio?call=attempt-1&token=abc"
REQUEST = PlaceCall(
    reference="attempt-1",
    to="+12125550177",
    from_number="+14155550100",
    callback_url=URL,
    first_sentence="Hi, I'm <Ava>, an AI assistant.",
    ring_timeout_seconds=20,
    max_duration_seconds=180,
)
ANSWER = {
    "sid": CALL,
    "status": "completed",
    "to": "+12125550177",
    "from": "+14155550100",
    "duration": "45",
    "price": "-0.01300",
    "price_unit": "USD",
    "answered_by": "human",
    "direction": "outbound-api",
    "date_created": "Fri, 20 Nov 2026 10:00:00 +0000",
    "end_time": "Fri, 20 Nov 2026 10:01:00 +0000",
}


@pytest.fixture
def provider():
    provider = TwilioProvider(
        account_sid=SID, auth_token="token", conversation_relay_url="wss://voice.example/relay", webhook_key="shared"
    )
    yield provider
    provider.close()


def callback(provider, **fields):
    (event,) = provider.parse_events({}, urlencode({"CallSid": CALL, **fields}).encode(), URL)
    return event


def test_the_adapter_is_a_voice_provider(provider):
    assert isinstance(provider, VoiceProvider)


@respx.mock
def test_a_call_is_asked_for_as_a_form(provider):
    route = respx.post(f"{ROOT}/Calls.json").respond(201, json={"sid": CALL, "status": "queued"})
    assert provider.place_call(REQUEST).provider_call_id == CALL
    sent = route.calls[0].request
    form = parse_qs(sent.content.decode())
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"
    assert sent.headers["authorization"].startswith("Basic ")
    assert form["StatusCallbackEvent"] == ["initiated", "ringing", "answered", "completed"]
    assert (form["To"], form["From"], form["Timeout"], form["TimeLimit"]) == (
        ["+12125550177"],
        ["+14155550100"],
        ["20"],
        ["180"],
    )
    assert form["StatusCallback"] == [URL]
    assert 'url="wss://voice.example/relay"' in form["Twiml"][0]
    assert "&lt;Ava&gt;" in form["Twiml"][0]
    assert 'value="attempt-1"' in form["Twiml"][0]


@respx.mock
def test_an_agents_line_is_dialled_once_somebody_answers(provider):
    route = respx.post(f"{ROOT}/Calls.json").respond(201, json={"sid": CALL})
    for line, expected in (("client:dana", "<Client>dana</Client>"), ("+14155550111", "<Number>+14155550111</Number>")):
        fields = {name: getattr(REQUEST, name) for name in ("reference", "to", "from_number", "callback_url")}
        provider.place_call(PlaceCall(**fields, bridge_to=line))
        assert expected in parse_qs(route.calls.last.request.content.decode())["Twiml"][0]


def test_an_ai_call_without_a_voice_is_refused_before_it_is_sent():
    provider = TwilioProvider(account_sid=SID, auth_token="token")
    with pytest.raises(Rejected) as caught:
        provider.place_call(REQUEST)
    assert caught.value.code == "not_supported"


@respx.mock
@pytest.mark.parametrize(
    ("status", "code", "ours"),
    [
        (400, 21211, "invalid_number"),
        (400, 21215, "not_allowed"),
        (400, 21610, "bad_request"),
        (401, 20003, "auth"),
        (403, 20005, "out_of_funds"),
    ],
)
def test_refusals_are_told_in_our_words(provider, status, code, ours):
    respx.post(f"{ROOT}/Calls.json").respond(status, json={"code": code, "message": "No.", "status": status})
    with pytest.raises(Rejected) as caught:
        provider.place_call(REQUEST)
    assert caught.value.code == ours


@respx.mock
def test_a_rate_limit_gives_the_attempt_back_and_a_500_does_not(provider):
    route = respx.post(f"{ROOT}/Calls.json")
    route.respond(429, json={"code": 20429}, headers={"retry-after": "3"})
    with pytest.raises(RateLimited) as caught:
        provider.place_call(REQUEST)
    assert caught.value.retry_after == 3
    for failure in (httpx.Response(500), httpx.Response(201, json={}), httpx.Response(201, text="<html>")):
        route.mock(return_value=failure)
        with pytest.raises(Ambiguous):
            provider.place_call(REQUEST)


@respx.mock
def test_a_call_is_found_by_number_and_time(provider):
    older = ANSWER | {"sid": "CA-old", "date_created": "Fri, 20 Nov 2026 09:00:00 +0000"}
    inbound = ANSWER | {"sid": "CA-in", "direction": "inbound"}
    route = respx.get(f"{ROOT}/Calls.json")
    route.side_effect = lambda request: httpx.Response(
        200, json={"calls": [] if "Status" in request.url.params else [older, inbound, ANSWER]}
    )
    placed_after = dt.datetime(2026, 11, 20, 10, 0, 2, tzinfo=dt.UTC)
    found = provider.find_by_reference("attempt-1", to="+12125550177", placed_after=placed_after)
    assert (found.provider_call_id, found.reference) == (CALL, "attempt-1")
    later = placed_after + dt.timedelta(hours=1)
    assert provider.find_by_reference("attempt-1", to="+12125550177", placed_after=later) is None
    assert route.calls[0].request.url.params["To"] == "+12125550177"


def test_a_search_without_number_and_time_is_no_answer(provider):
    with pytest.raises(Unavailable):
        provider.find_by_reference("attempt-1")


@respx.mock
def test_a_look_up_brings_cost_duration_and_recording(provider):
    respx.get(f"{ROOT}/Calls/{CALL}.json").respond(json=ANSWER)
    respx.get(f"{ROOT}/Calls/{CALL}/Recordings.json").respond(json={"recordings": [{"sid": "RE1", "duration": "44"}]})
    facts = provider.fetch(CALL)
    assert (facts.status, facts.outcome) == (CallStatus.ENDED, Outcome.COMPLETED)
    assert (facts.cost, facts.duration_seconds) == (Decimal("0.0130"), 45)
    assert (facts.recording.recording_id, facts.recording.duration_seconds) == ("RE1", 44)
    assert facts.answered_by is AnsweredBy.HUMAN


@respx.mock
def test_an_ended_call_cannot_be_hung_up_and_that_is_fine(provider):
    route = respx.post(f"{ROOT}/Calls/{CALL}.json").respond(400, json={"code": 21220})
    provider.hang_up(CALL)
    assert parse_qs(route.calls[0].request.content.decode()) == {"Status": ["completed"]}
    route.respond(503)
    with pytest.raises(Unavailable):
        provider.hang_up(CALL)


@pytest.mark.parametrize(
    ("fields", "kind", "status", "outcome"),
    [
        ({"CallStatus": "initiated"}, EventKind.OTHER, CallStatus.INITIATED, None),
        ({"CallStatus": "ringing"}, EventKind.RINGING, CallStatus.RINGING, None),
        ({"CallStatus": "in-progress"}, EventKind.ANSWERED, CallStatus.IN_PROGRESS, None),
        ({"CallStatus": "completed"}, EventKind.ENDED, CallStatus.ENDED, Outcome.COMPLETED),
        (
            {"CallStatus": "completed", "AnsweredBy": "machine_end_beep"},
            EventKind.ENDED,
            CallStatus.ENDED,
            Outcome.VOICEMAIL,
        ),
        ({"CallStatus": "busy"}, EventKind.ENDED, CallStatus.ENDED, Outcome.BUSY),
        ({"CallStatus": "busy", "SipResponseCode": "603"}, EventKind.ENDED, CallStatus.ENDED, Outcome.REJECTED),
        ({"CallStatus": "no-answer"}, EventKind.ENDED, CallStatus.ENDED, Outcome.NO_ANSWER),
        ({"CallStatus": "failed"}, EventKind.ENDED, CallStatus.ENDED, Outcome.FAILED),
        ({"CallStatus": "failed", "SipResponseCode": "404"}, EventKind.ENDED, CallStatus.ENDED, Outcome.INVALID_NUMBER),
        ({"CallStatus": "canceled"}, EventKind.ENDED, CallStatus.ENDED, Outcome.CANCELLED),
        ({"CallStatus": "levitating"}, EventKind.OTHER, None, None),
    ],
)
def test_status_callbacks_are_read_in_our_words(provider, fields, kind, status, outcome):
    event = callback(provider, SequenceNumber="2", CallbackSource="call-progress-events", **fields)
    assert (event.kind, event.facts.status, event.facts.outcome) == (kind, status, outcome)


def test_the_last_callback_brings_duration_time_and_recording(provider):
    event = callback(
        provider,
        CallStatus="completed",
        SequenceNumber="3",
        CallbackSource="call-progress-events",
        CallDuration="62",
        Timestamp="Fri, 20 Nov 2026 10:01:02 +0000",
        RecordingSid="RE1",
        RecordingDuration="60",
        RecordingUrl="https://api.twilio.com/x",
    )
    assert event.facts.duration_seconds == 62
    assert event.facts.ended_at == dt.datetime(2026, 11, 20, 10, 1, 2, tzinfo=dt.UTC)
    assert event.facts.recording.recording_id == "RE1"


def test_callbacks_have_keys_of_their_own_and_a_repeat_has_the_same(provider):
    first = callback(provider, CallStatus="ringing", SequenceNumber="1", CallbackSource="call-progress-events")
    again = callback(provider, CallStatus="ringing", SequenceNumber="1", CallbackSource="call-progress-events")
    next_one = callback(provider, CallStatus="in-progress", SequenceNumber="2", CallbackSource="call-progress-events")
    assert first.event_key == again.event_key != next_one.event_key


def test_recording_and_machine_callbacks_bring_only_facts(provider):
    there = callback(provider, RecordingStatus="completed", RecordingSid="RE1", RecordingDuration="60")
    absent = callback(provider, RecordingStatus="absent", RecordingSid="RE2")
    machine = callback(provider, AnsweredBy="machine_start", MachineDetectionDuration="3000")
    assert (there.kind, there.facts.recording.recording_id) == (EventKind.RECORDING, "RE1")
    assert absent.facts.recording_absent
    assert (machine.kind, machine.facts.answered_by) == (EventKind.FACTS, AnsweredBy.VOICEMAIL)
    assert {there.facts.status, absent.facts.status, machine.facts.status} == {None}


def test_signatures_are_those_of_twilios_own_validator(provider):
    form = {"CallSid": CALL, "CallStatus": "ringing", "Empty": ""}
    body = urlencode(form).encode()
    signature = RequestValidator("token").compute_signature(URL, form)
    provider.verify_signature({"x-twilio-signature": signature}, body, URL)
    shared = RequestValidator("shared").compute_signature(URL, form, "HMAC_SHA256")
    settings = {"X-Twilio-Webhooks-Signature-Settings": "key=k1,algorithm=HMAC_SHA256"}
    provider.verify_signature({"X-Twilio-Signature": shared, **settings}, body, URL)
    for headers, sent, url in (
        ({}, body, URL),
        ({"X-Twilio-Signature": signature}, body + b"&More=1", URL),
        ({"X-Twilio-Signature": signature}, body, URL.replace("attempt-1", "attempt-2")),
        ({"X-Twilio-Signature": signature, **settings}, body, URL),
        ({"X-Twilio-Signature": RequestValidator("other").compute_signature(URL, form)}, body, URL),
    ):
        with pytest.raises(BadSignature):
            provider.verify_signature(headers, sent, url)


def test_a_callback_without_a_call_is_malformed(provider):
    with pytest.raises(MalformedEvent):
        provider.parse_events({}, b"\xff\xfe=1&Hello", URL)


@respx.mock
def test_keys_are_checked_in_words(provider):
    route = respx.get(f"{ROOT}.json").respond(json={"friendly_name": "Northwind", "status": "active"})
    assert provider.verify_key().account_name == "Northwind"
    route.respond(json={"friendly_name": "Northwind", "status": "suspended"})
    assert "suspended" in provider.verify_key().detail
    route.respond(401, json={"code": 20003})
    assert not provider.verify_key().is_valid


@respx.mock
def test_recordings_are_fetched_with_the_credentials(provider):
    route = respx.get(f"{ROOT}/Recordings/RE1.wav").respond(200, content=b"RIFF")
    event = callback(provider, RecordingStatus="completed", RecordingSid="RE1", RecordingUrl="http://169.254.169.254/")
    assert b"".join(provider.download_recording(event.facts.recording)) == b"RIFF"
    assert "authorization" in route.calls[0].request.headers
