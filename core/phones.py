"""Telephone numbers: any usual writing in, E.164 out, and what may be dialled at all.

Pure functions over `phonenumbers`. The whole package is used, not the "lite" one, because calling hours
need the time zones of a number and only the whole package carries them.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberType
from phonenumbers import timezone as number_zones

MIN_SEARCH_DIGITS: Final = 4
"""Fewer digits than this match half of all numbers, so a part search starts here."""

_MAX_INPUT = 64
_NANP_CODE = 1
_NANP_REGIONS: Final = frozenset(phonenumbers.region_codes_for_country_code(_NANP_CODE))
_NANP_WRITING: Final = re.compile(r"\+?[\d\s().\-]+")
_NANP_DIGITS: Final = re.compile(r"1?([2-9]\d{9})")
_WRITING: Final = re.compile(r"\+?[\d\s()./\-~]+")
_NOT_DIGITS: Final = re.compile(r"\D")
_KINDS: Final = (
    *("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "voip", "personal_number", "pager"),
    *("uan", "voicemail"),
)
_FICTIONAL: Final = re.compile(r"\+1[2-9]\d\d55501\d\d")
_EXTENSION: Final = re.compile(r"(?:;?ext|extn|extension|durchwahl|poste|[x#,;])\W*\d*", re.IGNORECASE)
_SCIENTIFIC: Final = re.compile(r"[-+]?\d+(?:[.,]\d+)?e[-+]?\d+", re.IGNORECASE)
_TRUNK_IN_BRACKETS: Final = re.compile(r"\(0\)")

_TYPE_NAMES: Final[dict[int, str]] = {
    PhoneNumberType.FIXED_LINE: "fixed_line",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_line_or_mobile",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium_rate",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.UAN: "company",
    PhoneNumberType.VOICEMAIL: "voicemail",
}
_NOT_DIALABLE: Final[dict[str, str]] = {
    "premium_rate": "Premium-rate numbers are never called.",
    "shared_cost": "Shared-cost service numbers are never called.",
    "pager": "A pager cannot be called.",
    "voicemail": "A voicemail access number cannot be called.",
}


class InvalidPhone(ValueError):
    """A number that cannot be used; `code` is stable for programs, `reason` is a sentence for people."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """One valid number; `region` is its ISO country ("001" for numbers of no country)."""

    e164: str
    region: str
    number_type: str

    @property
    def zones(self) -> tuple[str, ...]:
        """The time zones the number may ring in; looked up only when asked, imports never need it."""
        return time_zones(self.e164)


def parse_phone(raw: object, *, region: str) -> PhoneNumber:
    """Read one number in any usual writing; `region` is the country assumed when none is written.

    Numbers given as int or float (a spreadsheet's cell) are taken for their whole digits; the *text*
    "1.55512E+10" has lost digits for good and is refused. Fictional US numbers (NPA-555-01XX) are valid in
    every area code, also in unassigned ones: demos and tests dial them.
    Raises `InvalidPhone` with code `invalid_phone`. Premium numbers are valid here; see `check_dialable`.
    """
    text = _clean(raw)
    parsed = _parse_nanp(text, region) or _parse_any(text, region)
    e164 = f"+{parsed.country_code}{phonenumbers.national_significant_number(parsed)}"
    kind = phonenumbers.number_type(parsed)
    if kind == PhoneNumberType.UNKNOWN:
        if _FICTIONAL.fullmatch(e164):
            return PhoneNumber(e164=e164, region="US", number_type="fixed_line_or_mobile")
        raise InvalidPhone("invalid_phone", _why_invalid(parsed))
    return PhoneNumber(
        e164=e164,
        region=phonenumbers.region_code_for_number(parsed) or "001",
        number_type=_TYPE_NAMES[kind],
    )


def parse_e164(raw: object, *, region: str) -> str:
    """The number as it is stored, as `parse_phone` reads it, at a third of the cost for the usual US number.

    Raises `InvalidPhone`.
    """
    text = _clean(raw)
    national = _nanp_digits(text, region)
    if national and _us_numbers().fullmatch(national):
        return f"+{_NANP_CODE}{national}"
    return parse_phone(text, region=region).e164


def check_dialable(number: PhoneNumber) -> None:
    """Refuse numbers that cost the caller extra or reach no person.

    Short and emergency numbers never get this far: `parse_phone` does not take them for numbers.
    Raises `InvalidPhone` with code `phone_type_not_allowed`.
    """
    reason = _NOT_DIALABLE.get(number.number_type)
    if reason:
        raise InvalidPhone("phone_type_not_allowed", reason)


def digits(e164: str) -> str:
    """The bare digits of a stored number, the form part searches run on."""
    return e164.lstrip("+")


def search_digits(query: str, *, region: str = "US") -> str:
    """The digits of a typed number or part of one, as they occur inside a stored number's digits.

    International prefixes ("+", "00", and "011" from North America) and a national trunk zero are taken
    off, because a stored number has neither. Text with letters is not a number: the answer is "".
    """
    text = _to_ascii(query).strip().lower().removeprefix("tel:")
    if re.search(r"[a-z@]", text):
        return ""
    plus = text.lstrip(" (").startswith("+")
    found = re.sub(r"\D", "", _TRUNK_IN_BRACKETS.sub("", text))
    if plus:
        return found
    if found.startswith("011") and region in _NANP_REGIONS and len(found) > MIN_SEARCH_DIGITS:
        return found[3:]
    return found[2:] if found.startswith("00") else found.removeprefix("0")


@lru_cache(maxsize=65_536)
def time_zones(e164: str) -> tuple[str, ...]:
    """Every zone the number may be in, e.g. all of Australia's for an Australian mobile; unknown: ()."""
    parsed = _parse_nanp(e164, "") or _try_parse(e164, None)
    if parsed is None:
        return ()
    zones: tuple[str, ...] = tuple(number_zones.time_zones_for_number(parsed))
    return () if number_zones.UNKNOWN_TIMEZONE in zones else zones


def _clean(raw: object) -> str:
    """Reduce a cell or field to the plain characters of a number, or refuse it with the reason."""
    text = _from_number(raw) if isinstance(raw, int | float) else raw
    if not isinstance(text, str):
        raise InvalidPhone("invalid_phone", "A phone number is text.")
    text = _to_ascii(text).strip().lstrip("'").strip()
    if text[:4].lower() == "tel:":
        text = text[4:].strip()
    if not text:
        raise InvalidPhone("invalid_phone", "The phone number is empty.")
    if len(text) > _MAX_INPUT:
        raise InvalidPhone("invalid_phone", "The phone number is too long.")
    if _SCIENTIFIC.fullmatch(text):
        raise InvalidPhone(
            "invalid_phone", "A spreadsheet has shortened this number (like 1.5E+10): its digits are lost."
        )
    if not _WRITING.fullmatch(text):
        raise InvalidPhone("invalid_phone", _why_unreadable(text))
    return text


def _from_number(raw: float) -> str:
    if isinstance(raw, bool) or not math.isfinite(raw) or raw != int(raw) or raw <= 0:
        raise InvalidPhone("invalid_phone", "This is not a phone number.")
    return str(int(raw))


def _to_ascii(text: str) -> str:
    """Digits of every script as 0-9, full-width signs as plain ones, invisible marks gone."""
    if text.isascii():
        return text
    out = []
    for char in unicodedata.normalize("NFKC", text):
        category = unicodedata.category(char)
        if category == "Nd":
            out.append(str(unicodedata.decimal(char)))
        elif category == "Pd" or char == "\u2212":  # dashes of every width, and the minus sign
            out.append("-")
        elif category != "Cf":  # marks of writing direction come along when numbers are pasted
            out.append(" " if category == "Zs" else char)
    return "".join(out)


def _nanp_digits(text: str, region: str) -> str:
    """The ten digits of a North American writing; "" for any other."""
    plus = text.startswith("+")
    if (not plus and region not in _NANP_REGIONS) or not _NANP_WRITING.fullmatch(text):
        return ""
    found = _NOT_DIGITS.sub("", text)
    match = _NANP_DIGITS.fullmatch(found)
    return "" if match is None or (plus and len(found) != 11) else match[1]


@cache
def _us_numbers() -> re.Pattern[str]:
    """Every valid number of the United States: what the general check tries kind by kind, in one pattern."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region("US")
    kinds = [getattr(metadata, name) for name in _KINDS]
    return re.compile("|".join(f"(?:{kind.national_number_pattern})" for kind in kinds if kind is not None))


def _parse_nanp(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    """North American writings straight from the digits: exact, and a tenth of the general parser's cost."""
    national = _nanp_digits(text, region)
    return phonenumbers.PhoneNumber(country_code=_NANP_CODE, national_number=int(national)) if national else None


def _parse_any(text: str, region: str) -> phonenumbers.PhoneNumber:
    """The general parser; a leading "00" that means nothing in the region is read as "+"."""
    home = region if region in phonenumbers.SUPPORTED_REGIONS else None
    parsed = _try_parse(text, home)
    if (parsed is None or not phonenumbers.is_valid_number(parsed)) and text.startswith("00"):
        abroad = _try_parse("+" + text[2:], None)
        if abroad is not None:
            parsed = abroad
    if parsed is None:
        hint = "" if home else " Write it with + and the country code."
        too_long = sum(char.isdigit() for char in text) > 17  # E.164 ends at 15, an exit code adds 2
        what = "The phone number is too long." if too_long else "This is not a phone number."
        raise InvalidPhone("invalid_phone", what + hint)
    if parsed.extension:
        raise InvalidPhone("invalid_phone", "A number with an extension cannot be dialled.")
    return parsed


def _try_parse(text: str, home: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, home)
    except phonenumbers.NumberParseException:
        return None


def _why_unreadable(text: str) -> str:
    tail = re.sub(r"^\+?[\d\s()./\-~]+", "", text)
    if re.search(r"\d{5}", re.sub(r"\W", "", text)) and _EXTENSION.fullmatch(tail):
        return "A number with an extension cannot be dialled."
    if re.search(r"[^\W\d_]", text):
        return "A phone number is written in digits, not letters."
    return "The phone number holds signs that do not belong there."


def _why_invalid(parsed: phonenumbers.PhoneNumber) -> str:
    match phonenumbers.is_possible_number_with_reason(parsed):
        case phonenumbers.ValidationResult.TOO_SHORT | phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            return "The phone number is too short."
        case phonenumbers.ValidationResult.TOO_LONG:
            return "The phone number is too long."
        case phonenumbers.ValidationResult.INVALID_COUNTRY_CODE:
            return "The country code does not exist."
        case _:
            return "No such phone number can exist in its country."
