"""Template filters and tags of the design system.

`templates/base.html` draws its shell from these context variables, which a context processor supplies:

- `nav`: list of sections `{"label": "", "place": "top" | "bottom", "items": [...]}`; an item is
  `{"label", "url", "icon", "count" (int or None), "current" (bool), "go" (letter pressed after G, or ""),
  "bar" (True to stand in the bottom bar of a phone)}`. Leave out what the person's role may not open.
- `favourites`: list of saved views `{"label", "url", "current"}`.
- `workspace`: `{"name", "user_name", "user_email", "role"}`; absent when nobody is signed in.
- `theme` and `density` are read from the cookies of the same names, so the first paint is already right.

Toasts are Django messages. A message takes an undo button by `extra_tags="undo=/leads/3/restore"`;
the button posts there.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

import phonenumbers
from django import template
from django.contrib.messages.storage.base import Message
from django.http import QueryDict
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from core.templatetags.ui_words import LABELS, TONES, TONES_BY_NOUN

register = template.Library()

HUES: Final = 12
DASH: Final = "—"
_UNDO: Final = "undo="
_MINUTE, _HOUR, _DAY, _WEEK = 60, 3600, 86400, 604800
_CURRENCY_SIGNS: Final = {"USD": "$", "EUR": "€", "GBP": "£"}


@register.filter
def initials(name: object) -> str:
    """Two letters for an avatar: first of the first and of the last word; "?" when there is no name."""
    words = [word for word in str(name or "").split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@register.filter
def hue(name: object) -> str:
    """The colour class `h0` … `h11` of a name; always the same for the same name, in every process."""
    return f"h{zlib.crc32(str(name or '').strip().lower().encode()) % HUES}"


@register.filter
def phone(number: object, home_country_code: int = 0) -> str:
    """An E.164 number as people write it; national writing when its country code is `home_country_code`."""
    return _written(str(number or ""), home_country_code)


@lru_cache(maxsize=8192)
def _written(text: str, home_country_code: int) -> str:
    try:
        parsed = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return text
    style = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    if home_country_code and parsed.country_code == home_country_code:
        style = phonenumbers.PhoneNumberFormat.NATIONAL
    written = str(phonenumbers.format_number(parsed, style))
    return written if style == phonenumbers.PhoneNumberFormat.NATIONAL else written.replace("-", " ")


def _day(local: datetime, this_year: int) -> str:
    return f"{local.day} {local:%b}" if local.year == this_year else f"{local.day} {local:%b %Y}"


def relative_words(moment: datetime, now: datetime) -> str:
    """Shortest honest wording of a moment: "2m", "5h", "3d", "in 20m", or the date beyond a week."""
    seconds = (now - moment).total_seconds()
    size = abs(seconds)
    if size < _MINUTE:
        return "now"
    if size >= _WEEK:
        return _day(timezone.localtime(moment), timezone.localtime(now).year)
    for unit, word in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m")):
        if size >= unit:
            return f"{int(size // unit)}{word}" if seconds > 0 else f"in {int(size // unit)}{word}"
    return "now"


def _time_element(moment: datetime, words: str, *, live: bool) -> SafeString:
    aware = moment if timezone.is_aware(moment) else timezone.make_aware(moment)
    local = timezone.localtime(aware)
    stamp = aware.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    marker = " data-ago" if live else ""
    title = f"{local:%A} {local.day} {local:%B %Y, %H:%M}"
    return SafeString(f'<time datetime="{stamp}" title="{title}"{marker}>{words}</time>')


@register.filter
def ago(moment: datetime | None) -> str:
    """A `<time>` with relative words, the local date in its title and UTC for programs; a dash when None."""
    if not isinstance(moment, datetime):
        return DASH
    aware = moment if timezone.is_aware(moment) else timezone.make_aware(moment)
    return _time_element(aware, relative_words(aware, timezone.now()), live=True)


@register.filter
def when(moment: datetime | None) -> str:
    """A `<time>` for plans and the timeline: "Today 09:12", "Tomorrow 11:00", "18 Nov 16:05"."""
    if not isinstance(moment, datetime):
        return DASH
    local = timezone.localtime(moment if timezone.is_aware(moment) else timezone.make_aware(moment))
    today = timezone.localdate()
    near: dict[date, str] = {
        today: "Today",
        today - timedelta(days=1): "Yesterday",
        today + timedelta(days=1): "Tomorrow",
    }
    day = near.get(local.date()) or _day(local, today.year)
    return _time_element(moment, f"{day} {local:%H:%M}", live=False)


@register.filter
def clock(seconds: object) -> str:
    """Whole seconds as `m:ss`, from an hour on as `h:mm:ss`; a dash when there is no figure."""
    try:
        whole = max(0, int(float(str(seconds))))
    except (TypeError, ValueError, OverflowError):
        return DASH
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _decimal(value: object) -> Decimal | None:
    try:
        figure = Decimal(str(value))
    except InvalidOperation:
        return None
    return figure if figure.is_finite() else None


@register.filter
def money(amount: object, currency: str = "USD") -> str:
    """An amount with sign, thousands and two decimals: `$1,284.16`, `−$3.00`; a dash when None."""
    figure = _decimal(amount)
    if figure is None:
        return DASH
    sign = _CURRENCY_SIGNS.get(currency, f"{currency} ")
    return f"{'−' if figure < 0 else ''}{sign}{abs(figure):,.2f}"


@register.filter
def percent(share: object, decimals: int = 0) -> str:
    """A share from 0 to 1 as per cent: `0.433|percent:1` is `43.3%`; a dash when None."""
    figure = _decimal(share)
    return DASH if figure is None else f"{figure * 100:.{decimals}f}%"


@register.filter
def share_of(part: object, whole: object) -> float:
    """`part` divided by `whole` as 0 … 1, and 0 when there is no whole: for bars and `percent`."""
    top, bottom = _decimal(part), _decimal(whole)
    return float(top / bottom) if top is not None and bottom else 0.0


@register.filter
def count(number: object) -> str:
    """A whole number with thousands separators: `12,480`; a dash when None."""
    figure = _decimal(number)
    return DASH if figure is None else f"{int(figure):,}"


@register.filter
def compact(number: object) -> str:
    """A figure short enough for a column head: `999`, `12.4k`, `318k`, `1.2M`; a dash when None."""
    figure = _decimal(number)
    if figure is None:
        return DASH
    sign, size = ("−" if figure < 0 else ""), abs(figure)
    for step, suffix in ((Decimal(10**9), "B"), (Decimal(10**6), "M"), (Decimal(10**3), "k")):
        if size >= step:
            short = size / step
            return f"{sign}{short:.0f}{suffix}" if short >= 100 else f"{sign}{short:.1f}".replace(".0", "") + suffix
    return f"{sign}{size:.0f}"


@register.filter
def tone(status: object, noun: str = "") -> str:
    """The chip tone of a status word; `noun` ("import", "task" …) tells equal words of two nouns apart."""
    word = str(status or "")
    return TONES_BY_NOUN.get((noun, word)) or TONES.get(word, "gray")


@register.filter
def label(word: object) -> str:
    """A stored word as people read it: `reached_out` is `Reached out`, `opt_out` is `Opted out`."""
    text = str(word or "")
    return LABELS.get(text) or (text[:1].upper() + text[1:]).replace("_", " ")


@register.filter
def undo_url(message: Message) -> str:
    """Where the undo button of a toast posts, from the message's `undo=<path>` extra tag; else empty."""
    for tag in (message.extra_tags or "").split():
        if tag.startswith(_UNDO + "/") and not tag.startswith(_UNDO + "//"):
            return tag.removeprefix(_UNDO)
    return ""


