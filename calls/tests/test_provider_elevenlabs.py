import datetime as dt
import hashlib
import hmac
import json
import time
from decimal import Decimal

import pytest
import respx

from calls.providers.base import (
    Ambiguous,
    BadSignature,
    CallStatus,
    Disposition,
    EventKind,
    MalformedEvent,
    Outcome,
    PlaceCall,
    RateLimited,
    Rejected,
    VoiceProvider,
)
from calls.providers.elevenlabs import ElevenLabsProvider

API = "https://api.elevenlabs.io"
URL = "https://crm.example/api/v1/webhooks/telephony/elevenlabs"
REQUEST = PlaceCall(
    reference="attempt-1",
    to="+12125550177",
    from_number="+14155550100",
    callback_url=URL,
    prompt="Sell kindly.",
    first_sentence="Hi, I'm an AI assistant.",
    voice_id="v-1",
)
CONVERSATION = {
    "conversation_id": "e-1",
    "status": "done",
    "has_audio": True,
    "conversation_initiation_client_data": {"dynamic_variables": {"reference": "attempt-1"}},
    "transcript": [
        {"role": "agent", "message": "Hi.", "time_in_call_secs": 0},
        {"role": "user", "message": "Not for me.", "time_in_call_secs": 3},
        {"role": "agent", "message": None, "time_in_call_secs": 4},
    ],
    "metadata": {
        "start_time_unix_secs": 1795168800,
        "call_duration_secs": 62,
        "cost": 410,
        "cost_fiat": 0.0812,
        "termination_reason": "Call ended by remote party",
    },
    "analysis": {
        "transcript_summary": "Not interested.",
        "data_collection_results": {"disposition": {"value": "not_interested"}, "callback_in_minutes": {"value": None}},
    },
}


@pytest.fixture
def provider():
    provider = ElevenLabsProvider(key="key", webhook_secret="secret", agent_id="a-1", phone_number_id="p-1")
    yield provider
    provider.close()


def read(provider, kind="post_call_transcription", **changes):
    body = {"type": kind, "event_timestamp": 1795168870, "data": {**CONVERSATION, **changes}}
    (event,) = provider.parse_events({}, json.dumps(body).encode(), URL)
    return event


def test_the_adapter_is_a_voice_provider(provider):
    assert isinstance(provider, VoiceProvider)


@respx.mock
def test_prompt_and_reference_go_as_variables(provider):
    route = respx.post(f"{API}/v1/convai/twilio/outbound-call")
    route.respond(json={"success": True, "message": "", "conversation_id": "e-1", "callSid": "CA1"})
    assert provider.place_call(REQUEST).provider_call_id == "e-1"
    sent = route.calls[0].request
    body = json.loads(sent.content)
    start = body["conversation_initiation_client_data"]
    assert sent.headers["xi-api-key"] == "key"
    assert (body["agent_id"], body["agent_phone_number_id"], body["to_number"]) == ("a-1", "p-1", "+12125550177")
    assert start["dynamic_variables"] == {
        "crm_prompt": "Sell kindly.",
        "first_sentence": "Hi, I'm an AI assistant.",
        "reference": "attempt-1",
    }
    assert start["conversation_config_override"] == {"tts": {"voice_id": "v-1"}}


@respx.mock
def test_the_agent_is_made_once_and_lets_calls_choose_the_voice():
    route = respx.post(f"{API}/v1/convai/agents/create").respond(json={"agent_id": "a-9"})
    made = ElevenLabsProvider(key="key", webhook_secret="secret").set_up(name="Northwind", voice_id="v-1")
    body = json.loads(route.calls[0].request.content)
    assert made == "a-9"
    assert body["conversation_config"]["agent"]["prompt"]["prompt"] == "{{crm_prompt}}"
    assert body["platform_settings"]["overrides"]["conversation_config_override"]["tts"]["voice_id"] is True


@respx.mock
@pytest.mark.parametrize(
    ("status", "body", "error", "code"),
    [
        (429, {}, RateLimited, None),
        (503, {}, Ambiguous, None),
        (200, {"success": True}, Ambiguous, None),
        (200, {"success": False, "message": "Invalid phone number"}, Rejected, "invalid_number"),
        (401, {"detail": {"status": "invalid_api_key", "message": "Invalid API key"}}, Rejected, "auth"),
        (400, {"detail": {"status": "quota_exceeded", "message": "Quota exceeded"}}, Rejected, "out_of_funds"),
        (422, {"detail": [{"msg": "field required"}]}, Rejected, "bad_request"),
    ],
)
def test_failures_are_told_in_our_words(provider, status, body, error, code):
    respx.post(f"{API}/v1/convai/twilio/outbound-call").respond(status, json=body)
    with pytest.raises(error) as caught:
        provider.place_call(REQUEST)
    assert getattr(caught.value, "code", None) == code


