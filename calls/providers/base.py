"""The port every voice provider is spoken to through.

The dialer knows only this module. An adapter turns one provider's words into ours and its failures into
three kinds, because the dialer may react in exactly three ways: wait and try again (`RateLimited`), give the
attempt up (`Rejected`), or hold the line until the call has been looked up by reference (`Ambiguous`).
Adapters never touch the database, never read settings and never retry a placing request by themselves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable

PLACE_TIMEOUT_SECONDS = 10.0
"""Longest wait for an answer to a placing request: below half of the 30 s lease on an attempt."""

READ_TIMEOUT_SECONDS = 8.0
"""Longest wait for look-ups, hang-ups and key checks."""


class CallStatus(StrEnum):
    """Where a call stands; the order of the members is the only order in which a call may move."""

    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in_progress"
    ENDED = "ended"

    @property
    def rank(self) -> int:
        """The place in the order: events of a lower rank than the stored one are late and change nothing."""
        return list(CallStatus).index(self)


class Outcome(StrEnum):
    """How a call ended."""

    COMPLETED = "completed"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    VOICEMAIL = "voicemail"
    INVALID_NUMBER = "invalid_number"
    FAILED = "failed"
    CANCELLED = "cancelled"
    OPT_OUT = "opt_out"


class AnsweredBy(StrEnum):
    """Who or what picked up; `unknown` is treated as a human."""

    HUMAN = "human"
    VOICEMAIL = "voicemail"
    SCREENING = "screening"
    IVR = "ivr"
    FAX = "fax"
    UNKNOWN = "unknown"


class Disposition(StrEnum):
    """What the person wanted, as far as the conversation tells."""

    INTERESTED = "interested"
    NOT_INTERESTED = "not_interested"
    CALLBACK = "callback"
    WRONG_NUMBER = "wrong_number"
    DO_NOT_CALL = "do_not_call"


class EventKind(StrEnum):
    """What a webhook is about; `other` is stored and changes nothing."""

    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"
    FACTS = "facts"
    RECORDING = "recording"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCall:
    """A request to dial one number once; `reference` is our attempt id, by which the call can be found."""

    reference: str
    to: str
    from_number: str
    callback_url: str
    """Public address for this attempt's webhooks, carrying attempt id and token, never a phone number."""
    prompt: str = ""
    first_sentence: str = ""
    voice_id: str = ""
    language: str = "en-US"
    voicemail_message: str = ""
    """Left after the beep; empty hangs up on a machine."""
    ring_timeout_seconds: int = 25
    max_duration_seconds: int = 300
    record: bool = True
    bridge_to: str = ""
    """Human agent's line (E.164 or `client:name`) to connect the answered person to; empty for AI calls."""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The provider has taken the call and will dial."""

    provider_call_id: str
    status: CallStatus = CallStatus.INITIATED


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptMessage:
    """One turn of a conversation; `at` is seconds since the call was answered."""

    role: str
    """`agent` or `person`."""
    content: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRef:
    """Where a recording can be fetched by `download_recording`; links expire, so copy it at once."""

    recording_id: str
    url: str = ""
    duration_seconds: int | None = None
    content_type: str = "audio/wav"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """What a provider says about one call; `None` means "not said", so it may never overwrite what is known.

    Webhooks and look-ups both give this, so one function applies both.
    """

    provider_call_id: str
    reference: str = ""
    status: CallStatus | None = None
    outcome: Outcome | None = None
    """Set if and only if `status` is `ended`."""
    answered_by: AnsweredBy | None = None
    placed_at: dt.datetime | None = None
    answered_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    duration_seconds: int | None = None
    """Talk time."""
    cost: Decimal | None = None
    """US dollars, four places."""
    summary: str | None = None
    transcript: tuple[TranscriptMessage, ...] | None = None
    recording: RecordingRef | None = None
    recording_absent: bool = False
    """The provider says there will be no recording."""
    disposition: Disposition | None = None
    callback_in_minutes: int | None = None
    """Minutes after the end of the call at which the person asked to be called."""
    detail: str = ""
    """The provider's own reason, for the log and for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEvent:
    """One webhook message; `event_key` is unique per provider, so a repeat is recognised by it."""

    event_key: str
    kind: EventKind
    facts: CallFacts
    occurred_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A voice the provider offers."""

    voice_id: str
    name: str
    language: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCheck:
    """Answer to "does this key work", in words a person can act on."""

    is_valid: bool
    detail: str = ""
    account_name: str = ""


class ProviderError(Exception):
    """Anything a provider did not do as asked."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail


