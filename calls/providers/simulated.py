"""The simulated phone network that comes with the product; its API is described in docs/simulator.md."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import time
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote, urlsplit

from calls.providers.base import (
    PLACE_TIMEOUT_SECONDS,
    Ambiguous,
    AnsweredBy,
    BadSignature,
    CallFacts,
    CallStatus,
    Disposition,
    EventKind,
    KeyCheck,
    MalformedEvent,
    Outcome,
    PlaceCall,
    Placed,
    ProviderEvent,
    RecordingRef,
    Rejected,
    TranscriptMessage,
    Voice,
)
from calls.providers.reading import Json, dollars, header, moment, number, read_object, seconds, text, word
from calls.providers.transport import Transport, json_of

SIGNATURE_HEADER = "X-Simulator-Signature"
SIGNATURE_TOLERANCE_SECONDS = 300
STATUSES = {
    "queued": CallStatus.INITIATED,
    "ringing": CallStatus.RINGING,
    "in_progress": CallStatus.IN_PROGRESS,
    "ended": CallStatus.ENDED,
}
EVENTS = {
    "call.ringing": (EventKind.RINGING, CallStatus.RINGING),
    "call.answered": (EventKind.ANSWERED, CallStatus.IN_PROGRESS),
    "call.ended": (EventKind.ENDED, CallStatus.ENDED),
    "recording.ready": (EventKind.RECORDING, None),
}
REJECTIONS = {"invalid_number": "invalid_number", "auth": "auth", "not_found": "not_found"}


class SimulatedProvider:
    """A client of the simulated phone network. Costs no money and calls nobody."""

    name = "simulated"

    def __init__(self, *, base_url: str, key: str, secret: str, place_timeout: float = PLACE_TIMEOUT_SECONDS) -> None:
        self._base_url = base_url.rstrip("/")
        self._secret = secret
        self._transport = Transport(
            base_url=self._base_url, headers={"Authorization": f"Bearer {key}"}, place_timeout=place_timeout
        )
        self.recording_hosts = frozenset({urlsplit(self._base_url).hostname or ""})

    def place_call(self, request: PlaceCall) -> Placed:
        """Ask for one call."""
        body = {
            "to": request.to,
            "from": request.from_number,
            "reference": request.reference,
            "callback_url": request.callback_url,
            "prompt": request.prompt,
            "first_sentence": request.first_sentence,
            "voice_id": request.voice_id,
            "voicemail_message": request.voicemail_message,
            "ring_timeout_seconds": request.ring_timeout_seconds,
            "max_duration_seconds": request.max_duration_seconds,
            "record": request.record,
            "metadata": dict(request.metadata),
        }
        response = self._transport.place("/v1/calls", json=body)
        data = json_of(response)
        if not response.is_success:
            error = data.get("error") or {}
            code = str(error.get("code", ""))
            raise Rejected(REJECTIONS.get(code, "bad_request"), text(error.get("message")))
        if not data.get("id"):
            raise Ambiguous("The simulator took a call and gave no id.")
        status = STATUSES.get(str(data.get("status")), CallStatus.INITIATED)
        return Placed(provider_call_id=str(data["id"]), status=status)

    def find_by_reference(
        self, reference: str, *, to: str = "", placed_after: dt.datetime | None = None
    ) -> CallFacts | None:
        """Look a call up by our attempt id."""
        data = json_of(self._transport.ask("GET", "/v1/calls", params={"reference": reference}))
        calls = data.get("calls") or []
        return _facts(calls[0]) if calls else None

    def fetch(self, provider_call_id: str) -> CallFacts:
        """Ask how a call stands."""
        return _facts(json_of(self._transport.ask("GET", f"/v1/calls/{quote(provider_call_id, safe='')}")))

    def hang_up(self, provider_call_id: str) -> None:
        """End a call."""
        self._transport.ask("POST", f"/v1/calls/{quote(provider_call_id, safe='')}/hangup")

    def verify_signature(self, headers: Mapping[str, str], raw_body: bytes, url: str) -> None:
        """Check `t=<unix>,v1=<hex HMAC-SHA256 of "t.body">`, at most five minutes old."""
        parts = dict(part.partition("=")[::2] for part in header(headers, SIGNATURE_HEADER).split(","))
        stamp, given = parts.get("t", ""), parts.get("v1", "")
        expected = hmac.new(self._secret.encode(), f"{stamp}.".encode() + raw_body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(given.encode(), expected.encode()):
            raise BadSignature("The signature does not match.")
        if not stamp.isdigit() or abs(time.time() - int(stamp)) > SIGNATURE_TOLERANCE_SECONDS:
            raise BadSignature("The signature is too old.")

    def parse_events(self, headers: Mapping[str, str], raw_body: bytes, url: str) -> Sequence[ProviderEvent]:
        """Read the one event of a webhook; a type we do not know is `other`."""
        data = read_object(raw_body)
        if not text(data.get("id")) or not text(data.get("call_id")):
            raise MalformedEvent("The event has no id or no call id.")
        kind, status = EVENTS.get(text(data.get("type")), (EventKind.OTHER, None))
        occurred_at = moment(data.get("occurred_at"))
        facts = _facts(data, status=status, occurred_at=occurred_at)
        return [ProviderEvent(event_key=text(data["id"], 200), kind=kind, facts=facts, occurred_at=occurred_at)]

    def voices(self) -> Sequence[Voice]:
        """List the voices."""
        data = json_of(self._transport.ask("GET", "/v1/voices"))
        return [
            Voice(
                voice_id=text(v.get("id")),
                name=text(v.get("name")),
                language=text(v.get("language")),
                description=text(v.get("description")),
            )
            for v in data.get("voices", [])
        ]

    def verify_key(self) -> KeyCheck:
        """Try the key."""
        try:
            data = json_of(self._transport.ask("GET", "/v1/account"))
        except Rejected as error:
            return KeyCheck(is_valid=False, detail=error.detail)
        return KeyCheck(is_valid=True, account_name=text(data.get("name")))

    def download_recording(self, recording: RecordingRef) -> Iterator[bytes]:
        """Stream the WAV file."""
        path = f"/v1/recordings/{quote(recording.recording_id, safe='')}"
        return self._transport.stream(f"{self._base_url}{path}", self.recording_hosts)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


def _facts(data: Json, *, status: CallStatus | None = None, occurred_at: dt.datetime | None = None) -> CallFacts:
    """Read a call, or an event about one: both name things alike."""
    status = status or STATUSES.get(text(data.get("status")))
    has_ended = status is CallStatus.ENDED
    recording_id = text(data.get("recording_id"), 100)
    answered_at = occurred_at if status is CallStatus.IN_PROGRESS else None
    callback = number(data.get("callback_in_minutes"))
    is_event = "type" in data
    return CallFacts(
        provider_call_id=text(data.get("call_id") if is_event else data.get("id"), 100),
        reference=text(data.get("reference"), 100),
        status=status,
        outcome=(word(Outcome, data.get("outcome")) or Outcome.FAILED) if has_ended else None,
        answered_by=word(AnsweredBy, data.get("answered_by")),
        placed_at=moment(data.get("created_at")),
        answered_at=moment(data.get("answered_at")) or answered_at,
        ended_at=moment(data.get("ended_at")) or (occurred_at if has_ended else None),
        duration_seconds=seconds(data.get("duration_seconds")),
        cost=dollars(data.get("cost")),
        summary=text(data.get("summary")) or None,
        transcript=_transcript(data.get("transcript")),
        recording=_recording(recording_id, data) if recording_id else None,
        recording_absent=has_ended and not is_event and not recording_id,
        disposition=word(Disposition, data.get("disposition")),
        callback_in_minutes=round(callback) if callback is not None and 0 < callback < 100_000 else None,
    )


def _recording(recording_id: str, data: Json) -> RecordingRef:
    duration = data.get("duration", data.get("duration_seconds"))
    return RecordingRef(recording_id=recording_id, duration_seconds=seconds(duration))


def _transcript(messages: object) -> tuple[TranscriptMessage, ...] | None:
    if not isinstance(messages, list):
        return None
    return tuple(
        TranscriptMessage(
            role="agent" if m.get("role") == "agent" else "person",
            content=text(m.get("content")),
            at=number(m.get("at")) or 0.0,
        )
        for m in messages
        if isinstance(m, dict)
    )
