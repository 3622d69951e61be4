"""Twilio Voice, API 2010-04-01: https://www.twilio.com/docs/voice/api/call-resource.

Twilio dials and reports; it has no AI voice of its own. An answered call is joined to a human agent's line, or to
a ConversationRelay server whose address is a setting. A call carries no reference of ours at Twilio, so a lost
answer is looked up by number and time: we never have two live calls to one number. The price comes minutes after
the end, by a later look-up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from twilio.request_validator import SIGNATURE_SETTINGS_HEADER, RequestValidator, get_signature_algorithm

from calls.providers.base import (
    Ambiguous,
    BadSignature,
    CallFacts,
    EventKind,
    KeyCheck,
    MalformedEvent,
    PlaceCall,
    Placed,
    ProviderEvent,
    RecordingRef,
    Rejected,
    Unavailable,
    Voice,
)
from calls.providers.reading import dollars, header, seconds, text
from calls.providers.transport import Transport, json_of
from calls.providers.twilio_callbacks import (
    Form,
    mail_time,
    read_answered_by,
    read_recording,
    read_status,
    recording_event,
    status_event,
)

REJECTIONS = {
    13224: "invalid_number",
    21201: "invalid_number",
    21211: "invalid_number",
    21214: "invalid_number",
    21217: "invalid_number",
    21210: "not_allowed",
    21212: "not_allowed",
    21215: "not_allowed",
    21216: "not_allowed",
    21219: "not_allowed",
    20003: "auth",
    20005: "out_of_funds",
}
"""Error codes of https://www.twilio.com/docs/api/errors that tell why a call was refused."""

LOOK_BACK = dt.timedelta(seconds=10)
VOICES = (
    Voice(voice_id="en-US-Journey-O", name="Journey O", language="en-US", description="Google, female"),
    Voice(voice_id="en-US-Journey-D", name="Journey D", language="en-US", description="Google, male"),
    Voice(voice_id="Joanna-Neural", name="Joanna", language="en-US", description="Amazon, female"),
    Voice(voice_id="Matthew-Neural", name="Matthew", language="en-US", description="Amazon, male"),
    Voice(voice_id="Amy-Neural", name="Amy", language="en-GB", description="Amazon, female"),
)


