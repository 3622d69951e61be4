"""Bland: https://docs.bland.ai/api-v1/post/calls.

One request makes a call; one webhook reports its end. Bland publishes no schema of its statuses, so unknown ones
are read by what else the call says. Its signature carries no time, so repeats are told by the call's id.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

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
from calls.providers.reading import (
    Json,
    dollars,
    header,
    inner,
    moment,
    number,
    read_object,
    seconds,
    text,
    word,
)
from calls.providers.transport import Transport, json_of

OUTCOMES = {
    "completed": Outcome.COMPLETED,
    "complete": Outcome.COMPLETED,
    "busy": Outcome.BUSY,
    "no-answer": Outcome.NO_ANSWER,
    "failed": Outcome.FAILED,
    "canceled": Outcome.CANCELLED,
}
LIVE = {"started": CallStatus.IN_PROGRESS, "in-progress": CallStatus.IN_PROGRESS, "ringing": CallStatus.RINGING}
LOOK_BACK = dt.timedelta(seconds=30)
MOST_CANDIDATES = 20


class BlandProvider:
    """A client of Bland. `encrypted_key` is Bland's handle on your own Twilio account, if calls go out through it."""

    name = "bland"
    recording_hosts = frozenset({".bland.ai", ".amazonaws.com", "api.twilio.com"})

    def __init__(
        self,
        *,
        key: str,
        webhook_secret: str,
        encrypted_key: str = "",
        base_url: str = "https://api.bland.ai",
    ) -> None:
        self._secret = webhook_secret
        headers = {"Authorization": f"Bearer {key}"}
        if encrypted_key:
            headers["encrypted_key"] = encrypted_key
        self._transport = Transport(base_url=base_url.rstrip("/"), headers=headers)

    def place_call(self, request: PlaceCall) -> Placed:
        """Ask for one call; Bland counts its length in whole minutes."""
        body: dict[str, Any] = {
            "phone_number": request.to,
            "task": request.prompt,
            "first_sentence": request.first_sentence,
            "language": request.language,
            "record": request.record,
            "max_duration": math.ceil(request.max_duration_seconds / 60),
            "answered_by_enabled": True,
            "voicemail_action": "leave_message" if request.voicemail_message else "hangup",
            "webhook": request.callback_url,
            "metadata": {**request.metadata, "reference": request.reference},
            "analysis_schema": {DISPOSITION: "string", CALLBACK: "integer"},
            "analysis_prompt": f"{DISPOSITION}: {DISPOSITION_QUESTION} {CALLBACK}: {CALLBACK_QUESTION}",
        }
        optional = {
            "voice": request.voice_id,
            "from": request.from_number,
            "voicemail_message": request.voicemail_message,
        }
        body |= {name: value for name, value in optional.items() if value}
        response = self._transport.place("/v1/calls", json=body)
        data = json_of(response)
        if not response.is_success or data.get("status") == "error":
            raise _rejection(response.status_code, data)
        if not data.get("call_id"):
            raise Ambiguous("Bland took a call and gave no id.")
        return Placed(provider_call_id=str(data["call_id"]))

    def find_by_reference(
        self, reference: str, *, to: str = "", placed_after: dt.datetime | None = None
    ) -> CallFacts | None:
        """Look at the latest calls to `to`, one by one, for our reference."""
        if not to:
            raise Unavailable("Bland can only be searched by number.")
        since = placed_after - LOOK_BACK if placed_after is not None else None
        listed = json_of(self._transport.ask("GET", "/v1/calls", params={"limit": 1000, "ascending": "false"}))
        candidates = [
            text(call.get("call_id"), 100)
            for call in listed.get("calls") or []
            if _digits(call.get("to")) == _digits(to) and _is_since(call, since)
        ]
        for call_id in candidates[:MOST_CANDIDATES]:
            facts = self.fetch(call_id)
            if facts.reference == reference:
                return facts
        return None

    def fetch(self, provider_call_id: str) -> CallFacts:
        """Ask how a call stands."""
        return read_call(json_of(self._get(provider_call_id)))

    def hang_up(self, provider_call_id: str) -> None:
        """End a call; one that is not live is answered with an error that means nothing to us."""
        try:
            self._transport.ask("POST", f"/v1/calls/{quote(provider_call_id, safe='')}/stop")
        except Rejected as error:
            if error.code != "bad_request":
                raise

    def verify_signature(self, headers: Mapping[str, str], raw_body: bytes, url: str) -> None:
        """Check X-Webhook-Signature: the HMAC-SHA256 of the body with the account's webhook secret."""
        expected = hmac.new(self._secret.encode(), raw_body, hashlib.sha256).hexdigest()
        given = header(headers, "X-Webhook-Signature")
        if not self._secret or not hmac.compare_digest(given.encode(), expected.encode()):
            raise BadSignature("The signature does not match.")

    def parse_events(self, headers: Mapping[str, str], raw_body: bytes, url: str) -> Sequence[ProviderEvent]:
        """Read the report at the end; messages during the call have a category and are `other`."""
        data = read_object(raw_body)
        call_id = text(data.get("call_id"), 100)
        if not call_id:
            raise MalformedEvent("The event names no call.")
        if "category" in data:
            digest = hashlib.sha256(raw_body).hexdigest()[:32]
            facts = CallFacts(provider_call_id=call_id)
            return [ProviderEvent(event_key=f"{call_id}:{digest}", kind=EventKind.OTHER, facts=facts)]
        facts = read_call(data)
        kind = EventKind.ENDED if facts.status is CallStatus.ENDED else EventKind.OTHER
        return [ProviderEvent(event_key=f"{call_id}:report", kind=kind, facts=facts)]

    def voices(self) -> Sequence[Voice]:
        """List the voices of the account."""
        data = json_of(self._transport.ask("GET", "/v1/voices"))
        return [
            Voice(voice_id=text(v.get("id")), name=text(v.get("name")), description=text(v.get("description")))
            for v in data.get("voices") or []
        ]

    def verify_key(self) -> KeyCheck:
        """List the voices, which costs nothing."""
        try:
            self._transport.ask("GET", "/v1/voices")
        except Rejected as error:
            return KeyCheck(is_valid=False, detail=error.detail)
        return KeyCheck(is_valid=True)

    def download_recording(self, recording: RecordingRef) -> Iterator[bytes]:
        """Ask for the link again and stream what lies there."""
        url = text(json_of(self._get(recording.recording_id)).get("recording_url"))
        if not url:
            raise Rejected("not_found", "Bland has no recording of this call.")
        yield from self._transport.stream(url, self.recording_hosts)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _get(self, call_id: str) -> Any:
        return self._transport.ask("GET", f"/v1/calls/{quote(call_id, safe='')}")


