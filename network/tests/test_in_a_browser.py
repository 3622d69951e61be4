"""The network page in a real browser: the drawing, its search, its path, the keyboard, its address, a phone."""

import itertools
import os
import shutil

import pytest

from contacts.models import Contact
from network.models import Relationship
from network.ties import create_relationship

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = "--no-sandbox --disable-dev-shm-usage --disable-background-networking --no-first-run"
SOFTWARE_GL = "--use-gl=angle --use-angle=swiftshader --enable-unsafe-swiftshader"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.django_db(transaction=True),
]
POINTED = "() => document.querySelector('[data-network]').dataset.pointed"


@pytest.fixture(scope="module")
def playwright():
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the browser's driver runs a loop in this thread
    with sync_playwright() as driver:
        yield driver
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")


@pytest.fixture(scope="module")
def with_webgl(playwright):
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS.split(), *SOFTWARE_GL.split()])
    yield browser
    browser.close()


@pytest.fixture
def show(with_webgl, live_server, workspace, settings):
    contexts = []

    def _show(path, browser=with_webgl, **options):
        cookie = workspace.browser().cookies[settings.SESSION_COOKIE_NAME].value
        options.setdefault("viewport", {"width": 900, "height": 480})  # software draws small windows faster
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(path)
        return page

    yield _show
    for context in contexts:
        context.close()


@pytest.fixture
def chain(workspace):
    """Ann – Bob – Cat – Dan in a row, and Eve beside Ann."""
    with workspace.scope():
        names = ("Ann", "Bob", "Cat", "Dan", "Eve")
        people = {
            name: Contact.objects.create(
                first_name=name, email=f"{name.lower()}@people.test", company="Acme" if name < "C" else "Brisk"
            )
            for name in names
        }
        for one, other in (("Ann", "Bob"), ("Bob", "Cat"), ("Cat", "Dan"), ("Ann", "Eve")):
            create_relationship(from_contact_id=people[one].pk, to_contact_id=people[other].pk, strength=0.8)
    return people


def drawn(page, mark="drawn"):
    page.locator(f"[data-network][data-{mark}]").wait_for(state="attached")
    return page


def names(page):
    return page.locator("[data-person]").all_inner_texts()


def test_it_draws_searches_and_goes_through_the_hops(chain, show):
    page = drawn(show(f"/network?contact={chain['Ann'].pk}&depth=1"))
    assert sorted(names(page)) == ["Bob", "Eve"]
    page.get_by_role("link", name="3 hops").click()
    drawn(page)
    assert sorted(names(page)) == ["Bob", "Cat", "Dan", "Eve"]
    page.locator("[data-find]").fill("dan")
    page.locator("[data-find]").press("Enter")
    assert page.locator("[data-node-name]").inner_text() == "Dan"
    assert page.locator("[data-found]").inner_text() == "1 found"
    assert "find=dan" in page.url
    drawn(page, "settled")
    assert page.complaints == []


def test_a_path_is_found_drawn_listed_and_shared_by_its_address(chain, show):
    page = drawn(show(f"/network?contact={chain['Ann'].pk}&depth=1"))
    page.get_by_role("combobox", name="Path to").fill("Dan")
    page.get_by_role("option", name="Dan").click()
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**to=*")
    for shown in (drawn(page), drawn(show(page.url))):
        assert shown.locator(".path").first.locator("li").all_inner_texts() == ["Ann", "Bob", "Cat", "Dan"]
        assert "3 hops · strength 0.51" in shown.locator(".path-card").first.inner_text()
        shown.locator("[data-find]").fill("cat")  # Cat is two hops away, drawn only because the path leads there
        shown.locator("[data-find]").press("Enter")
        assert shown.locator("[data-node-name]").inner_text() == "Cat"


def test_the_keyboard_goes_through_the_table_and_points_people_out(chain, show):
    page = drawn(show(f"/network?contact={chain['Ann'].pk}&depth=1"))
    links = page.locator("[data-person]")
    first, second = [link.get_attribute("data-person") for link in links.all()]
    links.first.focus()
    assert page.evaluate(POINTED) == first
    page.keyboard.press("ArrowDown")
    assert page.evaluate(POINTED) == second
    assert page.locator("[data-node-name]").inner_text() == links.nth(1).inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/contacts/{second}")