def test_without_agent_and_number_nothing_is_sent():
    with pytest.raises(Rejected) as caught:
        ElevenLabsProvider(key="key", webhook_secret="secret").place_call(REQUEST)
    assert caught.value.code == "not_supported"


@respx.mock
def test_a_conversation_is_found_and_made_sure_of(provider):
    route = respx.get(f"{API}/v1/convai/conversations")
    route.respond(json={"conversations": [{"conversation_id": "e-0"}, {"conversation_id": "e-1"}]})
    respx.get(f"{API}/v1/convai/conversations/e-0").respond(json={"conversation_id": "e-0", "status": "done"})
    respx.get(f"{API}/v1/convai/conversations/e-1").respond(json=CONVERSATION)
    since = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
    assert provider.find_by_reference("attempt-1", placed_after=since).provider_call_id == "e-1"
    assert provider.find_by_reference("attempt-2", placed_after=since) is None
    assert route.calls[0].request.url.params["user_id"] == "attempt-1"


def test_the_report_brings_everything(provider):
    event = read(provider)
    facts = event.facts
    assert (event.kind, facts.status, facts.outcome) == (EventKind.ENDED, CallStatus.ENDED, Outcome.COMPLETED)
    assert (facts.cost, facts.duration_seconds) == (Decimal("0.0812"), 62)
    assert (facts.disposition, facts.callback_in_minutes) == (Disposition.NOT_INTERESTED, None)
    assert [m.content for m in facts.transcript] == ["Hi.", "Not for me."]
    assert facts.ended_at - facts.answered_at == dt.timedelta(seconds=62)
    assert facts.recording.recording_id == "e-1"
    assert facts.reference == "attempt-1"


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"status": "failed"}, Outcome.FAILED),
        ({"metadata": {"termination_reason": "voicemail_detection tool was called"}}, Outcome.VOICEMAIL),
        ({"analysis": {"data_collection_results": {"disposition": {"value": "do_not_call"}}}}, Outcome.OPT_OUT),
    ],
)
def test_ends_are_read_in_our_words(provider, changes, outcome):
    assert read(provider, **changes).facts.outcome is outcome


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [("busy", Outcome.BUSY), ("no-answer", Outcome.NO_ANSWER), ("unknown", Outcome.FAILED)],
)
def test_calls_that_never_came_about_are_told(provider, reason, outcome):
    event = read(provider, "call_initiation_failure", failure_reason=reason)
    assert (event.kind, event.facts.status, event.facts.outcome) == (EventKind.ENDED, CallStatus.ENDED, outcome)


def test_audio_sent_by_webhook_is_left_alone(provider):
    event = read(provider, "post_call_audio")
    assert (event.kind, event.facts.status) == (EventKind.OTHER, None)


def test_signatures_are_checked_over_time_and_body(provider):
    body, now = b'{"type":"post_call_transcription"}', int(time.time())

    def signed(stamp, key=b"secret"):
        digest = hmac.new(key, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return {"elevenlabs-signature": f"t={stamp},v0={digest}"}

    provider.verify_signature(signed(now), body, URL)
    for headers in (signed(now - 1801), signed(now, b"other"), {}):
        with pytest.raises(BadSignature):
            provider.verify_signature(headers, body, URL)


def test_an_event_without_a_conversation_is_malformed(provider):
    with pytest.raises(MalformedEvent):
        provider.parse_events({}, b'{"type": "post_call_transcription", "data": {}}', URL)


def test_a_call_cannot_be_ended_from_outside(provider):
    with pytest.raises(Rejected) as caught:
        provider.hang_up("e-1")
    assert caught.value.code == "not_supported"


@respx.mock
def test_recordings_are_fetched_with_the_key(provider):
    route = respx.get(f"{API}/v1/convai/conversations/e-1/audio").respond(200, content=b"ID3")
    assert b"".join(provider.download_recording(read(provider).facts.recording)) == b"ID3"
    assert route.calls[0].request.headers["xi-api-key"] == "key"