def _rejection(status: int, data: Json) -> Rejected:
    errors = data.get("errors")
    words = "; ".join(map(str, errors)) if isinstance(errors, list) else text(data.get("message"), 500)
    if status in {401, 403}:
        return Rejected("auth", words)
    if status == 402 or "balance" in words.lower():
        return Rejected("out_of_funds", words)
    is_number = "phone_number" in words or "phone number" in words.lower()
    return Rejected("invalid_number" if is_number else "bad_request", words)


def read_call(call: Json) -> CallFacts:
    """Read a call as Bland describes it; `call_length` is in minutes, `corrected_duration` in seconds."""
    answered_by = word(AnsweredBy, call.get("answered_by"))
    findings = inner(call, "analysis")
    disposition = read_disposition(findings)
    status, outcome = _status(call, answered_by)
    outcome = with_wish(outcome, disposition) if outcome is not None else None
    minutes = number(call.get("call_length"))
    duration = seconds(call.get("corrected_duration"))
    if duration is None and minutes is not None:
        duration = seconds(minutes * 60)
    call_id = text(call.get("call_id") or call.get("c_id"), 100)
    recording = RecordingRef(recording_id=call_id, content_type="audio/mpeg") if call.get("recording_url") else None
    return CallFacts(
        provider_call_id=call_id,
        reference=text(inner(call, "metadata").get("reference"), 100)
        or text(inner(call, "variables", "metadata").get("reference"), 100),
        status=status,
        outcome=outcome,
        answered_by=answered_by,
        placed_at=moment(call.get("created_at")),
        answered_at=moment(call.get("started_at")) if answered_by is not None else None,
        ended_at=moment(call.get("end_at")) if status is CallStatus.ENDED else None,
        duration_seconds=duration if status is CallStatus.ENDED else None,
        cost=dollars(call.get("price")) if status is CallStatus.ENDED else None,
        summary=text(call.get("summary")) or None,
        transcript=_transcript(call.get("transcripts"), moment(call.get("started_at"))),
        recording=recording,
        disposition=disposition,
        callback_in_minutes=read_callback(findings),
        detail=text(call.get("error_message") or call.get("status"), 200),
    )


def _status(call: Json, answered_by: AnsweredBy | None) -> tuple[CallStatus, Outcome | None]:
    named = text(call.get("status")).lower()
    has_ended = call.get("completed") is True or named in OUTCOMES or bool(call.get("error_message"))
    if not has_ended:
        live = LIVE.get(named) or LIVE.get(text(call.get("queue_status")).lower())
        return live or CallStatus.INITIATED, None
    outcome = OUTCOMES.get(named, Outcome.FAILED if call.get("error_message") else Outcome.COMPLETED)
    if outcome is Outcome.COMPLETED and answered_by is AnsweredBy.VOICEMAIL:
        outcome = Outcome.VOICEMAIL
    elif outcome is Outcome.COMPLETED and text(call.get("answered_by")) == "no-answer":
        outcome = Outcome.NO_ANSWER
    return CallStatus.ENDED, outcome


def _transcript(turns: object, started_at: dt.datetime | None) -> tuple[TranscriptMessage, ...] | None:
    if not isinstance(turns, list):
        return None
    roles = {"assistant": "agent", "user": "person"}
    messages = []
    for turn in turns:
        if not isinstance(turn, dict) or turn.get("user") not in roles:
            continue
        said_at = moment(turn.get("created_at"))
        at = (said_at - started_at).total_seconds() if said_at and started_at else 0.0
        messages.append(TranscriptMessage(role=roles[turn["user"]], content=text(turn.get("text")), at=max(at, 0.0)))
    return tuple(messages)


def _digits(value: object) -> str:
    return "".join(c for c in text(value) if c.isdigit())


def _is_since(call: Json, since: dt.datetime | None) -> bool:
    made_at = moment(call.get("created_at"))
    return since is None or made_at is None or made_at >= since
