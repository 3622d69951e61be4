"""Keys, lists, dialogs, players and forms behave in a real browser, under the product's content security policy.

No server runs: the browser's requests are answered here, from rendered templates and the static files.
"""

from __future__ import annotations

import io
import json
import math
import mimetypes
import shutil
import struct
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from django_cotton.compiler_regex import CottonCompiler
from playwright.sync_api import Browser, Page, Route, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = "--no-sandbox --disable-gpu --disable-dev-shm-usage --disable-background-networking --no-first-run"
SITE = "http://127.0.0.1:9"
POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
Answer = Callable[[Route], None]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS.split(), "--autoplay-policy=no-user-gesture-required"]
        )
        yield chromium
        chromium.close()


def nav() -> list[dict[str, Any]]:
    item = {
        "label": "Call queue",
        "url": "/queue",
        "icon": "list-checks",
        "count": 3,
        "current": False,
        "go": "q",
        "bar": True,
    }
    return [{"label": "", "place": "top", "items": [item]}]


def drawn(template: str, body: str = "") -> str:
    request = RequestFactory().get("/ui")
    if body:
        source = "{% extends 'base.html' %}{% load ui %}{% block content %}" + body + "{% endblock %}"
        page = engines["django"].from_string(CottonCompiler().process(source))
        return str(page.render({"nav": nav(), "messages": []}, request))
    return render_to_string(template, {"nav": nav(), "messages": []}, request)


def static_file(route: Route) -> None:
    name = route.request.url.split("/static/", 1)[1].split("?")[0]
    path = finders.find(name)
    assert isinstance(path, str), f"no static file {name}"
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    route.fulfill(body=Path(path).read_bytes(), content_type=kind)


def until(page: Page, expression: str) -> None:
    """Wait for a truth of the page; Playwright's own waiting evaluates strings, which the policy forbids."""
    for _ in range(200):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never true: {expression}")


