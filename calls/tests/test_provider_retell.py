import hashlib
import hmac
import json
import time
from decimal import Decimal

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
    RecordingRef,
    Rejected,
    VoiceProvider,
)
from calls.providers.retell import RetellProvider

API = "https://api.retellai.com"
URL = "https://crm.example/api/v1/webhooks/telephony/retell?call=attempt-1"
REQUEST = PlaceCall(
    reference="attempt-1",
    to="+12125550177",
    from_number="+14155550100",
    callback_url=URL,
    prompt="Sell kindly.",
    first_sentence="Hi, I'm an AI assistant.",
    voice_id="11labs-Adrian",
    voicemail_message="Please ring back.",
    ring_timeout_seconds=20,
    max_duration_seconds=120,
)
CALL = {
    "call_id": "r-1",
    "call_status": "ended",
    "metadata": {"reference": "attempt-1"},
    "disconnection_reason": "user_hangup",
    "start_timestamp": 1795168800000,
    "end_timestamp": 1795168862000,
    "duration_ms": 62000,
    "transcript_object": [
        {"role": "agent", "content": "Hi, I'm an AI assistant.", "words": [{"word": "Hi", "start": 0.7, "end": 1}]},
        {"role": "user", "content": "Tell me more.", "words": []},
        {"role": "tool_call_invocation", "name": "end_call"},
    ],
    "recording_url": "https://dxc03zgurdly9.cloudfront.net/r-1/recording.wav",
    "call_cost": {"combined_cost": 7.25},
    "call_analysis": {
        "call_summary": "Interested.",
        "in_voicemail": False,
        "custom_analysis_data": {"disposition": "interested"},
    },
}


@pytest.fixture
def provider():
    provider = RetellProvider(key="key", agent_id="agent-1")
    yield provider
    provider.close()


def read(provider, event, **changes):
    (found,) = provider.parse_events({}, json.dumps({"event": event, "call": {**CALL, **changes}}).encode(), URL)
    return found


def test_the_adapter_is_a_voice_provider(provider):
    assert isinstance(provider, VoiceProvider)


@respx.mock
def test_prompt_and_first_sentence_go_as_variables_of_the_agent(provider):
    route = respx.post(f"{API}/v2/create-phone-call").respond(201, json={"call_id": "r-1"})
    assert provider.place_call(REQUEST).provider_call_id == "r-1"
    body = json.loads(route.calls[0].request.content)
    assert body["retell_llm_dynamic_variables"] == {
        "crm_prompt": "Sell kindly.",
        "first_sentence": "Hi, I'm an AI assistant.",
    }
    assert body["override_agent_id"] == "agent-1"
    assert body["metadata"]["reference"] == body["idempotency_key"] == "attempt-1"
    assert body["agent_override"]["agent"] == {
        "webhook_url": URL,
        "max_call_duration_ms": 120_000,
        "ring_duration_ms": 20_000,
        "voice_id": "11labs-Adrian",
        "voicemail_option": {"action": {"type": "static_text", "text": "Please ring back."}},
    }


@respx.mock
def test_the_agent_is_made_once_with_room_for_the_prompt():
    llm = respx.post(f"{API}/create-retell-llm").respond(201, json={"llm_id": "llm-1"})
    agent = respx.post(f"{API}/create-agent").respond(201, json={"agent_id": "agent-9"})
    assert RetellProvider(key="key").set_up(name="Northwind", voice_id="v") == "agent-9"
    assert json.loads(llm.calls[0].request.content)["general_prompt"] == "{{crm_prompt}}"
    assert json.loads(agent.calls[0].request.content)["response_engine"]["llm_id"] == "llm-1"


def test_without_an_agent_nothing_is_sent():
    with pytest.raises(Rejected) as caught:
        RetellProvider(key="key").place_call(REQUEST)
    assert caught.value.code == "not_supported"


@respx.mock
@pytest.mark.parametrize(
    ("status", "body", "error", "code"),
    [
        (429, {}, RateLimited, None),
        (500, {}, Ambiguous, None),
        (201, {}, Ambiguous, None),
        (401, {"message": "Invalid API key"}, Rejected, "auth"),
        (402, {"message": "Trial is over"}, Rejected, "out_of_funds"),
        (422, {"message": "to_number is not valid"}, Rejected, "invalid_number"),
    ],
)
def test_failures_are_told_in_our_words(provider, status, body, error, code):
    respx.post(f"{API}/v2/create-phone-call").respond(status, json=body)
    with pytest.raises(error) as caught:
        provider.place_call(REQUEST)
    assert getattr(caught.value, "code", None) == code


