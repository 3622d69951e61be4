"""Marking in a text what a query found there, as escaped HTML with `<mark>` around each find."""

import difflib
import html
import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Any, Self

from django.utils.safestring import SafeString

from contacts.models import Contact

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_ALIKE = 0.65
_BETWEEN_DIGITS = r"[^\w]*"


def _fold(text: str) -> str:
    """Lower case without accents, one character for each, so that positions stay true."""
    if text.isascii():
        return text.lower()
    return "".join(unicodedata.normalize("NFKD", c)[0].lower()[:1] or c for c in text)


def _alike(word: str, other: str) -> bool:
    """Whether one may have been meant for the other; lengths and letters that forbid it spare the comparison."""
    if 2 * min(len(word), len(other)) < _ALIKE * (len(word) + len(other)):
        return False
    matcher = difflib.SequenceMatcher(None, word, other)
    return matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE


@dataclass(frozen=True, slots=True)
class Highlighter:
    """What to mark: beginnings of words, with `fuzzy` also words alike, or else digits of a number."""

    words: tuple[str, ...] = ()
    digits: str = ""
    fuzzy: bool = False

    @classmethod
    def of(cls, query: str, digits: str, *, fuzzy: bool = False) -> Self:
        """For a query; `digits` are those of a number it is (contacts.search.query_digits), else ""."""
        words = () if digits else tuple(_WORD.findall(_fold(re.sub("['’`´]", "", query))))
        return cls(words, digits, fuzzy)

    def mark(self, text: object) -> SafeString:
        """The text, escaped, with its finds marked."""
        return _marked(str(text), self._spans(str(text)))

    def fields(self, contact: Contact) -> dict[str, str]:
        """The fields of a contact with a find, marked."""
        texts: dict[str, Any] = {
            "name": f"{contact.first_name} {contact.last_name}".strip(),
            "email": contact.email,
            "company": contact.company,
            "title": contact.title,
            "tags": ", ".join(contact.tags),
            "phone_number": self.digits and contact.phone_number,
        }
        found = {field: (text, self._spans(text)) for field, text in texts.items() if text}
        return {field: str(_marked(text, spans)) for field, (text, spans) in found.items() if spans}

    def for_contact(self, contact: Contact) -> Self:
        """This one, or when it marks nothing of the contact, one that forgives a slip."""
        return self if self.digits or self.fields(contact) else replace(self, fuzzy=True)

    def _spans(self, text: str) -> list[tuple[int, int]]:
        if self.digits:
            run = re.search(_BETWEEN_DIGITS.join(self.digits), text)
            return [run.span()] if run else []
        spans = []
        for match in _WORD.finditer(_fold(text)):
            for word in self.words:
                if match[0].startswith(word):
                    spans.append((match.start(), match.start() + len(word)))
                elif self.fuzzy and _alike(word, match[0]):
                    spans.append(match.span())
        return spans


def _marked(text: str, spans: list[tuple[int, int]]) -> SafeString:
    out, position = [], 0
    for start, end in sorted(spans):
        if start < position:
            continue
        out += [html.escape(text[position:start]), "<mark>", html.escape(text[start:end]), "</mark>"]
        position = end
    return SafeString("".join([*out, html.escape(text[position:])]))