class Site:
    """One tab, what it asked for, and what it complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.asked: list[Any] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda line: self.complaints.append(line.text) if "Refused" in line.text else None)
        page.route("**/*", lambda route: route.fulfill(status=200, body="<h1>elsewhere</h1>", content_type="text/html"))
        page.route("**/static/**", static_file)

    def show(self, template: str = "", body: str = "") -> Page:
        html = drawn(template, body)
        headers = {"Content-Security-Policy": POLICY}
        self.page.route(
            f"{SITE}/here", lambda route: route.fulfill(body=html, content_type="text/html", headers=headers)
        )
        self.page.goto(f"{SITE}/here")
        until(self.page, "customElements.get('call-player') && document.readyState === 'complete'")
        return self.page

    def answer(
        self, path: str, body: str | bytes = "", *, status: int = 200, kind: str = "text/html", **headers: str
    ) -> None:
        def reply(route: Route) -> None:
            request = route.request
            self.asked.append((request.method, request.post_data, request.headers.get("x-csrftoken")))
            route.fulfill(status=status, body=body, content_type=kind, headers=headers)

        self.page.route(f"{SITE}{path}", reply)


@pytest.fixture
def site(browser: Browser) -> Iterator[Site]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = Site(context.new_page())
    yield opened
    context.close()
    assert opened.complaints == []


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("gallery.html", 1440, "light"),
        ("gallery.html", 1440, "dark"),
        ("gallery.html", 390, "light"),
        ("gallery/list.html", 390, "dark"),
        ("gallery/record.html", 1000, "light"),
        ("gallery/campaign.html", 390, "dark"),
    ],
)
def test_a_page_is_accessible_and_fits_its_width(browser: Browser, name: str, width: int, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    site = Site(context.new_page())
    page = site.show(name)
    found = Axe().run(page)
    assert [(each["id"], each["nodes"][0]["target"]) for each in found.response["violations"]] == []
    wide = page.evaluate(
        "[...document.querySelectorAll('html, .body')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.tagName)"
    )
    assert wide == []
    assert site.complaints == []
    context.close()


def test_a_list_is_worked_by_keys_alone(site: Site) -> None:
    page = site.show("gallery/list.html")
    page.keyboard.press("Escape")
    assert page.locator(".pick:checked").count() == 0
    assert not page.locator(".select-dock").is_visible()
    for key in "jjjkx":
        page.keyboard.press(key)
    assert page.locator(".pick").nth(1).is_checked()
    page.locator(".pick").nth(4).click(modifiers=["Shift"])
    assert page.locator(".pick:checked").count() == 4
    assert page.locator("[data-selected-count]").inner_text() == "4 selected"
    assert page.locator(".select-dock").is_visible()
    page.locator(".pick-all").click()
    assert page.locator(".pick:checked").count() == page.locator(".pick").count()


def test_g_and_a_letter_go_but_never_while_somebody_types(site: Site) -> None:
    page = site.show("gallery/record.html")
    page.keyboard.press("n")
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    page.keyboard.type("gq ? 1 x")
    assert page.url.endswith("/here")
    assert page.locator("dialog[open]").count() == 0
    page.evaluate("document.querySelector('form[data-guard]').removeAttribute('data-guard')")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url("**/queue")


def test_the_palette_finds_marks_and_opens(site: Site) -> None:
    site.answer("/search**", '<h3>People</h3><a role="option" href="/a">Amara</a><a role="option" href="/b">Ben</a>')
    page = site.show("gallery/list.html")
    page.keyboard.press("Control+k")
    page.locator("#palette [role=option]").nth(1).wait_for()
    page.keyboard.press("ArrowDown")
    assert page.locator("#palette [aria-selected=true]").inner_text() == "Ben"
    page.keyboard.press("Escape")
    assert page.locator("#palette[open]").count() == 0
    page.keyboard.press("Control+k")
    page.keyboard.type("ama")
    page.wait_for_timeout(300)
    page.keyboard.press("Enter")
    page.wait_for_url("**/a")


def test_dialogs_menus_and_the_key_help_open_and_close(site: Site) -> None:
    page = site.show("gallery.html")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.locator("#keys[open]").count() == 1
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Open a dialog").click()
    page.get_by_role("button", name="Keep calling").click()
    assert page.locator("dialog[open]").count() == 0
    button = page.locator("button[popovertarget=sample-menu]")
    button.click()
    menu, at = page.locator("#sample-menu").bounding_box(), button.bounding_box()
    assert menu is not None
    assert at is not None
    assert abs(menu["x"] - at["x"]) < 3
    assert page.evaluate("document.activeElement.textContent").startswith("Edit")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent").startswith("Merge")


def test_the_theme_is_kept_in_a_cookie(site: Site) -> None:
    page = site.show("gallery/list.html")
    button = page.locator("[data-theme-switch]")
    button.click()
    button.click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert button.inner_text() == "Theme: dark"
    assert "theme=dark" in page.evaluate("document.cookie")


INLINE = '<div class="pad"><c-props><c-prop label="Title" edit="/edit"><span>VP</span></c-prop></c-props></div>'
INPUT = '<form method="post" action="/edit"><input name="title" value="VP"></form>'


def test_a_value_is_edited_in_place_and_escape_takes_it_back(site: Site) -> None:
    page = site.show(body=INLINE)
    site.answer("/edit", INPUT)
    page.locator("dd span").first.click()
    page.locator("dd input").wait_for()
    page.keyboard.type("CFO")
    page.keyboard.press("Escape")
    assert page.locator("dd span").first.inner_text() == "VP"
    page.locator("dd span").first.click()
    page.locator("dd input").wait_for()
    site.answer("/edit", "<span>CFO</span>")
    page.keyboard.type("CFO")
    page.keyboard.press("Enter")
    page.get_by_text("CFO", exact=True).wait_for()
    method, body, token = site.asked[-1]
    assert method == "POST"
    assert 'name="title"\r\n\r\nCFO' in body
    assert len(token) > 30


def test_a_refused_inline_edit_keeps_the_old_value_and_says_why(site: Site) -> None:
    page = site.show(body=INLINE)
    site.answer("/edit", INPUT)
    page.locator("dd span").first.click()
    page.locator("dd input").wait_for()
    problem = json.dumps({"detail": "Someone edited this meanwhile."})
    site.answer("/edit", problem, status=412, kind="application/problem+json")
    page.keyboard.press("Enter")
    page.locator(".toast.error").wait_for()
    assert page.locator("dd span").first.inner_text() == "VP"
    assert "Someone edited this meanwhile." in page.locator(".toast.error").inner_text()


BOARD = """<div class="board"><section class="col" data-stage="pending" data-name="New" data-steps="qualified">
<header>New <span class="n">1</span></header>
<article class="card" draggable="true" data-move="/move"><a class="row-link" href="/lead">Priya</a></article>
<p class="none" hidden>None</p></section>
<section class="col" data-stage="qualified" data-name="Qualified" data-steps=""><header>Qualified <span class="n">0</span></header>
<p class="none">None</p></section></div>"""


def test_a_card_moves_by_keys_and_goes_back_when_refused(site: Site) -> None:
    page = site.show(body=BOARD)
    site.answer("/move", status=204)
    page.locator(".card a").focus()
    page.keyboard.press("m")
    page.keyboard.press("2")
    page.locator("[data-stage=qualified] .card").wait_for()
    assert site.asked[-1][:2] == ("POST", "state=qualified")
    site.answer("/move", '{"detail": "Not from here."}', status=409, kind="application/problem+json")
    page.locator(".card").drag_to(page.locator("[data-stage=pending]"))
    page.get_by_text("Not from here.").wait_for()
    assert page.locator("[data-stage=qualified] .card").count() == 1


def test_a_combobox_sends_the_chosen_value(site: Site) -> None:
    page = site.show(body='<form class="pad"><c-combobox name="owner" src="/people" label="Owner" /></form>')
    site.answer("/people**", '<div role="option" data-value="7">Maya</div><div role="option" data-value="8">Leo</div>')
    page.locator("combo-box input").first.click()
    page.locator("[role=option]").nth(1).wait_for()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    assert page.locator("combo-box input").first.input_value() == "Leo"
    assert page.evaluate("new FormData(document.querySelector('form:has(combo-box)')).get('owner')") == "8"


def recording(seconds: int = 20) -> bytes:
    store = io.BytesIO()
    with wave.open(store, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        loud = (12000 * math.sin(at / 8) * abs(math.sin(at / 9000)) for at in range(8000 * seconds))
        file.writeframes(b"".join(struct.pack("<h", int(sample)) for sample in loud))
    return store.getvalue()


def test_a_recording_is_drawn_sought_by_keys_and_by_its_transcript(site: Site) -> None:
    lines = '<ol class="transcript" data-player="p"><li class="say" data-at="4"><a href="/a.wav#t=4">0:04</a><p>Hello</p></li></ol>'
    page = site.show(body='<div class="pad"><c-player id="p" src="/a.wav" :seconds="20" />' + lines + "</div>")
    sound = recording()
    site.answer("/a.wav", sound, kind="audio/wav", **{"Accept-Ranges": "bytes", "Content-Length": str(len(sound))})
    now = "document.querySelector('#p audio').currentTime"
    page.locator(".say a").click()
    until(page, f"{now} > 4.05")
    assert page.locator(".say.now").count() == 1
    until(
        page,
        "(() => { const tall = [...document.querySelectorAll('#p rect')].map(bar => +bar.getAttribute('height'));"
        " return Math.max(...tall) - Math.min(...tall) > 10 })()",
    )
    page.get_by_role("button", name="Pause recording").click()
    page.locator("#p .wave").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(now) == pytest.approx(5, abs=0.1)
    assert page.locator("#p .time").inner_text() == "0:05 / 0:20"


def test_htmx_carries_the_token_and_raises_toasts(site: Site) -> None:
    page = site.show(
        body='<button class="btn" hx-post="/save">Save it</button><button class="btn" hx-post="/no">Refuse it</button>'
    )
    raised = json.dumps({"toast": {"level": "success", "text": "Saved.", "undo": "/undo/1"}})
    site.answer("/save", "Saved", **{"HX-Trigger": raised})
    page.get_by_text("Save it").click()
    page.locator(".toast.success").wait_for()
    assert len(site.asked[-1][2]) > 30
    assert page.locator(".toast form").get_attribute("action") == "/undo/1"
    site.answer("/no", '{"detail": "It is running already."}', status=409, kind="application/problem+json")
    page.get_by_text("Refuse it").click()
    page.get_by_text("It is running already.").wait_for()


UPLOAD = """<form method="post" action="/up" enctype="multipart/form-data"><div class="drop"><input type="file" name="file" aria-label="File">
<span data-file-name>none</span></div><progress data-upload hidden></progress><button class="btn">Send file</button></form>"""


def test_an_upload_names_its_file_and_keeps_the_message_of_the_next_page(site: Site) -> None:
    page = site.show(body=UPLOAD)
    site.answer("/up", '<ul id="toasts"><li class="toast success"><span>Import started.</span></li></ul>')
    page.locator("input[type=file]").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": b"a" * 5000}
    )
    assert page.locator("[data-file-name]").inner_text() == "people.csv · 5 KB"
    page.get_by_text("Send file").click()
    page.wait_for_url("**/up")
    assert json.loads(page.evaluate("sessionStorage.getItem('toasts')"))[0]["text"] == "Import started."


def test_a_form_is_sent_once_however_often_it_is_clicked(site: Site) -> None:
    page = site.show(body='<form method="post" action="/slow" target="other"><button class="btn">Start</button></form>')
    site.answer("/slow", "done")
    page.evaluate("() => { const b = document.querySelector('form[target] .btn'); b.click(); b.click(); b.click() }")
    page.wait_for_timeout(300)
    assert page.evaluate("document.querySelector('form[target]').dataset.sent") == "1"
    assert page.locator("form[target] .btn").get_attribute("aria-busy") == "true"


def test_the_sidebar_is_a_drawer_on_a_phone_without_any_script(browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    page.route("**/static/**", static_file)
    html = drawn("gallery/list.html")
    page.route(f"{SITE}/here", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(f"{SITE}/here")
    assert not page.locator("#side").is_visible()
    page.get_by_role("button", name="Menu").click()
    page.locator("#side").wait_for(state="visible")
    page.keyboard.press("Escape")
    page.locator(".pick").first.check()
    context.close()


def test_a_panel_that_fails_to_load_offers_to_try_again(site: Site) -> None:
    site.answer("/panel", "", status=500)
    page = site.show(body='<div class="pad" hx-get="/panel" hx-trigger="load" data-retry>Loading</div>')
    page.get_by_text("This did not load").wait_for()
    site.answer("/panel", "<p>Here it is</p>")
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("Here it is").wait_for()
