"""The network: takes calls, walks them to their end and remembers the truth about each."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from simulator.audio import render_wav
from simulator.clock import Clock, Timer
from simulator.config import Settings
from simulator.conversation import Conversation, Message, Script, converse, disposition_of
from simulator.outcomes import Plan, plan_call
from simulator.webhooks import Lane, Webhooks

COST_PER_MINUTE = 0.0900
COST_PER_CONNECTION = 0.0050


@dataclass(slots=True)
class Call:
    """One call; times are real seconds since the epoch, durations are simulated seconds."""

    id: str
    reference: str
    to: str
    from_number: str
    callback_url: str
    script: Script
    record: bool
    metadata: Mapping[str, Any]
    plan: Plan
    placed_at: float
    status: str = "queued"
    outcome: str = ""
    ringing_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    talk_began: float = 0.0
    talk_seconds: float = 0.0
    sequence: int = 0
    timer: Timer | None = None
    lane: Lane = field(default_factory=Lane)

    @property
    def recording_id(self) -> str:
        """Key of the recording; empty when there is none."""
        return f"REC{self.id[3:]}" if self.record and self.status == "ended" and self.answered_at else ""

    @property
    def cost(self) -> str:
        """US dollars to four places: per second of talk, and a little for being connected."""
        if self.answered_at is None:
            return "0.0000"
        return f"{COST_PER_CONNECTION + COST_PER_MINUTE * round(self.talk_seconds) / 60:.4f}"


class Network:
    """All calls of one account, in memory."""

    def __init__(self, settings: Settings, clock: Clock, webhooks: Webhooks) -> None:
        self._settings = settings
        self._clock = clock
        self._webhooks = webhooks
        self._born = time.time_ns() // 1_000  # an account never gives one id twice, also not after a restart
        self._calls: dict[str, Call] = {}
        self._by_reference: dict[str, list[Call]] = {}
        self._attempts: dict[str, int] = {}
        path = settings.log_path
        self._log = Path(path).open("ab", buffering=0) if path else None  # noqa: SIM115 - closed by close()

    def place(
        self,
        *,
        reference: str,
        to: str,
        from_number: str,
        callback_url: str,
        script: Script,
        record: bool,
        ring_timeout: float,
        max_duration: float,
        metadata: Mapping[str, Any],
    ) -> Call:
        """Take a call; two requests with one reference are two calls, and the log shows it."""
        attempt = self._attempts[to] = self._attempts.get(to, 0) + 1
        plan = plan_call(
            seed=self._settings.seed,
            number=to,
            attempt=attempt,
            ring_timeout=ring_timeout,
            max_duration=max_duration,
            leaves_message=bool(script.voicemail_message),
        )
        call = Call(
            id=f"SIM{self._born:x}{len(self._calls) + 1:06d}",
            reference=reference,
            to=to,
            from_number=from_number,
            callback_url=callback_url,
            script=script,
            record=record,
            metadata=metadata,
            plan=plan,
            placed_at=time.time(),
        )
        self._calls[call.id] = call
        self._by_reference.setdefault(reference, []).append(call)
        self._write_log("placed", call)
        call.timer = self._clock.call_later(plan.ring_delay, lambda: self._after_dialling(call))
        return call

    def get(self, call_id: str) -> Call | None:
        """Find a call by our id."""
        return self._calls.get(call_id)

    def find(self, reference: str) -> list[Call]:
        """Find calls by the caller's reference."""
        return self._by_reference.get(reference, [])

    def calls(self) -> list[Call]:
        """List all calls, oldest first."""
        return list(self._calls.values())

    def hang_up(self, call: Call) -> None:
        """End a call from the caller's side; an ended one stays as it is."""
        if call.status == "ended":
            return
        if call.timer is not None:
            call.timer.cancel()
        if call.status == "in_progress":
            self._end(call, "voicemail" if call.plan.answered_by == "voicemail" else "completed")
        else:
            self._end(call, "cancelled")

    def conversation(self, call: Call) -> Conversation:
        """What has been said so far."""
        if call.answered_at is None:
            return Conversation((), "")
        elapsed = call.talk_seconds if call.status == "ended" else self._clock.now() - call.talk_began
        whole = converse(call.plan, call.script)
        said = tuple(m for m in whole.messages if m["at"] <= elapsed)
        return Conversation(said, whole.summary if call.status == "ended" else "")

    def recording(self, recording_id: str) -> bytes | None:
        """The audio of an ended call."""
        call = self._calls.get(f"SIM{recording_id[3:]}")
        if call is None or call.recording_id != recording_id:
            return None
        return render_wav(self.conversation(call).messages, call.talk_seconds)

    def close(self) -> None:
        """Close the log."""
        if self._log is not None:
            self._log.close()

    def _after_dialling(self, call: Call) -> None:
        plan = call.plan
        if plan.ring_seconds <= 0:
            self._end(call, plan.outcome)
            return
        call.status = "ringing"
        call.ringing_at = time.time()
        self._emit(call, "call.ringing")
        call.timer = self._clock.call_later(plan.ring_seconds, lambda: self._after_ringing(call))

    def _after_ringing(self, call: Call) -> None:
        plan = call.plan
        if not plan.answered_by:
            self._end(call, plan.outcome)
            return
        call.status = "in_progress"
        call.answered_at = time.time()
        call.talk_began = self._clock.now()
        self._emit(call, "call.answered", answered_by=plan.answered_by)
        call.timer = self._clock.call_later(plan.talk_seconds, lambda: self._end(call, plan.outcome))

    def _end(self, call: Call, outcome: str) -> None:
        if call.answered_at is not None:
            call.talk_seconds = min(self._clock.now() - call.talk_began, call.plan.talk_seconds)
        call.status = "ended"
        call.outcome = outcome
        call.ended_at = time.time()
        call.timer = None
        self._write_log("ended", call)
        self._emit(call, "call.ended", **self.ending(call))
        if call.recording_id:
            facts = {"recording_id": call.recording_id, "duration": round(call.talk_seconds)}
            self._clock.call_later(2.0, lambda: self._emit(call, "recording.ready", **facts))

    def ending(self, call: Call) -> dict[str, Any]:
        """What the last event, and a look-up afterwards, say about a call."""
        conversation = self.conversation(call)
        messages: tuple[Message, ...] = conversation.messages
        is_cut = call.outcome != call.plan.outcome
        return {
            "outcome": call.outcome,
            "answered_by": call.plan.answered_by if call.answered_at else None,
            "duration_seconds": round(call.talk_seconds),
            "cost": call.cost,
            "transcript": list(messages),
            "summary": "" if is_cut else conversation.summary,
            "disposition": "" if is_cut or not call.answered_at else disposition_of(call.plan),
            "callback_in_minutes": None if is_cut else call.plan.callback_in_minutes,
        }

    def _emit(self, call: Call, kind: str, **facts: Any) -> None:
        call.sequence += 1
        event = {
            "id": f"EV{call.id[3:]}-{call.sequence}",
            "type": kind,
            "call_id": call.id,
            "reference": call.reference,
            "sequence": call.sequence,
            "occurred_at": datetime.now(UTC).isoformat(),
            "to": call.to,
            "from": call.from_number,
            "metadata": call.metadata,
            **facts,
        }
        self._webhooks.emit(call.lane, call.callback_url, event)

    def _write_log(self, what: str, call: Call) -> None:
        if self._log is not None:
            self._log.write(orjson.dumps({"event": what, **log_entry(call)}) + b"\n")


def log_entry(call: Call) -> dict[str, Any]:
    """The truth about a call: from `placed_at` to `ended_at` the line was taken."""
    return {
        "id": call.id,
        "reference": call.reference,
        "to": call.to,
        "from": call.from_number,
        "placed_at": call.placed_at,
        "ringing_at": call.ringing_at,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "status": call.status,
        "outcome": call.outcome,
        "answered_by": call.plan.answered_by if call.answered_at else None,
        "talk_seconds": round(call.talk_seconds, 1),
        "metadata": call.metadata,
    }
