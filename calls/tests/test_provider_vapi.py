import datetime as dt
import json
from decimal import Decimal

import httpx
import pytest
import respx

from calls.providers.base import (
    Ambiguous,
    AnsweredBy,
    BadSignature,
    CallStatus,
    Disposition,
    EventKind,
    MalformedEvent,
    Outcome,
    PlaceCall,
    RateLimited,
    Rejected,
    Unavailable,
    VoiceProvider,
)
from calls.providers.vapi import VapiProvider

API = "https://api.vapi.ai"
URL = "https://crm.example/api/v1/webhooks/telephony/vapi?call=attempt-1"
REQUEST = PlaceCall(
    reference="0198c7c0-0000-7000-8000-000000000001",
    to="+12125550177",
    from_number="+14155550100",
    callback_url=URL,
    prompt="Sell kindly.",
    first_sentence="Hi, I'm an AI assistant.",
    voice_id="11labs:paula",
    max_duration_seconds=240,
    metadata={"campaign": "spring"},
)
REPORT = {
    "type": "end-of-call-report",
    "timestamp": 1795168862000,
    "endedReason": "customer-ended-call",
    "startedAt": "2026-11-20T10:00:10.000Z",
    "endedAt": "2026-11-20T10:01:12.000Z",
    "cost": 0.1284,
    "call": {"id": "v-1", "name": REQUEST.reference, "status": "in-progress"},
    "analysis": {
        "summary": "They want a demo.",
        "structuredData": {"disposition": "callback", "callback_in_minutes": 90},
    },
    "artifact": {
        "recordingUrl": "https://storage.vapi.ai/x.wav",
        "messages": [
            {"role": "system", "message": "Sell kindly.", "secondsFromStart": 0},
            {"role": "bot", "message": "Hi, I'm an AI assistant.", "secondsFromStart": 1.2},
            {"role": "user", "message": "Call me later.", "secondsFromStart": 4},
            {"role": "tool_calls", "message": ""},
        ],
    },
}


@pytest.fixture
def provider():
    provider = VapiProvider(key="key", webhook_secret="secret", phone_number_id="pn-1")
    yield provider
    provider.close()


def read(provider, message):
    (event,) = provider.parse_events({}, json.dumps({"message": message}).encode(), URL)
    return event


def status_update(status, **fields):
    return {"type": "status-update", "status": status, "timestamp": 1795168862000, "call": {"id": "v-1"}, **fields}


def test_the_adapter_is_a_voice_provider(provider):
    assert isinstance(provider, VoiceProvider)


@respx.mock
def test_one_request_carries_the_whole_assistant(provider):
    route = respx.post(f"{API}/call").respond(201, json={"id": "v-1", "status": "queued"})
    assert provider.place_call(REQUEST).provider_call_id == "v-1"
    body = json.loads(route.calls[0].request.content)
    assistant = body["assistant"]
    assert route.calls[0].request.headers["authorization"] == "Bearer key"
    assert body["customer"] == {"number": "+12125550177", "externalId": REQUEST.reference}
    assert body["phoneNumberId"] == "pn-1"
    assert body["name"] == REQUEST.reference
    assert assistant["model"]["messages"] == [{"role": "system", "content": "Sell kindly."}]
    assert assistant["voice"] == {"provider": "11labs", "voiceId": "paula"}
    assert assistant["server"]["url"] == URL
    assert assistant["server"]["backoffPlan"]["maxRetries"] == 5
    assert assistant["maxDurationSeconds"] == 240
    assert assistant["metadata"]["campaign"] == "spring"
    assert "voicemailMessage" not in assistant


@respx.mock
def test_your_own_twilio_number_can_be_called_from():
    route = respx.post(f"{API}/call").respond(201, json={"id": "v-1"})
    VapiProvider(key="k", webhook_secret="s", twilio_account_sid="AC1", twilio_auth_token="t").place_call(REQUEST)
    number = json.loads(route.calls[0].request.content)["phoneNumber"]
    assert number == {"twilioPhoneNumber": "+14155550100", "twilioAccountSid": "AC1", "twilioAuthToken": "t"}


