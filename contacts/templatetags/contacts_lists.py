"""Pieces of list and record pages: sortable heads, cells by column, and panels that apps above may offer."""

from typing import Any

from django import template
from django.template.base import Parser
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from contacts.listing import Column
from contacts.models import Contact
from core.templatetags import ui

register = template.Library()
DASH = mark_safe('<span class="muted">—</span>')


@register.filter
def shown(value: Any) -> str:
    """A custom field's value as people read it."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return "" if value is None else str(value)


@register.filter
def lower_first(text: str) -> str:
    """A sentence that goes on after a name."""
    return text[:1].lower() + text[1:]


@register.simple_tag(takes_context=True)
def sort_link(context: dict[str, Any], name: str) -> str:
    """The address of the list ordered by a column; a second click turns the order round."""
    query = context["request"].GET.copy()
    query["ordering"] = f"-{name}" if query.get("ordering") == name else name
    query.pop("cursor", None)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def sort_dir(context: dict[str, Any], name: str) -> str:
    """How the list is ordered by a column: ascending, descending or not."""
    return {name: "ascending", f"-{name}": "descending"}.get(context["request"].GET.get("ordering", ""), "")


@register.simple_tag(takes_context=True)
def keep_query(context: dict[str, Any], but: str) -> SafeString:
    """Hidden inputs that carry the list's query along, without the named members (or only them: `only:a,b`)."""
    names = set(but.removeprefix("only:").split(","))
    only = but.startswith("only:")
    parts = []
    for name, values in context["request"].GET.lists():
        if name in ("cursor", "view") or (name in names) != only:
            continue
        parts += [format_html('<input type="hidden" name="{}" value="{}">', name, value) for value in values]
    return mark_safe("".join(parts))  # noqa: S308 - each part was escaped


def _marked(contact: Contact, text: object) -> object:
    """The text, with what the list's search found in it marked."""
    return contact.marks.mark(text) if contact.marks and text else text


def _tags(contact: Contact) -> SafeString:
    more = format_html(' <span class="muted">+{}</span>', len(contact.tags) - 2) if len(contact.tags) > 2 else ""
    return mark_safe("".join(ui.chip(_marked(contact, tag)) for tag in contact.tags[:2]) + more)  # noqa: S308 - each was escaped


def _content(contact: Contact, key: str) -> Any:
    match key:
        case "phone_number":
            return _marked(contact, ui.phone(contact.phone_number)) if contact.phone_number else ""
        case "status":
            return ui.status(contact.status)
        case "tags":
            return _tags(contact)
        case "owner":
            return str(contact.owner or "")
        case "created_at" | "updated_at":
            return ui.ago(getattr(contact, key))
    if key.startswith("custom:"):
        return shown(contact.custom_fields.get(key.removeprefix("custom:")))
    return _marked(contact, getattr(contact, key, "") or "")


@register.simple_tag
def contact_name_cell(contact: Contact) -> SafeString:
    """The first cell of a contact's row."""
    return ui.name_cell(contact.name, contact.get_absolute_url(), shown=_marked(contact, contact.name))


@register.simple_tag
def contact_cell(contact: Contact, column: Column) -> SafeString:
    """One cell of the contact list."""
    content = conditional_escape(_content(contact, column.key)) or DASH
    numeric = " num" if column.key in ("phone_number", "referral_code", "created_at", "updated_at") else ""
    classes = f"cell {column.width}{' hide-sm' if column.hide_small else ''}{numeric}"
    inner = content if column.key in ("status", "tags") else format_html('<span class="cut">{}</span>', content)
    return format_html('<div class="{}" role="cell">{}</div>', classes, inner)


class _Panel(template.Node):
    """Renders another app's tag; its template is compiled once."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.compiled: Any = None

    def render(self, context: Any) -> str:
        if not self.source:
            return ""
        if self.compiled is None:
            self.compiled = context.template.engine.from_string(self.source)
        return str(self.compiled.render(context))


@register.tag
def panel(parser: Parser, token: Any) -> template.Node:
    """`{% panel "notes_panels" "notes_panel" contact=contact %}`: a panel of an app above, nothing without it."""
    _, library, tag, *arguments = token.split_contents()
    library, tag = library.strip("'\""), tag.strip("'\"")
    known = tag in getattr(parser.libraries.get(library), "tags", {})
    return _Panel(f"{{% load {library} %}}{{% {tag} {' '.join(arguments)} %}}" if known else "")