@respx.mock
def test_a_call_is_found_by_our_reference(provider):
    respx.post(f"{API}/v3/list-calls").respond(json={"items": [{"call_id": "r-0"}, CALL], "has_more": False})
    assert provider.find_by_reference("attempt-1").provider_call_id == "r-1"
    assert provider.find_by_reference("attempt-2") is None


def test_an_ended_call_brings_everything(provider):
    event = read(provider, "call_analyzed")
    facts = event.facts
    assert (event.kind, facts.status, facts.outcome) == (EventKind.ENDED, CallStatus.ENDED, Outcome.COMPLETED)
    assert (facts.cost, facts.duration_seconds) == (Decimal("0.0725"), 62)
    assert [(m.role, m.at) for m in facts.transcript] == [("agent", 0.7), ("person", 0.0)]
    assert (facts.disposition, facts.summary) == (Disposition.INTERESTED, "Interested.")
    assert facts.reference == "attempt-1"
    assert read(provider, "call_ended").event_key != event.event_key


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("dial_no_answer", Outcome.NO_ANSWER),
        ("dial_busy", Outcome.BUSY),
        ("dial_failed", Outcome.FAILED),
        ("invalid_destination", Outcome.INVALID_NUMBER),
        ("user_declined", Outcome.REJECTED),
        ("voicemail_reached", Outcome.VOICEMAIL),
        ("user_requested_dnc", Outcome.OPT_OUT),
        ("agent_hangup", Outcome.COMPLETED),
        ("concurrency_limit_reached", Outcome.COMPLETED),
        ("error_retell", Outcome.FAILED),
    ],
)
def test_reasons_are_read_in_our_words(provider, reason, outcome):
    assert read(provider, "call_ended", disconnection_reason=reason).facts.outcome is outcome


def test_what_never_connected_and_is_unknown_has_failed(provider):
    changes = {"call_status": "not_connected", "disconnection_reason": "concurrency_limit_reached"}
    assert read(provider, "call_ended", **changes, start_timestamp=None).facts.outcome is Outcome.FAILED


def test_a_machine_told_by_the_analysis_makes_a_voicemail(provider):
    facts = read(provider, "call_analyzed", call_analysis={"in_voicemail": True}).facts
    assert (facts.outcome, facts.answered_by) == (Outcome.VOICEMAIL, AnsweredBy.VOICEMAIL)


def test_other_events_change_nothing(provider):
    event = read(provider, "transcript_updated")
    assert (event.kind, event.facts.status, event.facts.transcript) == (EventKind.OTHER, None, None)


def test_signatures_are_checked_over_body_and_time(provider):
    body, now = b'{"event":"call_ended"}', int(time.time() * 1000)

    def signed(stamp, key="key"):
        digest = hmac.new(key.encode(), body + str(stamp).encode(), hashlib.sha256).hexdigest()
        return {"X-Retell-Signature": f"v={stamp},d={digest}"}

    provider.verify_signature(signed(now), body, URL)
    for headers in (signed(now - 301_000), signed(now, "other"), {}, {"x-retell-signature": "v=1,d="}):
        with pytest.raises(BadSignature):
            provider.verify_signature(headers, body, URL)


def test_an_event_without_a_call_is_malformed(provider):
    with pytest.raises(MalformedEvent):
        provider.parse_events({}, b'{"event": "call_ended"}', URL)


@respx.mock
def test_a_recording_is_fetched_through_a_fresh_link(provider):
    respx.get(f"{API}/v2/get-call/r-1").respond(json=CALL)
    respx.get(CALL["recording_url"]).respond(200, content=b"RIFF")
    assert b"".join(provider.download_recording(RecordingRef(recording_id="r-1"))) == b"RIFF"
    respx.get(f"{API}/v2/get-call/r-1").respond(json={**CALL, "recording_url": "http://10.0.0.5/x"})
    with pytest.raises(Rejected):
        list(provider.download_recording(RecordingRef(recording_id="r-1")))


@respx.mock
def test_hanging_up_twice_is_no_error(provider):
    respx.post(f"{API}/v2/stop-call/r-1").respond(400, json={"message": "Call is not ongoing"})
    provider.hang_up("r-1")
