"""Vapi: https://docs.vapi.ai/api-reference/calls/create and /server-url/events.

Nothing has to be set up at Vapi but a phone number: each request carries its whole assistant. Webhooks are
verified by a secret of each call's own, made from ours and the callback address and sent back by Vapi in a header.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from calls.providers.analysis import SCHEMA
from calls.providers.base import (
    Ambiguous,
    BadSignature,
    CallFacts,
    CallStatus,
    EventKind,
    KeyCheck,
    MalformedEvent,
    PlaceCall,
    Placed,
    ProviderEvent,
    RecordingRef,
    Rejected,
    Voice,
)
from calls.providers.reading import (
    Json,
    header,
    inner,
    moment_of_milliseconds,
    read_object,
    text,
)
from calls.providers.transport import Transport, json_of
from calls.providers.vapi_calls import read_call, reference_of

SECRET_HEADER = "X-Vapi-Secret"  # noqa: S105 - the name of a header
KINDS = {
    CallStatus.RINGING: EventKind.RINGING,
    CallStatus.IN_PROGRESS: EventKind.ANSWERED,
    CallStatus.ENDED: EventKind.ENDED,
}
MODEL = {"provider": "openai", "model": "gpt-4o-mini", "temperature": 0.4}
SERVER_MESSAGES = ["status-update", "end-of-call-report"]
LOOK_BACK = dt.timedelta(seconds=30)
VOICES = tuple(
    Voice(voice_id=f"vapi:{name}", name=name, language="en-US")
    for name in ("Elliot", "Kylie", "Rohan", "Lily", "Savannah", "Hana", "Neha", "Cole", "Harry", "Paige", "Spencer")
)


class VapiProvider:
    """A client of Vapi. Calls go out from a number at Vapi, or from your own Twilio number and account."""

    name = "vapi"
    recording_hosts = frozenset({"api.vapi.ai", "storage.vapi.ai"})

    def __init__(
        self,
        *,
        key: str,
        webhook_secret: str,
        phone_number_id: str = "",
        twilio_account_sid: str = "",
        twilio_auth_token: str = "",
        model: Mapping[str, Any] = MODEL,
        base_url: str = "https://api.vapi.ai",
    ) -> None:
        self._secret = webhook_secret
        self._phone_number_id = phone_number_id
        self._twilio = (twilio_account_sid, twilio_auth_token)
        self._model = dict(model)
        self._base_url = base_url.rstrip("/")
        self._transport = Transport(base_url=self._base_url, headers={"Authorization": f"Bearer {key}"})
        self.recording_hosts = self.recording_hosts | {urlsplit(self._base_url).hostname or ""}

    def place_call(self, request: PlaceCall) -> Placed:
        """Ask for one call; `name`, which is free for our own use, holds our reference."""
        body = {
            "name": request.reference[:40],
            "customer": {"number": request.to, "externalId": request.reference},
            "assistant": self._assistant(request),
            **self._line(request),
        }
        response = self._transport.place("/call", json=body)
        data = json_of(response)
        if not response.is_success:
            raise _rejection(response.status_code, data)
        if not data.get("id"):
            raise Ambiguous("Vapi took a call and gave no id.")
        return Placed(provider_call_id=str(data["id"]))

    def find_by_reference(
        self, reference: str, *, to: str = "", placed_after: dt.datetime | None = None
    ) -> CallFacts | None:
        """Look through the calls made since `placed_after` for our reference."""
        query: dict[str, str | int] = {"limit": 1000}
        if placed_after is not None:
            query["createdAtGt"] = (placed_after - LOOK_BACK).isoformat()
        calls = self._transport.ask("GET", "/call", params=query).json()
        found = [c for c in calls if isinstance(c, dict) and reference_of(c) == reference]
        return read_call(found[0]) if found else None

    def fetch(self, provider_call_id: str) -> CallFacts:
        """Ask how a call stands."""
        return read_call(json_of(self._transport.ask("GET", f"/call/{quote(provider_call_id, safe='')}")))

    def hang_up(self, provider_call_id: str) -> None:
        """End a call through its control address; one that is not live has none, and is deleted from the queue."""
        path = f"/call/{quote(provider_call_id, safe='')}"
        call = json_of(self._transport.ask("GET", path))
        if call.get("status") == "ended":
            return
        control = text(inner(call, "monitor").get("controlUrl"))
        host = urlsplit(control).hostname or ""
        if control and (host.endswith(".vapi.ai") or host in self.recording_hosts):
            self._transport.ask("POST", control, json={"type": "end-call"})
        else:
            self._transport.ask("DELETE", path)

    def verify_signature(self, headers: Mapping[str, str], raw_body: bytes, url: str) -> None:
        """Check the call's own secret, in constant time."""
        if not hmac.compare_digest(header(headers, SECRET_HEADER).encode(), self._secret_of(url).encode()):
            raise BadSignature("The secret does not match.")

    def parse_events(self, headers: Mapping[str, str], raw_body: bytes, url: str) -> Sequence[ProviderEvent]:
        """Read a status update or the report at the end; other messages are `other`."""
        message = inner(read_object(raw_body), "message")
        call = inner(message, "call")
        kind, call_id = text(message.get("type")), text(call.get("id"), 100)
        if not kind or not call_id:
            raise MalformedEvent("The message has no type or no call.")
        occurred_at = moment_of_milliseconds(message.get("timestamp"))
        if kind == "end-of-call-report":
            whole = {**call, **message, "id": call_id, "status": "ended"}
            key, facts = f"{call_id}:report", read_call(whole)
        elif kind == "status-update":
            status = text(message.get("status"), 40)
            key = f"{call_id}:status:{status}"
            update = {**call, "status": status, "endedReason": message.get("endedReason")}
            facts = read_call(update, occurred_at=occurred_at)
        else:
            key = f"{call_id}:{kind}:{text(str(message.get('timestamp', '')), 40)}"
            facts = CallFacts(provider_call_id=call_id, reference=reference_of(call))
        event_kind = KINDS.get(facts.status, EventKind.OTHER) if facts.status else EventKind.OTHER
        return [ProviderEvent(event_key=key, kind=event_kind, facts=facts, occurred_at=occurred_at)]

    def voices(self) -> Sequence[Voice]:
        """List Vapi's own voices; a voice of another house is written `provider:id`, such as `11labs:21m00`."""
        return VOICES

    def verify_key(self) -> KeyCheck:
        """List one call, which needs the private key."""
        try:
            self._transport.ask("GET", "/call", params={"limit": 1})
        except Rejected as error:
            return KeyCheck(is_valid=False, detail=error.detail)
        return KeyCheck(is_valid=True)

    def download_recording(self, recording: RecordingRef) -> Iterator[bytes]:
        """Stream the mono recording through the API, whose links do not expire."""
        path = f"/call/{quote(recording.recording_id, safe='')}/mono-recording"
        return self._transport.stream(f"{self._base_url}{path}", self.recording_hosts)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _secret_of(self, url: str) -> str:
        return hmac.new(self._secret.encode(), url.encode(), hashlib.sha256).hexdigest()

    def _line(self, request: PlaceCall) -> dict[str, Any]:
        sid, token = self._twilio
        if sid and token:
            own = {
                "twilioPhoneNumber": request.from_number,
                "twilioAccountSid": sid,
                "twilioAuthToken": token,
            }
            return {"phoneNumber": own}
        if not self._phone_number_id:
            raise Rejected("not_supported", "Vapi needs a phone number id, or a Twilio account, to call from.")
        return {"phoneNumberId": self._phone_number_id}

    def _assistant(self, request: PlaceCall) -> dict[str, Any]:
        house, _, voice = request.voice_id.rpartition(":")
        return {
            "firstMessage": request.first_sentence,
            "model": {**self._model, "messages": [{"role": "system", "content": request.prompt}]},
            "voice": {"provider": house or "vapi", "voiceId": voice or VOICES[0].name},
            "serverMessages": SERVER_MESSAGES,
            "server": {
                "url": request.callback_url,
                "headers": {SECRET_HEADER: self._secret_of(request.callback_url)},
                "timeoutSeconds": 20,
                "backoffPlan": {"type": "exponential", "maxRetries": 5, "baseDelaySeconds": 1},
            },
            "maxDurationSeconds": request.max_duration_seconds,
            "voicemailDetection": {"provider": "vapi"},
            **({"voicemailMessage": request.voicemail_message} if request.voicemail_message else {}),
            "analysisPlan": {
                "summaryPlan": {"enabled": True},
                "structuredDataPlan": {"enabled": True, "schema": SCHEMA},
            },
            "artifactPlan": {"recordingEnabled": request.record},
            "metadata": {**request.metadata, "reference": request.reference},
        }


def _rejection(status: int, data: Json) -> Rejected:
    message = data.get("message")
    words = "; ".join(map(str, message)) if isinstance(message, list) else text(message, 500)
    if status in {401, 403}:
        return Rejected("auth", words)
    if status == 402 or "credit" in words.lower():
        return Rejected("out_of_funds", words)
    is_number = "e164" in words.lower() or "customer.number" in words.lower()
    return Rejected("invalid_number" if is_number else "bad_request", words)
