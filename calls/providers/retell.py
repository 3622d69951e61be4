"""Retell: https://docs.retellai.com/api-references/create-phone-call.

An agent has to be set up once at Retell (`set_up`); its prompt and first sentence are variables that each call
fills, since a call cannot bring a prompt of its own. Recording links live for minutes, so a fresh one is asked for
at each download.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import time
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from calls.providers.analysis import (
    CALLBACK,
    CALLBACK_QUESTION,
    CHOICES,
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
    Unavailable,
    Voice,
)
from calls.providers.reading import (
    Json,
    dollars,
    header,
    inner,
    moment_of_milliseconds,
    number,
    read_object,
    seconds,
    text,
)
from calls.providers.transport import Transport, json_of

SIGNATURE_TOLERANCE_MS = 300_000
STATUSES = {
    "registered": CallStatus.INITIATED,
    "ongoing": CallStatus.IN_PROGRESS,
    "ended": CallStatus.ENDED,
    "not_connected": CallStatus.ENDED,
    "error": CallStatus.ENDED,
}
KINDS = {
    "call_started": EventKind.ANSWERED,
    "call_ended": EventKind.ENDED,
    "call_analyzed": EventKind.ENDED,
}
ENDINGS = {
    "dial_no_answer": Outcome.NO_ANSWER,
    "dial_busy": Outcome.BUSY,
    "dial_failed": Outcome.FAILED,
    "invalid_destination": Outcome.INVALID_NUMBER,
    "user_declined": Outcome.REJECTED,
    "voicemail_reached": Outcome.VOICEMAIL,
    "machine_detected": Outcome.VOICEMAIL,
    "user_requested_dnc": Outcome.OPT_OUT,
    "user_hangup": Outcome.COMPLETED,
    "agent_hangup": Outcome.COMPLETED,
    "inactivity": Outcome.COMPLETED,
    "max_duration_reached": Outcome.COMPLETED,
    "call_transfer": Outcome.COMPLETED,
    "user_requested_callback": Outcome.COMPLETED,
    "manual_stopped": Outcome.CANCELLED,
}
WISHES = {
    "user_requested_dnc": Disposition.DO_NOT_CALL,
    "user_requested_callback": Disposition.CALLBACK,
}
SHORTEST_RING_MS, LONGEST_RING_MS = 5_000, 90_000


class RetellProvider:
    """A client of Retell. `key` must be the one with the webhook badge: it also signs the webhooks."""

    name = "retell"
    recording_hosts = frozenset({"api.retellai.com", ".retellai.com", ".cloudfront.net", ".amazonaws.com"})

    def __init__(self, *, key: str, agent_id: str = "", base_url: str = "https://api.retellai.com") -> None:
        self._key = key
        self._agent_id = agent_id
        self._transport = Transport(base_url=base_url.rstrip("/"), headers={"Authorization": f"Bearer {key}"})

    def set_up(self, *, name: str, voice_id: str) -> str:
        """Make the agent that all calls use, and return its id to be kept with the key."""
        llm = {"general_prompt": "{{crm_prompt}}", "begin_message": "{{first_sentence}}", "start_speaker": "agent"}
        llm_id = json_of(self._transport.ask("POST", "/create-retell-llm", json=llm)).get("llm_id")
        agent = {
            "agent_name": name,
            "response_engine": {"type": "retell-llm", "llm_id": llm_id},
            "voice_id": voice_id,
            "post_call_analysis_data": [
                {"type": "enum", "name": DISPOSITION, "description": DISPOSITION_QUESTION, "choices": CHOICES},
                {"type": "number", "name": CALLBACK, "description": CALLBACK_QUESTION},
            ],
        }
        agent_id = text(json_of(self._transport.ask("POST", "/create-agent", json=agent)).get("agent_id"), 100)
        if not llm_id or not agent_id:
            raise Unavailable("Retell did not say which agent it made.")
        return agent_id

    def place_call(self, request: PlaceCall) -> Placed:
        """Ask for one call."""
        if not self._agent_id:
            raise Rejected("not_supported", "Retell needs an agent; set it up first.")
        ring = min(max(request.ring_timeout_seconds * 1000, SHORTEST_RING_MS), LONGEST_RING_MS)
        agent: dict[str, Any] = {
            "webhook_url": request.callback_url,
            "max_call_duration_ms": request.max_duration_seconds * 1000,
            "ring_duration_ms": ring,
        }
        if request.voice_id:
            agent["voice_id"] = request.voice_id
        message = request.voicemail_message
        if message:
            agent["voicemail_option"] = {"action": {"type": "static_text", "text": message}}
        body = {
            "from_number": request.from_number,
            "to_number": request.to,
            "override_agent_id": self._agent_id,
            "agent_override": {"agent": agent},
            "retell_llm_dynamic_variables": {
                "crm_prompt": request.prompt,
                "first_sentence": request.first_sentence,
            },
            "metadata": {**request.metadata, "reference": request.reference},
            "idempotency_key": request.reference,
        }
        response = self._transport.place("/v2/create-phone-call", json=body)
        data = json_of(response)
        if not response.is_success:
            raise _rejection(response.status_code, data)
        if not data.get("call_id"):
            raise Ambiguous("Retell took a call and gave no id.")
        return Placed(provider_call_id=str(data["call_id"]))

    def find_by_reference(
        self, reference: str, *, to: str = "", placed_after: dt.datetime | None = None
    ) -> CallFacts | None:
        """Look for our reference among the latest thousand calls."""
        query = {"sort_order": "descending", "limit": 1000}
        calls = json_of(self._transport.ask("POST", "/v3/list-calls", json=query)).get("items") or []
        found = [c for c in calls if isinstance(c, dict) and inner(c, "metadata").get("reference") == reference]
        return read_call(found[0]) if found else None

    def fetch(self, provider_call_id: str) -> CallFacts:
        """Ask how a call stands."""
        return read_call(json_of(self._get(provider_call_id)))

    def hang_up(self, provider_call_id: str) -> None:
        """End a call."""
        try:
            self._transport.ask("POST", f"/v2/stop-call/{quote(provider_call_id, safe='')}")
        except Rejected as error:
            if error.code != "bad_request":  # it has ended already
                raise

    def verify_signature(self, headers: Mapping[str, str], raw_body: bytes, url: str) -> None:
        """Check `v=<ms>,d=<hex HMAC-SHA256 of body and ms>`, at most five minutes old."""
        parts = dict(part.partition("=")[::2] for part in header(headers, "x-retell-signature").split(","))
        stamp = parts.get("v", "")
        expected = hmac.new(self._key.encode(), raw_body + stamp.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(parts.get("d", "").encode(), expected.encode()):
            raise BadSignature("The signature does not match.")
        if not stamp.isdigit() or abs(time.time() * 1000 - int(stamp)) > SIGNATURE_TOLERANCE_MS:
            raise BadSignature("The signature is too old.")

    def parse_events(self, headers: Mapping[str, str], raw_body: bytes, url: str) -> Sequence[ProviderEvent]:
        """Read a webhook; `call_analyzed` repeats the end with the findings."""
        data = read_object(raw_body)
        kind, call = text(data.get("event"), 40), inner(data, "call")
        if not kind or not text(call.get("call_id")):
            raise MalformedEvent("The event has no name or no call.")
        facts = read_call(call)
        event_kind = KINDS.get(kind, EventKind.OTHER)
        if event_kind is EventKind.OTHER:
            facts = CallFacts(provider_call_id=facts.provider_call_id, reference=facts.reference)
        key = f"{facts.provider_call_id}:{kind}"
        return [ProviderEvent(event_key=key, kind=event_kind, facts=facts)]

    def voices(self) -> Sequence[Voice]:
        """List the voices of the account."""
        answer = self._transport.ask("GET", "/list-voices").json()
        return [
            Voice(
                voice_id=text(v.get("voice_id")),
                name=text(v.get("voice_name")),
                description=", ".join(text(v.get(k)) for k in ("gender", "accent", "age") if v.get(k)),
            )
            for v in answer
            if isinstance(v, dict)
        ]

    def verify_key(self) -> KeyCheck:
        """List the voices, which costs nothing."""
        try:
            self._transport.ask("GET", "/list-voices")
        except Rejected as error:
            return KeyCheck(is_valid=False, detail=error.detail)
        return KeyCheck(is_valid=True)

    def download_recording(self, recording: RecordingRef) -> Iterator[bytes]:
        """Ask for a fresh link and stream what lies there."""
        url = text(json_of(self._get(recording.recording_id)).get("recording_url"))
        if not url:
            raise Rejected("not_found", "Retell has no recording of this call.")
        yield from self._transport.stream(url, self.recording_hosts)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _get(self, call_id: str) -> Any:
        return self._transport.ask("GET", f"/v2/get-call/{quote(call_id, safe='')}")


def _rejection(status: int, data: Json) -> Rejected:
    words = text(data.get("message") or data.get("error_message"), 500)
    if status in {401, 403}:
        return Rejected("auth", words)
    if status == 402:
        return Rejected("out_of_funds", words)
    is_number = "to_number" in words or "phone number" in words.lower()
    return Rejected("invalid_number" if is_number else "bad_request", words)


def read_call(call: Json) -> CallFacts:
    """Read a call as Retell describes it; costs come in cents."""
    status = STATUSES.get(text(call.get("call_status")))
    reason = text(call.get("disconnection_reason"), 200)
    analysis = inner(call, "call_analysis")
    findings = inner(analysis, "custom_analysis_data")
    disposition = WISHES.get(reason) or read_disposition(findings)
    has_ended = status is CallStatus.ENDED
    outcome = None
    if has_ended:
        was_answered = call.get("start_timestamp") is not None
        fallback = Outcome.COMPLETED if was_answered and "error" not in reason else Outcome.FAILED
        outcome = with_wish(ENDINGS.get(reason, fallback), disposition)
    is_machine = outcome is Outcome.VOICEMAIL or analysis.get("in_voicemail") is True
    call_id = text(call.get("call_id"), 100)
    cents = dollars(inner(call, "call_cost").get("combined_cost"))
    duration = number(call.get("duration_ms"))
    return CallFacts(
        provider_call_id=call_id,
        reference=text(inner(call, "metadata").get("reference"), 100),
        status=status,
        outcome=Outcome.VOICEMAIL if is_machine and outcome is Outcome.COMPLETED else outcome,
        answered_by=AnsweredBy.VOICEMAIL if is_machine else None,
        answered_at=moment_of_milliseconds(call.get("start_timestamp")),
        ended_at=moment_of_milliseconds(call.get("end_timestamp")) if has_ended else None,
        duration_seconds=seconds(duration / 1000) if duration is not None else None,
        cost=(cents / 100).quantize(Decimal("0.0001")) if cents is not None else None,
        summary=text(analysis.get("call_summary")) or None,
        transcript=_transcript(call.get("transcript_object")),
        recording=RecordingRef(recording_id=call_id) if call.get("recording_url") else None,
        disposition=disposition,
        callback_in_minutes=read_callback(findings),
        detail=reason,
    )


def _transcript(turns: object) -> tuple[TranscriptMessage, ...] | None:
    if not isinstance(turns, list):
        return None
    messages = []
    for turn in turns:
        if not isinstance(turn, dict) or turn.get("role") not in {"agent", "user"}:
            continue
        words = turn.get("words")
        first = words[0] if isinstance(words, list) and words and isinstance(words[0], dict) else {}
        role = "agent" if turn["role"] == "agent" else "person"
        at = number(first.get("start")) or 0.0
        messages.append(TranscriptMessage(role=role, content=text(turn.get("content")), at=at))
    return tuple(messages)