def test_without_a_number_to_call_from_nothing_is_sent():
    with pytest.raises(Rejected) as caught:
        VapiProvider(key="k", webhook_secret="s").place_call(REQUEST)
    assert caught.value.code == "not_supported"


@respx.mock
@pytest.mark.parametrize(
    ("status", "message", "ours"),
    [
        (400, ["customer.number must be a valid phone number in the E164 format."], "invalid_number"),
        (400, "assistant.voice.voiceId is wrong", "bad_request"),
        (400, "Wallet has no credits left", "out_of_funds"),
        (401, "Invalid Key", "auth"),
    ],
)
def test_refusals_are_told_in_our_words(provider, status, message, ours):
    respx.post(f"{API}/call").respond(status, json={"message": message, "statusCode": status})
    with pytest.raises(Rejected) as caught:
        provider.place_call(REQUEST)
    assert caught.value.code == ours


@respx.mock
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(429), RateLimited),
        (httpx.Response(500), Ambiguous),
        (httpx.Response(302), Ambiguous),
        (httpx.Response(201, json={}), Ambiguous),
    ],
)
def test_other_answers_wait_or_are_looked_up(provider, answer, error):
    respx.post(f"{API}/call").mock(return_value=answer)
    with pytest.raises(error):
        provider.place_call(REQUEST)


@respx.mock
def test_a_call_is_found_by_our_reference(provider):
    route = respx.get(f"{API}/call").respond(json=[{"id": "v-0", "name": "other"}, {"id": "v-1", "name": "mine"}])
    since = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
    assert provider.find_by_reference("mine", placed_after=since).provider_call_id == "v-1"
    assert provider.find_by_reference("third", placed_after=since) is None
    assert route.calls[0].request.url.params["createdAtGt"].startswith("2026-11-20T09:59:30")


def test_the_report_at_the_end_brings_everything(provider):
    event = read(provider, REPORT)
    facts = event.facts
    assert (event.kind, event.event_key) == (EventKind.ENDED, "v-1:report")
    assert (facts.status, facts.outcome, facts.reference) == (
        CallStatus.ENDED,
        Outcome.COMPLETED,
        REQUEST.reference,
    )
    assert (facts.cost, facts.duration_seconds) == (Decimal("0.1284"), 62)
    assert [(m.role, m.at) for m in facts.transcript] == [("agent", 1.2), ("person", 4.0)]
    assert (facts.disposition, facts.callback_in_minutes) == (Disposition.CALLBACK, 90)
    assert facts.summary == "They want a demo."
    assert facts.recording.recording_id == "v-1"


def test_a_person_who_opts_out_makes_the_outcome_opt_out(provider):
    report = {**REPORT, "analysis": {"structuredData": {"disposition": "do_not_call"}}}
    assert read(provider, report).facts.outcome is Outcome.OPT_OUT


@pytest.mark.parametrize(
    ("reason", "started", "outcome"),
    [
        ("customer-busy", False, Outcome.BUSY),
        ("customer-did-not-answer", False, Outcome.NO_ANSWER),
        ("voicemail", True, Outcome.VOICEMAIL),
        ("twilio-reported-customer-misdialed", False, Outcome.INVALID_NUMBER),
        ("assistant-ended-call-after-message-spoken", True, Outcome.COMPLETED),
        ("silence-timed-out", True, Outcome.COMPLETED),
        ("exceeded-max-duration", True, Outcome.COMPLETED),
        ("manually-canceled", False, Outcome.CANCELLED),
        ("call.in-progress.error-vapifault-openai-voice-failed", True, Outcome.FAILED),
        ("assistant-request-returned-error", False, Outcome.FAILED),
        ("a-reason-of-tomorrow", True, Outcome.COMPLETED),
        ("a-reason-of-tomorrow", False, Outcome.FAILED),
    ],
)
def test_the_many_endings_are_read_in_our_words(provider, reason, started, outcome):
    report = {**REPORT, "endedReason": reason, "analysis": {}, "artifact": {}}
    if not started:
        report.pop("startedAt")
    facts = read(provider, report).facts
    assert facts.outcome is outcome
    assert (facts.answered_by is AnsweredBy.VOICEMAIL) == (outcome is Outcome.VOICEMAIL)


