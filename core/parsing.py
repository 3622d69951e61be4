"""Reading and writing JSON at the edge: strict about what comes in, fast about what goes out."""

import datetime as dt
import decimal
import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from core.problems import TooLarge

MAX_DEPTH = 32
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Refused(ValueError):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _Refused("duplicate_key", "A key stands twice in one object.")
    return result


def _constant(name: str) -> Any:
    raise _Refused("parse_error", f"{name} is not JSON.")


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _Refused("number_out_of_range", "A number is out of range.")
    return number


def _int(text: str) -> int:
    if len(text) > 30:
        raise _Refused("parse_error", "A number has too many digits.")
    return int(text)


def _check_text(text: str) -> None:
    if "\x00" in text or _SURROGATE.search(text):
        raise _Refused("invalid_character", "A text holds a character that cannot be stored.")


def _check(value: Any, depth: int = 0) -> None:
    """Refuse NUL, lone surrogates and deep nesting anywhere, keys included."""
    if depth > MAX_DEPTH:
        raise _Refused("too_deep", f"The body is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            _check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)


def parse_json(raw: bytes) -> Any:
    """Parse JSON strictly; raise ParseError with a stable code for everything that is not plain JSON."""
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_pairs,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
        _check(value)
    except _Refused as error:
        raise ParseError(str(error), code=error.code) from None
    except RecursionError:
        raise ParseError("The body is nested too deeply.", code="too_deep") from None
    except (UnicodeDecodeError, ValueError):
        raise ParseError("The body is not valid JSON.", code="parse_error") from None
    return value


class StrictJsonParser(BaseParser):
    """`application/json` in UTF-8, one object, at most 1 MiB."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        charset = re.search(r"charset=\"?([\w-]+)", media_type or "")
        if charset and charset.group(1).lower() not in ("utf-8", "utf8"):
            raise UnsupportedMediaType(media_type or "")
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(f"The body is larger than {limit // 1024} KiB.")
        if not raw.strip():
            return {}
        value = parse_json(raw)
        if not isinstance(value, dict):
            raise ParseError("The body must be a JSON object.", code="not_an_object")
        return value


def _default(value: Any) -> Any:
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    return str(value)


class JsonRenderer(BaseRenderer):
    """JSON through orjson: UTC times end in Z, decimals are strings, UUIDs are text."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        options = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS
        return orjson.dumps(data, default=_default, option=options)


def utc_text(moment: dt.datetime | None) -> str | None:
    """ISO 8601 in UTC ending in Z, as every time in the API is written."""
    return None if moment is None else moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
