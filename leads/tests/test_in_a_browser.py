"""The hosted form, the pipeline and Today, driven in a real browser."""

import datetime as dt
import os
import shutil

import pytest
from django.utils import timezone

from leads import public_pages
from leads.models import Lead, Submission, Task
from leads.services import change_state, create_lead
from leads.todo import create_task

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-dev-shm-usage --disable-background-networking --no-first-run"
    " --disable-features=LocalNetworkAccessChecks"  # the test server is on this machine, the made-up site is not
)
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the browser's driver runs a loop in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield browser
        browser.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")


@pytest.fixture
def visit(chromium, live_server):
    contexts = []

    def _visit(path, **options):
        context = chromium.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(path)
        return page

    yield _visit
    for context in contexts:
        context.close()


@pytest.fixture
def signed_in(visit, workspace, settings):
    def _signed_in(path, role="agent"):
        cookie = workspace.browser(role).cookies[settings.SESSION_COOKIE_NAME].value
        page = visit("/login")
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": page.url}])
        page.goto(path)
        return page

    return _signed_in


def until(page, truth):
    """Wait for a truth of the server's side."""
    for _ in range(200):
        if found := truth():
            return found
        page.wait_for_timeout(50)
    return pytest.fail("it never became true")


@pytest.fixture
def quick_hands(monkeypatch, tmp_path, settings):
    monkeypatch.setattr(public_pages, "SHORTEST_SECONDS", 0)
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }


def _fill(page, **changes):
    values = {"first_name": "Ada", "last_name": "King", "email": "ada@x.test", "phone_number": "(415) 555-0134"}
    for name, value in (values | changes).items():
        page.fill(f"[name={name}]", value)
    page.set_input_files("[name=resume]", {"name": "cv.pdf", "mimeType": "application/pdf", "buffer": PDF})
    page.check("[name=consent]")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_visitor_sends_the_form_with_and_without_javascript(workspace, visit, quick_hands, scripts):
    page = visit(f"/forms/{workspace.form_key}", java_script_enabled=scripts)
    _fill(page, phone_number="call me")
    page.click("button[type=submit]")
    page.wait_for_selector("[aria-invalid=true][name=phone_number]")
    assert page.input_value("[name=first_name]") == "Ada"
    _fill(page)
    page.click("button[type=submit]")
    page.wait_for_url("**/sent")
    assert page.is_visible("text=Thank you")
    with workspace.scope():
        lead = Lead.objects.get()
        assert (lead.name, lead.phone_number, lead.has_resume) == ("Ada King", "+14155550134", True)
        assert Submission.objects.get().consent is True


def test_the_form_is_sent_from_a_frame_on_another_site(workspace, visit, live_server, quick_hands):
    page = visit("about:blank")
    site = f'<iframe src="{live_server.url}/forms/{workspace.form_key}?embed=1" width=600 height=700></iframe>'
    page.route("http://shop.example/", lambda route: route.fulfill(body=site, content_type="text/html"))
    page.goto("http://shop.example/")
    frame = page.frame_locator("iframe")
    for name, value in {"first_name": "Ada", "last_name": "King", "email": "ada@x.test"}.items():
        frame.locator(f"[name={name}]").fill(value)
    frame.locator("button[type=submit]").click()
    frame.locator("text=Thank you").wait_for()
    with workspace.scope():
        assert Lead.objects.count() == 1


@pytest.fixture
def leads(workspace):
    with workspace.scope():
        return [
            create_lead(actor=workspace.agent, first_name=name, email=f"{name.lower()}@x.test", company="Acme")
            for name in ("Ada", "Bo", "Cy")
        ]


def _column(page, state):
    cards = page.locator(f".col[data-stage={state}] .card > a").all_inner_texts()
    return cards, page.locator(f".col[data-stage={state}] header .n").inner_text()


def _state(workspace, lead):
    with workspace.scope():
        return Lead.objects.get(pk=lead.pk).state


