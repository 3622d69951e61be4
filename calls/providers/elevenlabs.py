"""ElevenLabs Agents: https://elevenlabs.io/docs/agents-platform/phone-numbers/twilio-integration.

An agent and a Twilio number have to be set up once; prompt and first sentence are variables that each call fills.
Webhooks are set for the whole workspace and sent once, so look-ups after the end are needed. A call cannot be
ended from outside.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from calls.providers.analysis import (
    CALLBACK,
    CALLBACK_QUESTION,
    DISPOSITION,
    DISPOSITION_QUESTION,
    read_callback,
    read_disposition,
    with_wish,
)
from calls.providers.base import (
    Ambiguous,
    AnsweredBy,
    BadSignature,
    CallFacts,
    CallStatus,
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
    Unavailable,
    Voice,
)
from calls.providers.reading import Json, dollars, header, inner, number, read_object, seconds, text
from calls.providers.transport import Transport, json_of

SIGNATURE_TOLERANCE_SECONDS = 1800
STATUSES = {
    "initiated": CallStatus.INITIATED,
    "in-progress": CallStatus.IN_PROGRESS,
    "processing": CallStatus.IN_PROGRESS,
    "done": CallStatus.ENDED,
    "failed": CallStatus.ENDED,
}
FAILURES = {"busy": Outcome.BUSY, "no-answer": Outcome.NO_ANSWER}
LOOK_BACK = dt.timedelta(seconds=30)
MOST_CANDIDATES = 20


class ElevenLabsProvider:
    """A client of ElevenLabs Agents with one agent and one of its phone numbers."""

    name = "elevenlabs"

    def __init__(
        self,
        *,
        key: str,
        webhook_secret: str,
        agent_id: str = "",
        phone_number_id: str = "",
        base_url: str = "https://api.elevenlabs.io",
    ) -> None:
        self._secret = webhook_secret
        self._agent_id = agent_id
        self._phone_number_id = phone_number_id
        self._base_url = base_url.rstrip("/")
        self._transport = Transport(base_url=self._base_url, headers={"xi-api-key": key})
        self.recording_hosts = frozenset({"api.elevenlabs.io", urlsplit(self._base_url).hostname or ""})

    def set_up(self, *, name: str, voice_id: str) -> str:
        """Make the agent that all calls use, and return its id to be kept with the key."""
        collected = {
            DISPOSITION: {"type": "string", "description": DISPOSITION_QUESTION},
            CALLBACK: {"type": "integer", "description": CALLBACK_QUESTION},
        }
        body = {
            "name": name,
            "conversation_config": {
                "agent": {"prompt": {"prompt": "{{crm_prompt}}"}, "first_message": "{{first_sentence}}"},
                "tts": {"voice_id": voice_id},
            },
            "platform_settings": {
                "data_collection": collected,
                "overrides": {"conversation_config_override": {"tts": {"voice_id": True}}},
            },
        }
        data = json_of(self._transport.ask("POST", "/v1/convai/agents/create", json=body))
        if not data.get("agent_id"):
            raise Unavailable("ElevenLabs did not say which agent it made.")
        return str(data["agent_id"])

    def place_call(self, request: PlaceCall) -> Placed:
        """Ask for one call from the number that was set up."""
        if not self._agent_id or not self._phone_number_id:
            raise Rejected("not_supported", "ElevenLabs needs an agent and a phone number; set them up first.")
        start: dict[str, Any] = {
            "user_id": request.reference,
            "dynamic_variables": {
                "crm_prompt": request.prompt,
                "first_sentence": request.first_sentence,
                "reference": request.reference,
            },
        }
        if request.voice_id:
            start["conversation_config_override"] = {"tts": {"voice_id": request.voice_id}}
        body = {
            "agent_id": self._agent_id,
            "agent_phone_number_id": self._phone_number_id,
            "to_number": request.to,
            "call_recording_enabled": request.record,
            "conversation_initiation_client_data": start,
        }
        response = self._transport.place("/v1/convai/twilio/outbound-call", json=body)
        data = json_of(response)
        if not response.is_success or data.get("success") is False:
            raise _rejection(response.status_code, data)
        if not data.get("conversation_id"):
            raise Ambiguous("ElevenLabs took a call and gave no id.")
        return Placed(provider_call_id=str(data["conversation_id"]))

    def find_by_reference(
        self, reference: str, *, to: str = "", placed_after: dt.datetime | None = None
    ) -> CallFacts | None:
        """List the conversations with our reference as their user, and make sure of each."""
        query: dict[str, str | int] = {"user_id": reference, "page_size": 100}
        if self._agent_id:
            query["agent_id"] = self._agent_id
        if placed_after is not None:
            query["call_start_after_unix"] = int((placed_after - LOOK_BACK).timestamp())
        listed = json_of(self._transport.ask("GET", "/v1/convai/conversations", params=query))
        for entry in (listed.get("conversations") or [])[:MOST_CANDIDATES]:
            facts = self.fetch(text(entry.get("conversation_id"), 100))
            if facts.reference == reference:
                return facts
        return None

    def fetch(self, provider_call_id: str) -> CallFacts:
        """Ask how a conversation stands."""
        path = f"/v1/convai/conversations/{quote(provider_call_id, safe='')}"
        return read_conversation(json_of(self._transport.ask("GET", path)))

    def hang_up(self, provider_call_id: str) -> None:
        """Refuse: ElevenLabs offers no way to end a call from outside."""
        raise Rejected("not_supported", "ElevenLabs cannot end a call from outside.")

    def verify_signature(self, headers: Mapping[str, str], raw_body: bytes, url: str) -> None:
        """Check `t=<s>,v0=<hex HMAC-SHA256 of "t.body">`, at most half an hour old."""
        parts = dict(part.partition("=")[::2] for part in header(headers, "ElevenLabs-Signature").split(","))
        stamp = parts.get("t", "")
        expected = hmac.new(self._secret.encode(), f"{stamp}.".encode() + raw_body, hashlib.sha256).hexdigest()
        if not self._secret or not hmac.compare_digest(parts.get("v0", "").encode(), expected.encode()):
            raise BadSignature("The signature does not match.")
        if not stamp.isdigit() or abs(time.time() - int(stamp)) > SIGNATURE_TOLERANCE_SECONDS:
            raise BadSignature("The signature is too old.")

    def parse_events(self, headers: Mapping[str, str], raw_body: bytes, url: str) -> Sequence[ProviderEvent]:
        """Read the report after a conversation, or that none came about."""
        message = read_object(raw_body)
        kind, data = text(message.get("type"), 40), inner(message, "data")
        call_id = text(data.get("conversation_id"), 100)
        if not kind or not call_id:
            raise MalformedEvent("The event has no type or no conversation.")
        event_kind = EventKind.ENDED
        if kind == "post_call_transcription":
            facts = read_conversation(data)
        elif kind == "call_initiation_failure":
            reason = text(data.get("failure_reason"), 200)
            outcome = FAILURES.get(reason, Outcome.FAILED)
            facts = CallFacts(provider_call_id=call_id, status=CallStatus.ENDED, outcome=outcome, detail=reason)
        else:
            event_kind, facts = EventKind.OTHER, CallFacts(provider_call_id=call_id)
        stamp = number(message.get("event_timestamp"))
        occurred_at = dt.datetime.fromtimestamp(stamp, dt.UTC) if stamp and 0 < stamp < 4e9 else None
        key = f"{call_id}:{kind}"
        return [ProviderEvent(event_key=key, kind=event_kind, facts=facts, occurred_at=occurred_at)]

    def voices(self) -> Sequence[Voice]:
        """List the voices of the account."""
        data = json_of(self._transport.ask("GET", "/v1/voices"))
        return [
            Voice(
                voice_id=text(v.get("voice_id")),
                name=text(v.get("name")),
                language=text(inner(v, "labels").get("language")),
                description=text(inner(v, "labels").get("description")),
            )
            for v in data.get("voices") or []
        ]

    def verify_key(self) -> KeyCheck:
        """Read the user."""
        try:
            data = json_of(self._transport.ask("GET", "/v1/user"))
        except Rejected as error:
            return KeyCheck(is_valid=False, detail=error.detail)
        return KeyCheck(is_valid=True, account_name=text(data.get("first_name")))

    def download_recording(self, recording: RecordingRef) -> Iterator[bytes]:
        """Stream the MP3 file."""
        path = f"/v1/convai/conversations/{quote(recording.recording_id, safe='')}/audio"
        return self._transport.stream(f"{self._base_url}{path}", self.recording_hosts)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


def _rejection(status: int, data: Json) -> Rejected:
    detail = data.get("detail")
    words = (
        text(detail.get("message"), 500) if isinstance(detail, Mapping) else text(detail or data.get("message"), 500)
    )
    if status in {401, 403}:
        return Rejected("auth", words)
    if status == 402 or "quota" in words.lower():
        return Rejected("out_of_funds", words)
    is_number = "to_number" in words or "phone number" in words.lower()
    return Rejected("invalid_number" if is_number else "bad_request", words)


def read_conversation(data: Json) -> CallFacts:
    """Read a conversation as ElevenLabs describes it; `cost` is in credits, `cost_fiat` in dollars."""
    status = STATUSES.get(text(data.get("status")))
    metadata, analysis = inner(data, "metadata"), inner(data, "analysis")
    results = inner(analysis, "data_collection_results")
    findings = {name: inner(results, name).get("value") for name in (DISPOSITION, CALLBACK)}
    disposition = read_disposition(findings)
    reason = text(metadata.get("termination_reason"), 200)
    is_machine = "voicemail" in reason.lower()
    has_ended = status is CallStatus.ENDED
    outcome = None
    if has_ended:
        outcome = Outcome.FAILED if data.get("status") == "failed" else Outcome.COMPLETED
        outcome = Outcome.VOICEMAIL if is_machine else with_wish(outcome, disposition)
    duration = seconds(metadata.get("call_duration_secs")) if has_ended else None
    start = number(metadata.get("start_time_unix_secs"))
    started_at = dt.datetime.fromtimestamp(start, dt.UTC) if start and 0 < start < 4e9 else None
    call_id = text(data.get("conversation_id"), 100)
    variables = inner(data, "conversation_initiation_client_data", "dynamic_variables")
    has_audio = has_ended and data.get("has_audio") is True
    return CallFacts(
        provider_call_id=call_id,
        reference=text(variables.get("reference"), 100) or text(data.get("user_id"), 100),
        status=status,
        outcome=outcome,
        answered_by=AnsweredBy.VOICEMAIL if is_machine else None,
        answered_at=started_at,
        ended_at=started_at + dt.timedelta(seconds=duration) if started_at and duration is not None else None,
        duration_seconds=duration,
        cost=dollars(metadata.get("cost_fiat")),
        summary=text(analysis.get("transcript_summary")) or None,
        transcript=_transcript(data.get("transcript")),
        recording=RecordingRef(recording_id=call_id, content_type="audio/mpeg") if has_audio else None,
        recording_absent=has_ended and data.get("has_audio") is False,
        disposition=disposition,
        callback_in_minutes=read_callback(findings),
        detail=reason,
    )


def _transcript(turns: object) -> tuple[TranscriptMessage, ...] | None:
    if not isinstance(turns, list):
        return None
    return tuple(
        TranscriptMessage(
            role="agent" if turn.get("role") == "agent" else "person",
            content=text(turn.get("message")),
            at=number(turn.get("time_in_call_secs")) or 0.0,
        )
        for turn in turns
        if isinstance(turn, dict) and turn.get("message")
    )
