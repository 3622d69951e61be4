"""Conversations that follow from a plan: who says what and when, and what came of it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypedDict

from simulator import phrases
from simulator.outcomes import Plan

WORDS_PER_SECOND = 2.7
GAP_SECONDS = 0.7
DISPOSITIONS = {
    "interested": "interested",
    "wants_human": "interested",
    "not_interested": "not_interested",
    "callback": "callback",
    "wrong_number": "wrong_number",
    "opt_out": "do_not_call",
}


class Message(TypedDict):
    """One turn; `at` is simulated seconds since the call was answered."""

    role: str
    content: str
    at: float


@dataclass(frozen=True, slots=True)
class Conversation:
    """All that was said, and a summary."""

    messages: tuple[Message, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Script:
    """What the request told us about the agent."""

    first_sentence: str = ""
    voicemail_message: str = ""
    names: Mapping[str, str] | None = None
    """`company`, `offer`, `agent` and `person`, where known."""


def disposition_of(plan: Plan) -> str:
    """Say what the person wanted in the words of the API; empty when nobody said."""
    return DISPOSITIONS.get(plan.wish, "")


def converse(plan: Plan, script: Script) -> Conversation:
    """Write the conversation of a planned call; the same arguments always give the same words."""
    if not plan.answered_by:
        return Conversation((), "")
    return _Writer(plan, script).write()


def spoken_seconds(content: str) -> float:
    """How long a sentence takes to say."""
    return max(len(content.split()) / WORDS_PER_SECOND, 0.5)


class _Writer:
    def __init__(self, plan: Plan, script: Script) -> None:
        self.plan = plan
        self.script = script
        self.rng = random.Random(f"talk|{plan.seed}")  # noqa: S311 - repeatable, not secret
        self.topics: list[str] = []
        when = self.rng.choice(phrases.WHEN.get(plan.callback_in_minutes or 60, ("later",)))
        self.names = {
            "company": "our company",
            "offer": "an offer that fits your business",
            "agent": "Alex",
            "person": "there",
            "when": when,
        }
        self.names.update({k: v for k, v in (script.names or {}).items() if v})
        someone = self.rng.choice([n for n in phrases.FIRST_NAMES if n != self.names["person"]])
        is_known = self.names["person"] != "there" and plan.wish != "wrong_number"
        self.names["self"] = self.names["person"] if is_known else someone

    def write(self) -> Conversation:
        lines = list(self._voicemail() if self.plan.answered_by == "voicemail" else self._talk())
        return Conversation(tuple(self._timed(lines)), self._summary())

    def _say(self, turn: phrases.Turn) -> str:
        text = "".join(self.rng.choice(parts) for parts in turn)
        for name, value in self.names.items():
            text = text.replace("{" + name + "}", value)
        return text

    def _voicemail(self) -> Iterator[tuple[str, str]]:
        yield "person", self._say(phrases.MAILBOX)
        if self.script.voicemail_message:
            yield "agent", self.script.voicemail_message

    def _talk(self) -> Iterator[tuple[str, str]]:
        wish = self.plan.wish
        opening = [
            ("person", self._say(phrases.GREETING)),
            ("agent", self.script.first_sentence or self._say(phrases.INTRODUCTION)),
        ]
        if wish == "hang_up":
            yield from opening
            return
        ending = [
            ("person", self._say(phrases.WISH[wish])),
            ("agent", self._say(phrases.CLOSING[wish])),
        ]
        if self.rng.random() < 0.6:
            ending.append(("person", self._say(phrases.GOODBYE)))
        opening.append(("person", self._say(phrases.REACTION[wish])))
        if wish in {"interested", "not_interested"}:
            opening.append(("agent", self._say(phrases.PITCH)))
            opening += self._questions(_length(opening) + _length(ending))
        elif wish in {"callback", "wants_human"}:
            opening.append(("agent", self._say(phrases.PITCH)))
        yield from opening
        yield from ending

    def _questions(self, taken: float) -> list[tuple[str, str]]:
        """Ask about one topic after the other while there is time."""
        asked: list[tuple[str, str]] = []
        for topic in self.rng.sample(sorted(phrases.TOPICS), len(phrases.TOPICS)):
            question, answer = phrases.TOPICS[topic]
            exchange = [("person", self._say(question)), ("agent", self._say(answer))]
            if taken + _length(asked) + _length(exchange) > self.plan.talk_seconds:
                break
            asked += exchange
            self.topics.append(topic)
        return asked

    def _timed(self, lines: list[tuple[str, str]]) -> Iterator[Message]:
        """Spread the turns over the call; what does not fit before its end is never said."""
        stretch = min(max(self.plan.talk_seconds / max(_length(lines), 1.0), 0.75), 1.8)
        at = 0.4
        for role, content in lines:
            if at > self.plan.talk_seconds:
                return
            yield {"role": role, "content": content, "at": round(at, 1)}
            at += (spoken_seconds(content) + GAP_SECONDS) * stretch

    def _summary(self) -> str:
        kind = self.plan.wish or self.plan.answered_by
        names = {**self.names}
        if names["person"] == "there":
            names["person"] = "the person"
        text = self.rng.choice(phrases.SUMMARY[kind]).format(**names)
        text = text[0].upper() + text[1:]
        if kind == "voicemail":
            return text + (" Left a message." if self.script.voicemail_message else " No message was left.")
        if self.topics:
            text += f" Asked about: {', '.join(self.topics)}."
        return text


def _length(lines: list[tuple[str, str]]) -> float:
    return sum(spoken_seconds(content) + GAP_SECONDS for _, content in lines)
