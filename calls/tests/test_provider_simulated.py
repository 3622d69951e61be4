import time
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
    RecordingRef,
    Rejected,
    Unavailable,
    Unreachable,
    VoiceProvider,
)
from calls.providers.simulated import SimulatedProvider
from simulator.tests.conftest import KEY, SECRET, Receiver, running, wait_until


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def phone(receiver):
    with running(receiver) as client:
        yield client


@pytest.fixture
def provider(phone):
    provider = SimulatedProvider(base_url=str(phone.base_url), key=KEY, secret=SECRET)
    yield provider
    provider.close()


@pytest.fixture
def request_to(receiver):
    def make(to, reference="attempt-1", **fields):
        return PlaceCall(reference=reference, to=to, from_number="+14155550100", callback_url=receiver.url, **fields)

    return make


def ended(provider, call_id):
    return wait_until(lambda: (facts := provider.fetch(call_id)).status is CallStatus.ENDED and facts)


def test_the_adapter_is_a_voice_provider(provider):
    assert isinstance(provider, VoiceProvider)


def test_a_call_is_placed_followed_and_read(provider, request_to):
    placed = provider.place_call(request_to("+12125550177", first_sentence="Hi, I'm an AI."))
    facts = ended(provider, placed.provider_call_id)
    assert facts.reference == "attempt-1"
    assert (facts.outcome, facts.answered_by) == (Outcome.COMPLETED, AnsweredBy.HUMAN)
    assert facts.cost > Decimal("0.0050")
    assert facts.transcript[1].content == "Hi, I'm an AI."
    assert facts.answered_at < facts.ended_at
    audio = b"".join(provider.download_recording(facts.recording))
    assert audio.startswith(b"RIFF")


def test_webhooks_verify_and_say_the_same_as_a_look_up(provider, receiver, request_to):
    placed = provider.place_call(request_to("+12125550155"))
    wait_until(lambda: len(receiver.deliveries) == 4)
    events = []
    for _, headers, body in receiver.deliveries:
        provider.verify_signature(headers, body, receiver.url)
        events += provider.parse_events(headers, body, receiver.url)
    kinds = [EventKind.RINGING, EventKind.ANSWERED, EventKind.ENDED, EventKind.RECORDING]
    assert [event.kind for event in events] == kinds
    assert len({event.event_key for event in events}) == 4
    told, looked_up = events[2].facts, provider.fetch(placed.provider_call_id)
    for name in ("provider_call_id", "reference", "outcome", "cost", "transcript", "summary", "duration_seconds"):
        assert getattr(told, name) == getattr(looked_up, name)
    assert (told.outcome, told.disposition) == (Outcome.OPT_OUT, Disposition.DO_NOT_CALL)
    assert events[3].facts.recording == looked_up.recording
    assert events[3].facts.status is None


def test_a_body_changed_on_the_way_is_not_believed(provider, receiver, request_to):
    provider.place_call(request_to("+12125550100"))
    _, headers, body = wait_until(lambda: receiver.deliveries)[0]
    with pytest.raises(BadSignature):
        provider.verify_signature(headers, body.replace(b"busy", b"free"), receiver.url)
    with pytest.raises(BadSignature):
        provider.verify_signature({}, body, receiver.url)
    other = SimulatedProvider(base_url="http://127.0.0.1", key=KEY, secret="another")
    with pytest.raises(BadSignature):
        other.verify_signature(headers, body, receiver.url)


def test_an_old_webhook_is_not_believed(provider, receiver, request_to, monkeypatch):
    provider.place_call(request_to("+12125550100"))
    _, headers, body = wait_until(lambda: receiver.deliveries)[0]
    now = time.time()
    monkeypatch.setattr("calls.providers.simulated.time.time", lambda: now + 301)
    with pytest.raises(BadSignature, match="too old"):
        provider.verify_signature(headers, body, receiver.url)


def test_a_lost_answer_is_ambiguous_and_the_call_is_found_by_reference(provider, phone, request_to):
    phone.put("/v1/faults", json={"http_5xx_after": 1.0})
    with pytest.raises(Ambiguous):
        provider.place_call(request_to("+12125550177", "attempt-7"))
    assert provider.find_by_reference("attempt-7").reference == "attempt-7"
    assert provider.find_by_reference("attempt-8") is None


def test_a_rate_limit_says_how_long_to_wait(provider, phone, request_to):
    phone.put("/v1/faults", json={"http_429": 1.0})
    with pytest.raises(RateLimited) as caught:
        provider.place_call(request_to("+12125550177"))
    assert caught.value.retry_after == 1.0


def test_a_number_that_is_none_is_rejected(provider, request_to):
    with pytest.raises(Rejected) as caught:
        provider.place_call(request_to("+1"))
    assert caught.value.code == "invalid_number"


def test_nobody_listening_means_nothing_was_dialled(request_to):
    provider = SimulatedProvider(base_url="http://127.0.0.1:9", key=KEY, secret=SECRET)
    with pytest.raises(Unreachable):
        provider.place_call(request_to("+12125550177"))
    with pytest.raises(Unavailable):
        provider.fetch("SIM1")


@respx.mock
@pytest.mark.parametrize(
    "failure", [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut"), httpx.WriteError("cut")]
)
def test_a_broken_exchange_is_ambiguous(failure, request_to):
    respx.post("http://phone.test/v1/calls").mock(side_effect=failure)
    with pytest.raises(Ambiguous):
        SimulatedProvider(base_url="http://phone.test", key=KEY, secret=SECRET).place_call(request_to("+12125550177"))


def test_a_call_can_be_hung_up_twice(provider, phone, request_to):
    phone.put("/v1/speed", json={"speed": 1})
    placed = provider.place_call(request_to("+12125550177"))
    provider.hang_up(placed.provider_call_id)
    provider.hang_up(placed.provider_call_id)
    assert provider.fetch(placed.provider_call_id).outcome is Outcome.CANCELLED
    with pytest.raises(Rejected, match="know"):
        provider.hang_up("SIM404")


def test_voices_are_listed_and_keys_are_checked(provider, phone):
    assert provider.voices()[0].voice_id
    assert provider.verify_key().is_valid
    wrong = SimulatedProvider(base_url=str(phone.base_url), key="wrong", secret=SECRET)
    assert not wrong.verify_key().is_valid


def test_a_recording_that_is_gone_is_told(provider):
    with pytest.raises(Rejected, match="know"):
        list(provider.download_recording(RecordingRef(recording_id="REC404")))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": "EV1"}', b'{"id": 5, "call_id": "SIM1"}'])
def test_a_webhook_that_is_no_event_is_told(provider, body):
    with pytest.raises(MalformedEvent):
        provider.parse_events({}, body, "")


def test_an_unknown_event_and_senseless_values_change_nothing(provider):
    body = b'{"id": "EV1", "call_id": "SIM1", "type": "call.sang", "duration_seconds": -1, "cost": "NaN"}'
    (event,) = provider.parse_events({}, body, "")
    assert event.kind is EventKind.OTHER
    assert (event.facts.status, event.facts.duration_seconds, event.facts.cost) == (None, None, None)
