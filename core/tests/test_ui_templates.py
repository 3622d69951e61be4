"""Components and shell pages render whole, and within the content security policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.template.loader import render_to_string
from django.test import RequestFactory

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    "gallery.html",
    "gallery/list.html",
    "gallery/record.html",
    "gallery/campaign.html",
    *(f"errors/{status}.html" for status in (400, 403, 404, 412, 500, 503, "plain")),
]


def rendered(name: str, **context: object) -> str:
    request = RequestFactory().get("/ui")
    request.user = AnonymousUser()
    request.COOKIES.update(context.pop("cookies", {}))  # type: ignore[arg-type]
    return render_to_string(name, {"messages": [], **context}, request)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_renders_whole_and_without_inline_script_or_style(name: str) -> None:
    page = rendered(name)
    assert "<c-" not in page, "a component stayed raw"
    assert "{{" not in page
    assert "{%" not in page
    assert not re.search(r"\sstyle=|<style|\son\w+=\"|javascript:", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert page.count("<h1") == 1


@pytest.mark.parametrize("name", PAGES)
def test_no_id_stands_twice_on_a_page(name: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', rendered(name))
    assert sorted(ids) == sorted(set(ids))


def test_every_component_is_shown_in_the_gallery() -> None:
    shown = "".join(page.read_text() for page in (ROOT / "templates").rglob("*.html"))
    components = {page.stem.replace("_", "-") for page in (ROOT / "templates/cotton").glob("*.html")}
    assert {name for name in components if not re.search(rf"<c-{name}[\s>/]", shown)} == set()


def test_the_theme_of_the_cookie_is_painted_by_the_server() -> None:
    assert 'data-theme="dark"' in rendered("errors/404.html", cookies={"theme": "dark"})
    assert "data-theme" not in rendered("errors/404.html", cookies={"theme": '"><script>'})


def test_a_message_becomes_a_toast_with_its_undo() -> None:
    page = rendered(
        "gallery/list.html",
        messages=[Message(constants.SUCCESS, "<b>Lead</b> archived.", extra_tags="undo=/leads/3/restore")],
    )
    assert 'class="toast success"' in page
    assert 'action="/leads/3/restore"' in page
    assert "&lt;b&gt;Lead&lt;/b&gt; archived." in page


def test_navigation_marks_the_present_page_and_counts() -> None:
    item = {
        "label": "Leads",
        "url": "/leads",
        "icon": "user-round",
        "count": 12480,
        "current": True,
        "go": "l",
        "bar": True,
    }
    page = rendered("gallery/list.html", nav=[{"label": "Records", "place": "top", "items": [item]}])
    assert '<a href="/leads" aria-current="page" data-go="l">' in page
    assert '<span class="n">12,480</span>' in page
    assert page.count('href="/leads"') == 2, "sidebar and the bottom bar of a phone"


def test_names_in_component_attributes_are_escaped() -> None:
    from django.template import Context, engines

    source = (
        '<c-button icon="phone" label="Call {{ name }}" /><c-cell w="name" :avatar="name" href="/x">{{ name }}</c-cell>'
    )
    from django_cotton.compiler_regex import CottonCompiler

    template = engines["django"].from_string(CottonCompiler().process(source)).template
    shown = template.render(Context({"name": '"><script>alert(1)</script>'}))
    assert "<script>" not in shown
    assert 'aria-label="Call &quot;&gt;&lt;script&gt;' in shown


def test_style_sheets_name_only_tokens_that_exist() -> None:
    sheets = "".join(sheet.read_text() for sheet in (ROOT / "static/css").glob("*.css"))
    defined = set(re.findall(r"(--[\w-]+)\s*:", sheets))
    assert {name for name in re.findall(r"var\((--[\w-]+)", sheets) if name not in defined} == set()


def test_every_module_imports_only_modules_that_exist() -> None:
    folder = ROOT / "static/js"
    for module in folder.glob("*.js"):
        text = module.read_text()
        assert len(text.splitlines()) <= 150, module.name
        for name in re.findall(r'from "\./([\w-]+\.js)"|import "\./([\w-]+\.js)"', text):
            assert (folder / "".join(name)).exists(), f"{module.name} imports {name}"


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_an_error_page_needs_no_database(status: int) -> None:
    from core.edge import error_view

    answer = error_view(status, "code", "Words")(RequestFactory().get("/leads/1"))
    assert answer.status_code == status
    assert "<h1>" in answer.content.decode()


def test_a_refusal_says_its_own_reason() -> None:
    from core.edge import error_page

    page = error_page(RequestFactory().get("/leads"), "plain", 409, "A <running> campaign cannot be deleted.")
    assert page.status_code == 409
    assert "A &lt;running&gt; campaign cannot be deleted." in page.content.decode()