# What the last picture wrote on its canvas of names: each text with its place and width.
WATCH_NAMES = """
window.written = [];
const pen = CanvasRenderingContext2D.prototype, { clearRect, fillText } = pen;
pen.clearRect = function (...at) {
  if (this.canvas.className.includes("sigma-labels")) window.written = [];
  return clearRect.apply(this, at);
};
pen.fillText = function (text, x, y) {
  if (this.canvas.className.includes("sigma-labels"))
    window.written.push({ text, x, y, wide: this.measureText(text).width });
  return fillText.call(this, text, x, y);
};
"""


def test_names_along_a_drawn_path_do_not_lie_on_each_other(workspace, show):
    with workspace.scope():
        people = [
            Contact.objects.create(first_name=name, last_name="Featherstonehaugh", email=f"{name}@people.test")
            for name in ("Annabella", "Bartholomew", "Clementine", "Dorothea", "Eleonora")
        ]
        for one, other in itertools.pairwise(people):
            create_relationship(from_contact_id=one.pk, to_contact_id=other.pk, strength=0.8)
    page = show("about:blank", viewport={"width": 390, "height": 480})
    page.add_init_script(WATCH_NAMES)
    page.goto(f"/network?contact={people[0].pk}&to={people[4].pk}&depth=2")
    drawn(page, "settled")
    stage = page.locator("[data-network]").bounding_box()
    page.mouse.move(stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2)
    for _ in range(6):  # far away, so that the five stand close together
        page.mouse.wheel(0, 400)
        page.wait_for_timeout(400)
    names_drawn = page.evaluate("() => window.written")
    assert sorted(one["text"] for one in names_drawn) == [f"{p.first_name} Featherstonehaugh" for p in people]
    for at, one in enumerate(names_drawn):
        for other in names_drawn[at + 1 :]:
            aside = one["x"] < other["x"] + other["wide"] and other["x"] < one["x"] + one["wide"]
            assert not (aside and abs(one["y"] - other["y"]) < 14), (one, other)  # a line is 14 px high


def test_a_phone_shows_the_drawing_above_the_list(chain, show):
    page = drawn(show(f"/network?contact={chain['Ann'].pk}", viewport={"width": 390, "height": 844}))
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    stage, table = page.locator("[data-network]").bounding_box(), page.locator("[data-person]").first.bounding_box()
    assert stage["width"] > 350
    assert stage["height"] > 250
    assert table["y"] >= stage["y"] + stage["height"]


def test_without_webgl_the_list_says_it_all(chain, show, playwright):
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, args=[*FLAGS.split(), "--disable-gpu", "--disable-3d-apis"]
    )
    try:
        page = show(f"/network?contact={chain['Ann'].pk}&to={chain['Dan'].pk}&depth=3", browser=browser)
        page.get_by_text("This browser cannot draw the network").wait_for()
        assert page.complaints == []
        assert sorted(names(page)) == ["Bob", "Cat", "Dan", "Eve"]
        assert page.locator(".path").first.locator("li").count() == 4
    finally:
        browser.close()


def test_three_thousand_people_are_laid_out_without_holding_the_page_up(workspace, show):
    with workspace.scope():
        people = Contact.objects.bulk_create(
            [Contact(first_name=f"P{n}", email=f"p{n}@people.test", company=f"C{n % 9}") for n in range(3000)]
        )
        Relationship.objects.bulk_create(
            Relationship(from_contact=people[n // 15], to_contact=people[n], strength="0.5") for n in range(1, 3000)
        )
        Relationship.objects.bulk_create(
            Relationship(from_contact=people[n], to_contact=people[n + 1500], strength="0.2") for n in range(200, 1400)
        )
    page = show("about:blank")
    page.add_init_script(
        "window.tasks = []; new PerformanceObserver((list) => tasks.push(...list.getEntries().map((one) =>"
        " [one.startTime, one.duration]))).observe({ type: 'longtask', buffered: true });"
    )
    page.goto(f"/network?contact={people[0].pk}&depth=3")
    drawn(page)
    drawn(page, "settled")
    share = page.evaluate(
        "() => { const from = +document.querySelector('[data-network]').dataset.drawn; const now = performance.now();"
        " return tasks.filter(([at]) => at > from).reduce((sum, [, ms]) => sum + ms, 0) / (now - from); }"
    )
    assert page.get_by_text("3,000 people").is_visible()
    assert share < 0.5, share
