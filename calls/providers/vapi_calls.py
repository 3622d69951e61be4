"""Reading calls as Vapi describes them: https://docs.vapi.ai/api-reference/calls/get."""

from __future__ import annotations

import datetime as dt

from calls.providers.analysis import read_callback, read_disposition, with_wish
from calls.providers.base import (
    AnsweredBy,
    CallFacts,
    CallStatus,
    Outcome,
    RecordingRef,
    TranscriptMessage,
)
from calls.providers.reading import Json, dollars, inner, moment, number, text

STATUSES = {
    "scheduled": CallStatus.INITIATED,
    "queued": CallStatus.INITIATED,
    "ringing": CallStatus.RINGING,
    "in-progress": CallStatus.IN_PROGRESS,
    "forwarding": CallStatus.IN_PROGRESS,
    "ended": CallStatus.ENDED,
}
ENDINGS = {
    "customer-busy": Outcome.BUSY,
    "customer-did-not-answer": Outcome.NO_ANSWER,
    "voicemail": Outcome.VOICEMAIL,
    "twilio-reported-customer-misdialed": Outcome.INVALID_NUMBER,
    "twilio-failed-to-connect-call": Outcome.FAILED,
    "vonage-rejected": Outcome.REJECTED,
    "manually-canceled": Outcome.CANCELLED,
    "customer-ended-call": Outcome.COMPLETED,
    "silence-timed-out": Outcome.COMPLETED,
    "exceeded-max-duration": Outcome.COMPLETED,
}
"""The endings that matter out of some six hundred; the rest is told by their wording."""


def reference_of(call: Json) -> str:
    """Find our attempt id in the fields that are free for our use."""
    return (
        text(call.get("name"), 100)
        or text(inner(call, "customer").get("externalId"), 100)
        or text(inner(call, "assistant", "metadata").get("reference"), 100)
    )


def read_call(call: Json, occurred_at: dt.datetime | None = None) -> CallFacts:
    """Read a call, or the report at its end, which has the same fields."""
    status = STATUSES.get(text(call.get("status")))
    reason = text(call.get("endedReason"), 200)
    started_at = moment(call.get("startedAt"))
    ended_at = moment(call.get("endedAt")) or (occurred_at if status is CallStatus.ENDED else None)
    findings = inner(call, "analysis", "structuredData")
    disposition = read_disposition(findings)
    has_ended = status is CallStatus.ENDED
    outcome = with_wish(_outcome(reason, started_at is not None), disposition) if has_ended else None
    talked = outcome in {Outcome.COMPLETED, Outcome.OPT_OUT, Outcome.VOICEMAIL}
    artifact = inner(call, "artifact")
    call_id = text(call.get("id"), 100)
    has_recording = bool(artifact.get("recordingUrl") or artifact.get("recording") or call.get("recordingUrl"))
    return CallFacts(
        provider_call_id=call_id,
        reference=reference_of(call),
        status=status,
        outcome=outcome,
        answered_by=AnsweredBy.VOICEMAIL if outcome is Outcome.VOICEMAIL else None,
        placed_at=moment(call.get("createdAt")),
        answered_at=started_at or (occurred_at if status is CallStatus.IN_PROGRESS else None),
        ended_at=ended_at,
        duration_seconds=_talk_seconds(started_at, ended_at) if talked else None,
        cost=dollars(call.get("cost")),
        summary=text(inner(call, "analysis").get("summary")) or None,
        transcript=_transcript(artifact.get("messages") or call.get("messages")),
        recording=RecordingRef(recording_id=call_id) if has_recording and has_ended else None,
        disposition=disposition,
        callback_in_minutes=read_callback(findings),
        detail=reason,
    )


def _outcome(reason: str, was_answered: bool) -> Outcome:
    if reason in ENDINGS:
        return ENDINGS[reason]
    if reason.startswith("assistant-") and "error" not in reason and was_answered:
        return Outcome.COMPLETED
    if "error" in reason or not was_answered:
        return Outcome.FAILED
    return Outcome.COMPLETED


def _talk_seconds(started_at: dt.datetime | None, ended_at: dt.datetime | None) -> int | None:
    if started_at is None or ended_at is None or ended_at < started_at:
        return None
    return round((ended_at - started_at).total_seconds())


def _transcript(messages: object) -> tuple[TranscriptMessage, ...] | None:
    """Keep what was said: `bot` and `user`; instructions and tool calls are not speech."""
    if not isinstance(messages, list):
        return None
    roles = {"bot": "agent", "assistant": "agent", "user": "person"}
    return tuple(
        TranscriptMessage(
            role=roles[m["role"]],
            content=text(m.get("message") or m.get("content")),
            at=number(m.get("secondsFromStart")) or 0.0,
        )
        for m in messages
        if isinstance(m, dict) and m.get("role") in roles
    )
