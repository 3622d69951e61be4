"""Small charts drawn as SVG on the server: no script, no inline style, readable by screen readers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

Part = tuple[str, float]
"""One piece of a column: tone and amount."""


def _parts(value: object) -> list[Part]:
    if isinstance(value, list | tuple):
        return [(str(tone), float(amount or 0)) for tone, amount in value]
    return [("", float(str(value or 0)))]


def _short(amount: float) -> str:
    return f"{amount:,.0f}" if amount == int(amount) else f"{amount:,.2f}"


def _rects(parts: Sequence[Part], most: float) -> SafeString:
    shapes, reached = [], 0.0
    for tone, amount in parts:
        height = amount / most * 100
        reached += height
        shapes.append((tone, f"{100 - reached:.2f}", f"{height:.2f}"))
    return format_html_join("", '<rect class="{}" width="100%" y="{}%" height="{}%"></rect>', shapes)


@register.simple_tag
def columns(label: str, data: Iterable[tuple[object, object]], every: int = 1) -> SafeString:
    """A column chart of `(name, amount)` or, stacked, `(name, [(tone, amount), …])`; every n-th name is written.

    The greatest column fills the height. Each column tells name and amount on hover; the whole is one image
    whose label says every figure.
    """
    rows = [(str(name), _parts(value)) for name, value in data]
    totals = [sum(amount for _, amount in parts) for _, parts in rows]
    most = max([*totals, 1e-9])
    figures = ", ".join(f"{name}: {_short(total)}" for (name, _), total in zip(rows, totals, strict=True))
    drawn = format_html_join(
        "",
        '<div class="column"><svg><title>{}: {}</title>{}</svg><span><span>{}</span></span></div>',
        (
            (name, _short(total), _rects(parts, most), name if index % every == 0 else "")
            for index, ((name, parts), total) in enumerate(zip(rows, totals, strict=True))
        ),
    )
    return format_html('<div class="columns" role="img" aria-label="{}. {}">{}</div>', label, figures, drawn)


@register.simple_tag
def sparkline(label: str, values: Iterable[float | int | None]) -> SafeString:
    """A line of values from left to right; its label says the first, the last and the greatest."""
    points = [float(value or 0) for value in values]
    if not points:
        return SafeString("")
    most = max([*points, 1e-9])
    step = 100 / max(1, len(points) - 1)
    line = " ".join(f"{index * step:.2f},{30 - value / most * 28:.2f}" for index, value in enumerate(points))
    words = f"{label}: from {_short(points[0])} to {_short(points[-1])}, at most {_short(max(points))}"
    return format_html(
        '<svg class="sparkline" role="img" aria-label="{}" viewBox="0 0 100 32" preserveAspectRatio="none">'
        '<polyline points="{}"></polyline></svg>',
        words,
        line,
    )