@register.simple_tag(takes_context=True)
def qs(context: Mapping[str, Any], **changes: object) -> str:
    """The page's query string with `changes`: None removes a key, a list repeats it; page and cursor reset."""
    request = context.get("request")
    query: QueryDict = request.GET.copy() if request is not None else QueryDict(mutable=True)
    for key in ("page", "cursor"):
        query.pop(key, None)
    for key, value in changes.items():
        if value is None or value == "":
            query.pop(key, None)
        elif isinstance(value, list | tuple):
            query.setlist(key, [str(one) for one in value])
        else:
            query[key] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """One icon of the sprite; decoration only, so a button without words needs its own label."""
    return _icon(name, css)


@lru_cache(maxsize=1024)
def _icon(name: str, css: str) -> SafeString:
    return format_html(
        '<svg class="i {}" aria-hidden="true"><use href="{}#{}"></use></svg>', css, static("icons.svg"), name
    )


@register.simple_tag
def chip(text: object, tone: str = "gray", *, dot: bool = False, icon_name: str = "") -> SafeString:
    """A small state label; colour always comes with a word."""
    mark = icon(icon_name) if icon_name else mark_safe('<span class="dot"></span>') if dot else ""
    return format_html('<span class="chip {}">{}{}</span>', tone, mark, text)


@register.simple_tag
def status(word: object, noun: str = "") -> SafeString:
    """The chip of a stored status word: dot, tone and readable label in one."""
    return _status(str(word), noun) if word else SafeString(DASH)


@lru_cache(maxsize=512)
def _status(word: str, noun: str) -> SafeString:
    return chip(label(word), tone(word, noun), dot=True)


@register.simple_tag
def avatar(name: object, size: str = "", *, square: bool = False) -> SafeString:
    """Initials on the name's own colour; hidden from screen readers because the name stands beside it."""
    return _avatar(str(name or ""), size, square)


@lru_cache(maxsize=8192)
def _avatar(name: str, size: str, square: bool) -> SafeString:
    letters = initials(name)[:1] if square else initials(name)
    shape = " sq" if square else ""
    return format_html('<span class="avatar {} {}{}" aria-hidden="true">{}</span>', hue(name), size, shape, letters)


@register.simple_tag
def meter(share: float, tone: str = "", *, wide: bool = False) -> SafeString:
    """A bar filled to a share of 0 … 1; hidden from screen readers because the figure stands beside it."""
    filled = max(0.0, min(1.0, float(share or 0))) * 100
    css = escape(f"meter {tone}{' wide' if wide else ''}")
    return SafeString(f'<svg class="{css}" aria-hidden="true"><rect width="{filled:.1f}%" height="100%"></rect></svg>')


@register.simple_tag
def pick(value: object, name: object, *, checked: bool = False) -> SafeString:
    """The first cell of a row that can be selected: a checkbox sent as `ids`."""
    mark = SafeString(" checked") if checked else ""
    return format_html(
        '<div class="cell pick-cell" role="cell"><input type="checkbox" class="pick" name="ids" value="{}"'
        ' aria-label="Select {}"{}></div>',
        value,
        name,
        mark,
    )


@register.simple_tag
def name_cell(name: object, url: str, *, square: bool = False, shown: object = None) -> SafeString:
    """The cell that says whose row it is: avatar, name (written as `shown`), and a link that covers the whole row."""
    return format_html(
        '<div class="cell name" role="cell">{}<a class="row-link cut" href="{}">{}</a></div>',
        avatar(name, square=square),
        url,
        name if shown is None else shown,
    )
