"""Reading what providers send: values that make no sense are dropped, never stored and never an error."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

import orjson

from calls.providers.base import MalformedEvent

LONGEST_CALL_SECONDS = 24 * 3600
DEAREST_CALL = Decimal(10_000)
LONGEST_TEXT = 20_000

Word = TypeVar("Word", bound=StrEnum)
Json = Mapping[str, object]


def read_object(raw_body: bytes) -> Json:
    """Read a JSON object. Raises `MalformedEvent`."""
    try:
        data = orjson.loads(raw_body)
    except orjson.JSONDecodeError as error:
        raise MalformedEvent("The body is not JSON.") from error
    if not isinstance(data, dict):
        raise MalformedEvent("The body is not a JSON object.")
    return data


def inner(data: Json, *path: str) -> Json:
    """Go down a path of objects; an empty object where there is none."""
    for name in path:
        value = data.get(name)
        if not isinstance(value, Mapping):
            return {}
        data = value
    return data


def text(value: object, longest: int = LONGEST_TEXT) -> str:
    """Text without NUL, which PostgreSQL cannot hold; empty for anything that is not text."""
    return value.replace("\x00", "")[:longest] if isinstance(value, str) else ""


def number(value: object) -> float | None:
    """A finite number, also when it was written as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        read = float(value)
    except (ValueError, OverflowError):
        return None
    return read if math.isfinite(read) else None


def seconds(value: object) -> int | None:
    """A duration of a call in whole seconds: from 0 to a day."""
    read = number(value)
    return round(read) if read is not None and 0 <= read <= LONGEST_CALL_SECONDS else None


def dollars(value: object) -> Decimal | None:
    """A cost in US dollars to four places; providers write it as text or number, some of them negative."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        cost = abs(Decimal(str(value)))
    except InvalidOperation:
        return None
    return cost.quantize(Decimal("0.0001")) if cost.is_finite() and cost <= DEAREST_CALL else None


def moment(value: object) -> dt.datetime | None:
    """A time from ISO 8601 text; without a zone it is UTC."""
    try:
        read = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return read.replace(tzinfo=dt.UTC) if read is not None and read.tzinfo is None else read


def moment_of_milliseconds(value: object) -> dt.datetime | None:
    """A time from milliseconds since 1970."""
    read = number(value)
    if read is None or not 0 < read < 4e12:
        return None
    return dt.datetime.fromtimestamp(read / 1000, dt.UTC)


def word(kind: type[Word], value: object) -> Word | None:
    """A member of one of our vocabularies, or nothing."""
    try:
        return kind(value) if isinstance(value, str) else None
    except ValueError:
        return None


def header(headers: Mapping[str, str], name: str) -> str:
    """A header whatever its case; empty when it is missing."""
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), "")
