"""The port every provider is spoken to through: what is known goes in, findings with their source come out.

An adapter knows one service. It never touches the database or the ledger, never raises for what the service
may answer, and tells apart why there is no finding, because each reason has another consequence.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar


class Outcome(StrEnum):
    """How asking ended."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    REFUSED_LEGAL = "refused_legal"
    OUT_OF_CREDITS = "out_of_credits"
    THROTTLED = "throttled"
    AUTH = "auth"
    ERROR = "error"

    @property
    def is_failure(self) -> bool:
        """Whether this is no answer to the question; nothing is paid and the next provider is asked."""
        return self not in (Outcome.FOUND, Outcome.NOT_FOUND, Outcome.REFUSED_LEGAL)


@dataclass(frozen=True, slots=True)
class Query:
    """What is known of the person who is looked for."""

    email: str = ""
    domain: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    phone_number: str = ""
    linkedin_url: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One value, how sure the provider is (0 to 1), and the address where it can be seen."""

    field: str
    value: str
    confidence: float
    source: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider said. `phone_later` means that a number may follow by its own message."""

    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    detail: str = ""
    retry_after: int = 0
    phone_later: bool = False

    @classmethod
    def of(cls, findings: Collection[Finding], **words: Any) -> "Answer":
        """Found when there is at least one value that says something."""
        usable = tuple(f for f in findings if f.value)
        return cls(Outcome.FOUND if usable else Outcome.NOT_FOUND, usable, **words)


@dataclass(frozen=True, slots=True)
class Context:
    """What an adapter needs beside the question: the workspace's key, and where a later message may go."""

    api_key: str = ""
    wanted: frozenset[str] = field(default_factory=frozenset)
    callback_url: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a key works, in words; `balance` is what is left at the provider when it says so."""

    works: bool
    words: str
    balance: int | None = None


class Provider(ABC):
    """One service. `rate` is what it allows in a moment, `later_cost` the price of a number that comes later."""

    name: ClassVar[str]
    label: ClassVar[str]
    about: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]
    cost_credits: ClassVar[int] = 0
    later_cost: ClassVar[int] = 0
    position: ClassVar[int]
    on_at_first: ClassVar[bool] = False
    needs_key: ClassVar[bool] = True
    takes_key: ClassVar[bool] = True
    rate: ClassVar[str] = ""

    @abstractmethod
    def parts(self, query: Query) -> Mapping[str, str] | None:
        """The normalised parts of the query that are sent, or None when there is too little to ask with."""

    @abstractmethod
    def ask(self, parts: Mapping[str, str], context: Context) -> Answer:
        """Ask the service; outside any database transaction."""

    def verify(self, api_key: str) -> Verification:
        """Whether a key works, at no cost."""
        return Verification(True, "This provider needs no key.")


def query_hash(provider: str, parts: Mapping[str, str]) -> str:
    """The name under which an answer is remembered; the question itself is not kept."""
    raw = json.dumps([provider, sorted(parts.items())], separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(raw.encode()).hexdigest()
