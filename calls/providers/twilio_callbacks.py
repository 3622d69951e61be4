"""Reading Twilio's callbacks: https://www.twilio.com/docs/voice/api/call-resource#statuscallback."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs

from calls.providers.base import (
    AnsweredBy,
    CallFacts,
    CallStatus,
    EventKind,
    Outcome,
    ProviderEvent,
    RecordingRef,
)
from calls.providers.reading import seconds, text

STATUSES = {
    "queued": CallStatus.INITIATED,
    "initiated": CallStatus.INITIATED,
    "ringing": CallStatus.RINGING,
    "in-progress": CallStatus.IN_PROGRESS,
}
OUTCOMES = {
    "completed": Outcome.COMPLETED,
    "busy": Outcome.BUSY,
    "no-answer": Outcome.NO_ANSWER,
    "failed": Outcome.FAILED,
    "canceled": Outcome.CANCELLED,
}
KINDS = {
    CallStatus.RINGING: EventKind.RINGING,
    CallStatus.IN_PROGRESS: EventKind.ANSWERED,
    CallStatus.ENDED: EventKind.ENDED,
}
NOT_IN_SERVICE = frozenset({"404", "410", "484", "604"})
DECLINED = frozenset({"603", "607"})


class Form(dict[str, list[str]]):
    """A form body with all values of each name, as Twilio's validator wants to read it."""

    def __init__(self, raw_body: bytes) -> None:
        super().__init__(parse_qs(raw_body.decode("utf-8", "replace"), keep_blank_values=True))

    def getlist(self, name: str) -> list[str]:
        """All values of a field."""
        return self.get(name, [])

    def first(self, name: str) -> str:
        """The first value of a field, or empty text."""
        return text(self.get(name, [""])[0], 500)


def status_event(sid: str, form: Form) -> ProviderEvent:
    """Read a call progress callback; SequenceNumber makes it unique in its call."""
    word = form.first("CallStatus")
    answered_by = read_answered_by(form.first("AnsweredBy"))
    status, outcome = read_status(word, answered_by, form.first("SipResponseCode"), form.first("ErrorCode"))
    occurred_at = mail_time(form.first("Timestamp"))
    has_recording = status is CallStatus.ENDED and form.first("RecordingSid")
    facts = CallFacts(
        provider_call_id=sid,
        status=status,
        outcome=outcome,
        answered_by=answered_by,
        answered_at=occurred_at if status is CallStatus.IN_PROGRESS else None,
        ended_at=occurred_at if status is CallStatus.ENDED else None,
        duration_seconds=seconds(form.first("CallDuration")) if status is CallStatus.ENDED else None,
        recording=_recording_of_form(form) if has_recording else None,
        detail=" ".join(part for part in (word, form.first("SipResponseCode"), form.first("ErrorCode")) if part),
    )
    kind = KINDS.get(status, EventKind.OTHER) if status is not None else EventKind.OTHER
    key = f"{sid}:{form.first('SequenceNumber')}:{word}"
    return ProviderEvent(event_key=key, kind=kind, facts=facts, occurred_at=occurred_at)


def recording_event(sid: str, status: str, form: Form) -> ProviderEvent:
    """Read a recording callback."""
    is_there = status == "completed"
    facts = CallFacts(
        provider_call_id=sid,
        recording=_recording_of_form(form) if is_there else None,
        recording_absent=status in {"absent", "failed"},
    )
    key = f"{sid}:{form.first('RecordingSid')}:recording-{status}"
    return ProviderEvent(event_key=key, kind=EventKind.RECORDING, facts=facts)


def _recording_of_form(form: Form) -> RecordingRef:
    return RecordingRef(
        recording_id=form.first("RecordingSid")[:100],
        url=form.first("RecordingUrl"),
        duration_seconds=seconds(form.first("RecordingDuration")),
    )


def read_recording(data: Mapping[str, Any]) -> RecordingRef:
    """Read an entry of a call's list of recordings."""
    return RecordingRef(recording_id=text(data.get("sid"), 100), duration_seconds=seconds(data.get("duration")))


def read_answered_by(word: str) -> AnsweredBy | None:
    """Read who picked up; the several kinds of machine are one to us."""
    if word.startswith("machine"):
        return AnsweredBy.VOICEMAIL
    return {"human": AnsweredBy.HUMAN, "fax": AnsweredBy.FAX, "unknown": AnsweredBy.UNKNOWN}.get(word)


def read_status(
    word: str, answered_by: AnsweredBy | None, sip_code: str = "", error_code: str = ""
) -> tuple[CallStatus | None, Outcome | None]:
    """Turn Twilio's one word into ours; a phone that is declined is told as busy with SIP 603."""
    if word in STATUSES:
        return STATUSES[word], None
    outcome = OUTCOMES.get(word)
    if outcome is None:
        return None, None
    if outcome is Outcome.COMPLETED and answered_by is AnsweredBy.VOICEMAIL:
        outcome = Outcome.VOICEMAIL
    elif sip_code in DECLINED:
        outcome = Outcome.REJECTED
    elif outcome is Outcome.FAILED and (sip_code in NOT_IN_SERVICE or error_code == "13224"):
        outcome = Outcome.INVALID_NUMBER
    return CallStatus.ENDED, outcome


def mail_time(value: object) -> dt.datetime | None:
    """A time as RFC 2822 writes it."""
    try:
        return parsedate_to_datetime(value) if isinstance(value, str) and value else None
    except (TypeError, ValueError):
        return None