class RateLimited(ProviderError):
    """The provider has certainly not dialled and asks to slow down; the attempt may be given back."""

    def __init__(self, retry_after: float = 1.0, detail: str = "") -> None:
        super().__init__(detail or f"Too many calls at once; retry after {retry_after:g} s.")
        self.retry_after = retry_after


class Unreachable(RateLimited):
    """No connection came about, so nothing was sent; the attempt may be given back as after `RateLimited`."""

    def __init__(self, detail: str = "", retry_after: float = 5.0) -> None:
        super().__init__(retry_after, detail or "The provider cannot be reached.")


class Rejected(ProviderError):
    """The provider has certainly not dialled and will never dial this request.

    `code` is one of ours: `invalid_number`, `not_allowed`, `auth`, `out_of_funds`, `bad_request`,
    `not_found`, `not_supported`.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail or code)
        self.code = code


class Ambiguous(ProviderError):
    """Nobody knows whether the phone is ringing: a time-out, a broken connection, a 5xx, no id in the answer.

    The placing request must not be sent again; the call is looked up by our reference instead.
    """


class Unavailable(ProviderError):
    """A look-up, hang-up or download did not work now; asking again is safe."""


class BadSignature(ProviderError):
    """The webhook was not signed by the provider, or too long ago."""


class MalformedEvent(ProviderError):
    """The webhook is signed well but is not what the provider documents."""


@runtime_checkable
class VoiceProvider(Protocol):
    """What every telephony provider must do for us. Adapters are safe to use from several threads."""

    name: str
    """Key of the provider in addresses and rows, such as `simulated` or `twilio`."""

    recording_hosts: frozenset[str]
    """The only hosts a recording is ever fetched from, whatever a webhook says; `.host` is all below it."""

    def place_call(self, request: PlaceCall) -> Placed:
        """Ask for one call. Raises `RateLimited` (or its kind `Unreachable`), `Rejected` or `Ambiguous`."""
        ...

    def find_by_reference(
        self, reference: str, *, to: str = "", placed_after: dt.datetime | None = None
    ) -> CallFacts | None:
        """Look up whether a request of ours became a call; `None` means the provider has no such call.

        `to` and `placed_after` narrow the search where a provider cannot search by reference.
        Raises `Unavailable` when the question could not be asked.
        """
        ...

    def fetch(self, provider_call_id: str) -> CallFacts:
        """Ask how a call stands. Raises `Unavailable`, or `Rejected("not_found")`."""
        ...

    def hang_up(self, provider_call_id: str) -> None:
        """End a call, ringing or talking; a call that has already ended is no error.

        Raises `Unavailable`, or `Rejected` (`not_found`, `not_supported`).
        """
        ...

    def verify_signature(self, headers: Mapping[str, str], raw_body: bytes, url: str) -> None:
        """Raise `BadSignature` unless the provider sent this very body to this very public address."""
        ...

    def parse_events(self, headers: Mapping[str, str], raw_body: bytes, url: str) -> Sequence[ProviderEvent]:
        """Read a webhook whose signature has been verified. Raises `MalformedEvent`."""
        ...

    def voices(self) -> Sequence[Voice]:
        """List the voices that can be chosen. Raises `Unavailable` or `Rejected("auth")`."""
        ...

    def verify_key(self) -> KeyCheck:
        """Try the credentials without any side effect. Raises `Unavailable`."""
        ...

    def download_recording(self, recording: RecordingRef) -> Iterator[bytes]:
        """Stream the audio in chunks, with our credentials, from `recording_hosts` only.

        Raises `Unavailable`, or `Rejected("not_found")` when it is gone for good.
        """
        ...

    def close(self) -> None:
        """Close the connections held open."""
        ...