@pytest.mark.parametrize(
    ("status", "kind", "ours"),
    [
        ("queued", EventKind.OTHER, CallStatus.INITIATED),
        ("ringing", EventKind.RINGING, CallStatus.RINGING),
        ("in-progress", EventKind.ANSWERED, CallStatus.IN_PROGRESS),
        ("ended", EventKind.ENDED, CallStatus.ENDED),
        ("daydreaming", EventKind.OTHER, None),
    ],
)
def test_status_updates_are_read_in_our_words(provider, status, kind, ours):
    event = read(provider, status_update(status, endedReason="customer-busy"))
    assert (event.kind, event.facts.status) == (kind, ours)


def test_a_repeat_has_the_same_key_and_a_report_another(provider):
    keys = {read(provider, status_update("ended", endedReason="customer-busy")).event_key for _ in range(2)}
    assert len(keys | {read(provider, REPORT).event_key}) == 2


@respx.mock
def test_only_the_secret_sent_with_the_call_is_believed(provider):
    route = respx.post(f"{API}/call").respond(201, json={"id": "v-1"})
    provider.place_call(REQUEST)
    headers = json.loads(route.calls[0].request.content)["assistant"]["server"]["headers"]
    provider.verify_signature({k.lower(): v for k, v in headers.items()}, b"{}", URL)
    for given, url in (({}, URL), ({"x-vapi-secret": "x"}, URL), (headers, URL.replace("attempt-1", "attempt-2"))):
        with pytest.raises(BadSignature):
            provider.verify_signature(given, b"{}", url)


@pytest.mark.parametrize("body", [b"{", b"{}", b'{"message": {"type": "status-update"}}', b'{"message": []}'])
def test_a_message_that_is_none_is_malformed(provider, body):
    with pytest.raises(MalformedEvent):
        provider.parse_events({}, body, URL)


@respx.mock
def test_a_live_call_is_ended_through_its_control_address_and_a_queued_one_deleted(provider):
    get = respx.get(f"{API}/call/v-1")
    control = respx.post("https://phone.vapi.ai/v-1/control").respond(200)
    delete = respx.delete(f"{API}/call/v-1").respond(200, json={})
    get.respond(
        json={"id": "v-1", "status": "in-progress", "monitor": {"controlUrl": "https://phone.vapi.ai/v-1/control"}}
    )
    provider.hang_up("v-1")
    assert json.loads(control.calls[0].request.content) == {"type": "end-call"}
    get.respond(json={"id": "v-1", "status": "queued", "monitor": {"controlUrl": "https://evil.test/"}})
    provider.hang_up("v-1")
    assert delete.call_count == 1
    get.respond(json={"id": "v-1", "status": "ended"})
    provider.hang_up("v-1")
    assert delete.call_count == 1


@respx.mock
def test_look_ups_that_fail_for_now_are_told_apart_from_unknown_calls(provider):
    route = respx.get(f"{API}/call/v-1").respond(502)
    with pytest.raises(Unavailable):
        provider.fetch("v-1")
    route.respond(404)
    with pytest.raises(Rejected) as caught:
        provider.fetch("v-1")
    assert caught.value.code == "not_found"


@respx.mock
def test_keys_are_checked_and_recordings_fetched(provider):
    respx.get(f"{API}/call").respond(json=[])
    assert provider.verify_key().is_valid
    respx.get(f"{API}/call").respond(401)
    assert not provider.verify_key().is_valid
    respx.get(f"{API}/call/v-1/mono-recording").respond(302, headers={"location": "https://storage.vapi.ai/x.wav"})
    respx.get("https://storage.vapi.ai/x.wav").respond(200, content=b"RIFF")
    assert b"".join(provider.download_recording(read(provider, REPORT).facts.recording)) == b"RIFF"