class TwilioProvider:
    """A client of Twilio Voice. `key_sid` and `key_secret` may be the account's own sid and token, or an API key."""

    name = "twilio"
    recording_hosts = frozenset({"api.twilio.com", "media.twiliocdn.com"})

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        key_sid: str = "",
        key_secret: str = "",
        conversation_relay_url: str = "",
        webhook_key: str = "",
        base_url: str = "https://api.twilio.com",
    ) -> None:
        self._root = f"/2010-04-01/Accounts/{quote(account_sid, safe='')}"
        self._base_url = base_url.rstrip("/")
        self._relay_url = conversation_relay_url
        self._tokens = {"HMAC_SHA1": auth_token, "HMAC_SHA256": webhook_key}
        self._transport = Transport(base_url=self._base_url, auth=(key_sid or account_sid, key_secret or auth_token))
        self.recording_hosts = self.recording_hosts | {urlsplit(self._base_url).hostname or ""}

    def place_call(self, request: PlaceCall) -> Placed:
        """Ask for one call."""
        form: dict[str, Any] = {
            "To": request.to,
            "From": request.from_number,
            "Twiml": self._twiml(request),
            "StatusCallback": request.callback_url,
            "StatusCallbackMethod": "POST",
            "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
            "Timeout": str(request.ring_timeout_seconds),
            "TimeLimit": str(request.max_duration_seconds),
            "MachineDetection": "Enable",
            "AsyncAmd": "true",
            "AsyncAmdStatusCallback": request.callback_url,
        }
        if request.record:
            form |= {
                "Record": "true",
                "RecordingChannels": "dual",
                "RecordingStatusCallback": request.callback_url,
                "RecordingStatusCallbackEvent": ["completed", "absent"],
            }
        response = self._transport.place(f"{self._root}/Calls.json", data=form)
        data = json_of(response)
        if not response.is_success:
            fallback = "auth" if response.status_code in {401, 403} else "bad_request"
            raise Rejected(REJECTIONS.get(data.get("code", 0), fallback), text(data.get("message"), 500))
        if not data.get("sid"):
            raise Ambiguous("Twilio took a call and gave no sid.")
        return Placed(provider_call_id=str(data["sid"]))

    def find_by_reference(
        self, reference: str, *, to: str = "", placed_after: dt.datetime | None = None
    ) -> CallFacts | None:
        """Look for the first call to `to` made since `placed_after`; Twilio knows no reference of ours."""
        if not to or placed_after is None:
            raise Unavailable("Twilio can only be searched by number and time.")
        since = placed_after - LOOK_BACK
        query = {"To": to, "StartTime>": since.date().isoformat(), "PageSize": "50"}
        calls = json_of(self._transport.ask("GET", f"{self._root}/Calls.json", params=query)).get("calls") or []
        query.pop("StartTime>")
        for status in ("queued", "ringing"):  # these have no start time yet
            answer = self._transport.ask("GET", f"{self._root}/Calls.json", params=query | {"Status": status})
            calls += json_of(answer).get("calls") or []
        made = [(mail_time(call.get("date_created")), call) for call in calls]
        ours = [
            (at, call)
            for at, call in made
            if at is not None and at >= since and str(call.get("direction", "")).startswith("outbound-api")
        ]
        return self._facts(min(ours, key=lambda pair: pair[0])[1], reference) if ours else None

    def fetch(self, provider_call_id: str) -> CallFacts:
        """Ask how a call stands, and for its recording once it has ended."""
        path = f"{self._root}/Calls/{quote(provider_call_id, safe='')}"
        call = json_of(self._transport.ask("GET", f"{path}.json"))
        recordings: list[dict[str, Any]] = []
        if call.get("status") == "completed":
            answer = self._transport.ask("GET", f"{path}/Recordings.json")
            recordings = json_of(answer).get("recordings") or []
        return self._facts(call, recordings=recordings)

    def hang_up(self, provider_call_id: str) -> None:
        """End a call; one that has ended is refused by Twilio with 400, which is no error to us."""
        path = f"{self._root}/Calls/{quote(provider_call_id, safe='')}.json"
        try:
            self._transport.ask("POST", path, data={"Status": "completed"})
        except Rejected as error:
            if error.code != "bad_request":
                raise

    def verify_signature(self, headers: Mapping[str, str], raw_body: bytes, url: str) -> None:
        """Check X-Twilio-Signature: https://www.twilio.com/docs/usage/security#validating-requests."""
        algorithm = get_signature_algorithm(header(headers, SIGNATURE_SETTINGS_HEADER)).upper()
        token = self._tokens.get(algorithm, "")
        given = header(headers, "X-Twilio-Signature")
        if not token or not given:
            raise BadSignature("The signature is missing or of an unknown kind.")
        if not RequestValidator(token).validate(url, Form(raw_body), given, algorithm):
            raise BadSignature("The signature does not match.")

    def parse_events(self, headers: Mapping[str, str], raw_body: bytes, url: str) -> Sequence[ProviderEvent]:
        """Read a status, recording or answering-machine callback."""
        form = Form(raw_body)
        sid = form.first("CallSid")
        if not sid:
            raise MalformedEvent("The callback names no call.")
        if recording_status := form.first("RecordingStatus"):
            return [recording_event(sid, recording_status, form)]
        if "CallbackSource" not in form and "MachineDetectionDuration" in form:
            facts = CallFacts(provider_call_id=sid, answered_by=read_answered_by(form.first("AnsweredBy")))
            return [ProviderEvent(event_key=f"{sid}:amd", kind=EventKind.FACTS, facts=facts)]
        return [status_event(sid, form)]

    def voices(self) -> Sequence[Voice]:
        """List voices of ConversationRelay; Twilio has no address that lists them."""
        return VOICES

    def verify_key(self) -> KeyCheck:
        """Read the account."""
        try:
            data = json_of(self._transport.ask("GET", f"{self._root}.json"))
        except Rejected as error:
            return KeyCheck(is_valid=False, detail=error.detail)
        status = text(data.get("status"))
        detail = "" if status == "active" else f"The Twilio account is {status or 'unknown'}."
        return KeyCheck(is_valid=not detail, detail=detail, account_name=text(data.get("friendly_name")))

    def download_recording(self, recording: RecordingRef) -> Iterator[bytes]:
        """Stream the WAV file."""
        path = f"{self._root}/Recordings/{quote(recording.recording_id, safe='')}.wav"
        return self._transport.stream(f"{self._base_url}{path}", self.recording_hosts)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _twiml(self, request: PlaceCall) -> str:
        """Write what happens once somebody answers: https://www.twilio.com/docs/voice/twiml."""
        answer = ElementTree.Element("Response")
        if request.bridge_to:
            limit = str(request.max_duration_seconds)
            dial = ElementTree.SubElement(answer, "Dial", callerId=request.from_number, timeLimit=limit)
            kind, _, name = request.bridge_to.rpartition(":")
            ElementTree.SubElement(dial, "Client" if kind == "client" else "Number").text = name
        elif self._relay_url:
            connect = ElementTree.SubElement(answer, "Connect")
            options = {"voice": request.voice_id} if request.voice_id else {}
            options |= {"url": self._relay_url, "language": request.language}
            options["welcomeGreeting"] = request.first_sentence
            relay = ElementTree.SubElement(connect, "ConversationRelay", options)
            ElementTree.SubElement(relay, "Parameter", name="reference", value=request.reference)
        else:
            raise Rejected("not_supported", "Twilio needs a ConversationRelay address for AI calls.")
        return ElementTree.tostring(answer, encoding="unicode")

    def _facts(self, call: dict[str, Any], reference: str = "", recordings: Sequence[dict[str, Any]] = ()) -> CallFacts:
        answered_by = read_answered_by(text(call.get("answered_by")))
        status, outcome = read_status(text(call.get("status")), answered_by)
        recording = read_recording(recordings[0]) if recordings else None
        return CallFacts(
            provider_call_id=text(call.get("sid"), 100),
            reference=reference,
            status=status,
            outcome=outcome,
            answered_by=answered_by,
            placed_at=mail_time(call.get("date_created")),
            ended_at=mail_time(call.get("end_time")),
            duration_seconds=seconds(call.get("duration")),
            cost=dollars(call.get("price")) if call.get("price_unit") in {None, "USD"} else None,
            recording=recording,
        )
