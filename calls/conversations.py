"""What was said in a call, kept as messages and as one searchable text, and its recording ordered."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from calls.models import Call, Conversation, Recording
from calls.providers.base import CallFacts, TranscriptMessage
from core import outbox

MOST_MESSAGES = 2_000
COPY_TOPIC = "calls.copy_recording"


@transaction.atomic(savepoint=False)
def store(*, call: Call, facts: CallFacts) -> bool:
    """Keep transcript and recording of a call the first time they are told; whether anything was new."""
    changed = False
    if facts.transcript and not Conversation.objects.filter(call=call).exists():
        _store_transcript(call, facts.transcript)
        changed = True
    if (facts.recording or facts.recording_absent) and not Recording.objects.filter(call=call).exists():
        if facts.recording:
            _order_recording(call, facts)
        else:
            Recording.objects.create(call=call, status=Recording.Status.ABSENT)
        changed = True
    return changed


def _store_transcript(call: Call, messages: Iterable[TranscriptMessage]) -> None:
    kept = [
        {"role": m.role, "content": m.content.replace("\x00", "")[:5_000], "at": round(float(m.at), 1)}
        for m in list(messages)[:MOST_MESSAGES]
    ]
    Conversation.objects.create(call=call, messages=kept, transcript=as_text(kept))


def as_text(messages: Iterable[dict[str, object]]) -> str:
    """A transcript as people read it: `[1:05] Person: …`, one turn a line."""
    lines = []
    for message in messages:
        seconds = int(float(str(message["at"])))
        who = "Agent" if message["role"] == "agent" else "Person"
        lines.append(f"[{seconds // 60}:{seconds % 60:02}] {who}: {message['content']}")
    return "\n".join(lines)


def _order_recording(call: Call, facts: CallFacts) -> None:
    assert facts.recording is not None
    recording = Recording.objects.create(
        call=call,
        provider_recording_id=facts.recording.recording_id[:100],
        provider_url=facts.recording.url[:1_000],
        duration_seconds=facts.recording.duration_seconds,
        content_type=facts.recording.content_type[:50],
    )
    payload = {"recording_id": str(recording.pk)}
    outbox.put(topic=COPY_TOPIC, key=str(recording.pk), payload=payload, nudge=False)  # many calls end in a second