def test_cards_are_moved_by_keys_and_by_hand(workspace, signed_in, leads):
    ada, bo, _ = leads
    page = signed_in("/leads/board")
    assert _column(page, "pending") == (["Cy", "Bo", "Ada"], "3")
    page.focus(".card[aria-label=Cy]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("m")
    page.wait_for_selector("text=Move to: 2 Reached out · 3 Qualified · 5 Lost")
    page.keyboard.press("3")
    until(page, lambda: _state(workspace, bo) == "qualified")
    assert _column(page, "pending") == (["Cy", "Ada"], "2")
    assert _column(page, "qualified") == (["Bo"], "1")
    page.drag_and_drop(".card[aria-label=Ada]", ".col[data-stage=lost]")
    until(page, lambda: _state(workspace, ada) == "lost")
    assert _column(page, "lost") == (["Ada"], "1")


def test_all_that_match_are_trashed_and_brought_back_by_the_toast(workspace, signed_in, leads):
    with workspace.scope():
        contact = leads[0].contact
        Lead.objects.bulk_create(Lead(contact=contact, first_name=f"Dee {n}", email="d@x.test") for n in range(60))
    page = signed_in("/leads")
    page.locator(".pick").first.check()
    page.check("[name=scope]")
    page.wait_for_selector("text=All selected")
    page.keyboard.press("Escape")
    page.locator(".pick").first.check()
    page.wait_for_selector("text=1 selected")
    assert not page.is_checked("[name=scope]")
    page.check("[name=scope]")
    page.click("button[value=delete]")
    page.wait_for_selector("text=63 leads moved to the trash.")
    with workspace.scope():
        assert Lead.objects.active().count() == 0
    page.click(".toast button:has-text('Undo')")
    page.wait_for_selector("text=63 leads set back.")
    with workspace.scope():
        assert Lead.objects.active().count() == 63


def test_a_long_column_goes_on_when_its_end_is_reached(workspace, signed_in, leads):
    with workspace.scope():
        contact = leads[0].contact
        Lead.objects.bulk_create(Lead(contact=contact, first_name=f"Dee {n}", email="d@x.test") for n in range(80))
    page = signed_in("/leads/board")
    cards = page.locator(".col[data-stage=pending] .card")
    first = cards.count()
    assert first < 83
    cards.last.scroll_into_view_if_needed()
    page.mouse.move(300, 300)
    page.mouse.wheel(0, 400)
    until(page, lambda: cards.count() > first)
    second = cards.count()
    cards.last.focus()
    page.keyboard.press("ArrowDown")
    until(page, lambda: cards.count() > second)


def test_a_long_list_goes_on_when_its_end_is_reached(workspace, signed_in, leads):
    with workspace.scope():
        contact = leads[0].contact
        Lead.objects.bulk_create(Lead(contact=contact, first_name=f"Dee {n}", email="d@x.test") for n in range(80))
    page = signed_in("/leads")
    rows = page.locator(".row[data-id]")
    first = rows.count()
    assert first < 83
    page.mouse.move(500, 400)
    page.mouse.wheel(0, 6000)
    until(page, lambda: rows.count() == 83)


def _within(page, selector):
    """Whether the right edge of the last such element stands on the screen."""
    box = page.locator(selector).last.bounding_box()
    return box["x"] + box["width"] <= page.viewport_size["width"]


def test_on_a_phone_the_board_switch_and_the_whole_dock_are_on_the_screen(workspace, signed_in, leads):
    page = signed_in("/leads/board")
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    assert _within(page, ".tools .segmented a")
    page.goto("/leads/board?source=x&owner=" + str(workspace.agent.pk))  # filters push it, and it stays
    assert _within(page, ".tools .segmented a")
    for path in ("/leads", "/contacts"):
        page.goto(path)
        page.locator(".pick").nth(1).check()
        wide, shown = page.locator(".select-dock > .dock").evaluate("dock => [dock.scrollWidth, dock.clientWidth]")
        assert wide <= shown <= 390
        assert _within(page, ".select-dock button[value=delete]")


def test_the_dialogs_of_a_toolbar_keep_the_size_of_their_boxes(workspace, signed_in, leads):
    page = signed_in("/leads")
    page.click("[commandfor=columns]")
    boxes = page.locator("#columns input[type=checkbox]")
    assert boxes.count() > 5
    for box in boxes.all():
        assert box.bounding_box()["width"] >= 15


def test_a_refused_move_puts_the_card_back(workspace, signed_in, leads):
    page = signed_in("/leads/board")
    with workspace.scope():
        for state in ("qualified", "converted"):
            change_state(actor=workspace.agent, lead=Lead.objects.get(pk=leads[0].pk), state=state)
    page.focus(".card[aria-label=Ada]")
    page.keyboard.press("m")
    page.keyboard.press("5")
    page.wait_for_selector(".toast.error")
    assert _column(page, "pending") == (["Cy", "Bo", "Ada"], "3")
    assert _column(page, "lost") == ([], "0")


def test_the_board_works_without_javascript(workspace, signed_in, leads, visit, settings):
    cookies = signed_in("/today").context.cookies()
    page = visit("/login", java_script_enabled=False)
    page.context.add_cookies(cookies)
    page.goto("/leads/board")
    card = page.locator(".card[aria-label=Bo]")
    assert card.locator("option").all_inner_texts() == ["Reached out", "Qualified", "Lost"]
    card.locator("select").select_option("lost")
    card.locator("button").click()
    page.wait_for_load_state()
    assert _column(page, "lost") == (["Bo"], "1")


def test_today_names_the_next_thing_and_lets_it_be_done_or_put_off(workspace, signed_in, leads):
    now = timezone.now()
    with workspace.scope():
        lead = Lead.objects.get(pk=leads[0].pk)
        call = create_task(
            actor=workspace.agent, lead=lead, kind="callback", title="Ring Ada", due_at=now - dt.timedelta(hours=1)
        )
        later = create_task(
            actor=workspace.agent, lead=lead, title="Send the list", due_at=now - dt.timedelta(minutes=5)
        )
    page = signed_in("/today")
    assert "Ada" in page.inner_text("section[aria-label=Next]")
    page.click('button[aria-label="Mark “Ring Ada” done"]')
    page.wait_for_selector("text=“Ring Ada” is done.")
    with workspace.scope():
        assert Task.objects.get(pk=call.pk).done_at is not None
    page.click("text=Undo")
    page.wait_for_selector('button[aria-label="Mark “Ring Ada” done"]')
    page.click(f"[popovertarget=later-{later.pk}]")
    page.click(f"#later-{later.pk} >> text=A day later")
    page.wait_for_selector("text=comes back later")
    with workspace.scope():
        assert Task.objects.get(pk=later.pk).due_at > now + dt.timedelta(hours=23)
        assert Task.objects.get(pk=call.pk).done_at is None
    page.click("section[aria-label=Next] >> text=Open")
    page.wait_for_url(f"**/leads/{lead.pk}")
