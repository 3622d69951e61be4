"""The main job on a whole running product: people in, calls out, read and noted; once by hand, once over the API.

`script/prove walk` does it with 500 people.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Error, Page, sync_playwright

from crm import embedded
from crm.tests.people_file import GOOD, REFUSED_LINES, REPEATED, ROWS, people_csv
from crm.tests.running import CHROMIUM, FLAGS, PASSWORD, Api, Product, until

pytestmark = pytest.mark.slow
ENDED = ("completed", "failed", "undone")
CAMPAIGN = {
    "name": "Spring offer",
    "provider": "simulated",
    "system_prompt": "You call on behalf of {{company}} about the spring offer.",
    "calling_hours": "always",
    "max_concurrent_calls": 60,
    "max_retries": 1,
}


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    folder = Path(tempfile.mkdtemp(prefix="sb-walk-"))
    folder.chmod(0o755)
    running = Product(folder / "data", SIMULATOR_SPEED="120", SIMULATOR_SEED="7")
    try:
        running.wait_until_ready()
        yield running
        assert running.stop() == 0
    finally:
        running.up.kill()
        running.up.wait()
        embedded.stop(folder / "data")
        shutil.rmtree(folder)


def check_that_it_adds_up(api: Api, campaign_id: str) -> list[dict[str, Any]]:
    """Totals agree, and every lead ended in a state with a reason; returns the leads."""
    campaign = api.get(f"/campaigns/{campaign_id}")
    stats = api.get(f"/campaigns/{campaign_id}/stats")
    people = api.every(f"/campaigns/{campaign_id}/contacts")
    assert campaign["total_leads"] == len(people) == sum(stats["job_status_counts"].values()) == GOOD
    assert dict(Counter(row["status"] for row in people)) == {k: n for k, n in stats["job_status_counts"].items() if n}
    assert stats["in_flight"] == 0
    assert {row["status"] for row in people} <= {"done", "blocked", "exhausted"}
    assert [row for row in people if not row["status_reason"]] == []
    calls = api.every("/calls", campaign=campaign_id)
    assert Counter(call["outcome"] for call in calls) == {k: n for k, n in stats["calls_by_outcome"].items() if n}
    assert {call["status"] for call in calls} == {"ended"}
    assert sum(row["call_attempts"] for row in people) == len(calls)
    return people


@pytest.mark.skipif("WALK_PEOPLE" not in os.environ, reason="takes long: script/prove walk")
def test_the_main_job_runs_over_the_api_alone(product: Product) -> None:
    api = product.api(product.create_workspace("Api House", "admin@api-house.test")["api_key"])
    started = api.post("/contacts/import", status=202, files={"file": ("people.csv", people_csv(), "text/csv")})
    job = until(lambda: api.get(f"/contacts/imports/{started['id']}"), lambda j: j["status"] in ENDED, 60)
    assert (job["status"], job["created"], job["skipped"], job["failed"]) == (
        "completed",
        GOOD,
        REPEATED,
        len(REFUSED_LINES),
    )
    refused = csv.DictReader(io.StringIO(api.get(f"/contacts/imports/{job['id']}/errors")))
    assert [next(iter(row.values())) for row in refused] == [str(line) for line in REFUSED_LINES]

    campaign = api.post("/campaigns", CAMPAIGN, status=201)
    at = f"/campaigns/{campaign['id']}"
    batch = api.client.post(f"{at}/contacts/bulk", json={"filter": {"tag": "Fair 2026"}})
    assert batch.status_code in (200, 202), batch.text
    assert (batch.json()["added"], batch.json()["refused"]) == (GOOD, 0)
    before = api.get(f"{at}/preflight")
    assert (before["callable_now"], before["waiting"], before["blocked"]) == (GOOD, 0, {})
    assert api.post(f"{at}/start")["status"] == "running"
    until(lambda: api.get(at), lambda c: c["status"] != "running", 400)
    people = check_that_it_adds_up(api, campaign["id"])

    talked = api.get("/calls", campaign=campaign["id"], outcome="completed", page_size=1)["items"][0]
    call = api.get(f"/calls/{talked['id']}")
    assert len(call["conversation"]["messages"]) > 1
    assert api.get(f"/calls/{call['id']}/transcript") == call["transcript"]
    part = api.client.get(f"/recordings/{call['recording_id']}", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"RIFF")
    note = api.post(f"/leads/{call['lead_id']}/notes", {"content": "Wants the brochure."}, status=201)
    assert api.get(f"/leads/{call['lead_id']}/notes")["items"][0]["id"] == note["id"]
    assert call["lead_id"] in {row["lead_id"] for row in people}


class Hand:
    """Someone at a browser: clicks by what stands there, and notices what the page complains about."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.complaints: list[str] = []
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._listen)

    def _listen(self, line: ConsoleMessage) -> None:
        """Keep errors; what the event extension says when a stream ends and is opened again is none."""
        if line.type == "error" and not (line.text == "[object Event]" and "/campaigns/" in self.page.url):
            self.complaints.append(f"{self.page.url}: {line.text}")

    def click(self, name: str, role: Any = "link", *, within: str = "main") -> None:
        """Click the link or button of that name."""
        self.page.locator(within).get_by_role(role, name=name).first.click()

    def waits_for(self, ask: str, seconds: float) -> None:
        """Look until an expression is true; the page is never loaded again by hand."""
        until(lambda: self._true(ask), bool, seconds)

    def _true(self, ask: str) -> bool:
        try:
            return bool(self.page.evaluate(ask))
        except Error as error:
            if "navigation" in str(error):
                return False
            raise

    def sees(self, words: str, seconds: float = 30) -> None:
        """The words stand on the page, now or soon."""
        self.waits_for(f"document.body?.innerText.includes({json.dumps(words)})", seconds)


@pytest.fixture
def hand(product: Product) -> Iterator[Hand]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS.split(), "--autoplay-policy=no-user-gesture-required"]
        )
        person = Hand(chromium.new_page(viewport={"width": 1440, "height": 900}), product.url)
        yield person
        chromium.close()
    assert person.complaints == []


def sign_in(hand: Hand, email: str) -> None:
    hand.page.goto(f"{hand.url}/contacts")
    hand.page.get_by_label("Email").fill(email)
    hand.page.get_by_label("Password").fill(PASSWORD)
    hand.page.get_by_role("button", name="Sign in").click()
    hand.page.wait_for_url("**/contacts")


def import_people(hand: Hand) -> None:
    """The wizard: file, columns, trial, import, report."""
    hand.click("Import a file")
    hand.page.locator("input[type=file]").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": people_csv()}
    )
    hand.click("Go on to the columns", "button")
    columns = hand.page.get_by_label("Mobile # goes to")
    assert columns.input_value() == "phone_number"
    assert hand.page.get_by_label("Phone (Work) goes to").input_value() == "phone_number_2"
    assert hand.page.get_by_label("How we met goes to").input_value() == "custom:how_we_met"
    hand.click("Try it first", "button")
    hand.sees("nothing has been changed", 90)
    hand.sees("3 rows would be refused")
    hand.click(f"Import {ROWS} rows", "button")
    hand.sees("See the contacts", 90)
    hand.sees("Refused rows")
    hand.sees(str(REFUSED_LINES[0]))
    hand.click("See the contacts")
    hand.sees(str(GOOD))


def make_campaign(hand: Hand) -> str:
    """A simulated campaign that calls at any hour, with everyone of a tag in it; its id."""
    page = hand.page
    hand.click("Campaigns", within="nav")
    hand.click("New campaign")
    page.get_by_label("Name", exact=True).fill("Spring offer")
    page.get_by_label("Phone network").select_option("simulated")
    page.get_by_label("At any hour").check()
    page.get_by_label("Calls at once").fill("60")
    hand.click("Make campaign", "button")
    page.get_by_label("Tag").select_option("Fair 2026")
    hand.click("Add all who match", "button")
    hand.sees("To the campaign")
    hand.waits_for(
        f"document.querySelector('#batch')?.innerText.includes('{GOOD}') && !document.querySelector('progress')", 90
    )
    hand.click("To the campaign")
    return str(page.url.rsplit("/", 1)[1])


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_the_main_job_runs_by_clicking(product: Product, hand: Hand) -> None:
    made = product.create_workspace("Click House", "admin@click-house.test")
    sign_in(hand, made["email"])
    import_people(hand)
    campaign_id = make_campaign(hand)
    api, page = product.api(made["api_key"]), hand.page

    hand.click("Check and start")
    hand.sees(f"{GOOD} leads")
    hand.click("Start calling", "button")
    page.wait_for_url(f"**/campaigns/{campaign_id}")
    page.evaluate("window.sameDocument = true")
    hand.waits_for("document.querySelectorAll('.calls-now li').length > 0", 60)
    first = page.locator("#live").inner_text()
    until(lambda: page.locator("#live").inner_text(), lambda text: text != first, 30)
    assert page.evaluate("window.sameDocument"), "the page was loaded again instead of changing"
    until(lambda: api.get(f"/campaigns/{campaign_id}"), lambda c: c["status"] == "completed", 400)
    hand.waits_for("document.querySelector('.topbar, header')?.innerText.includes('Completed')", 30)
    check_that_it_adds_up(api, campaign_id)

    hand.click("Calls", within="nav")
    page.get_by_label("Outcome").first.select_option("completed")
    page.wait_for_url("**outcome=completed**")
    page.locator("[role=row] a").first.click()
    page.locator(".transcript").first.wait_for()
    page.evaluate("document.querySelector('audio').preload = 'auto', document.querySelector('audio').load()")
    hand.waits_for("document.querySelector('audio').readyState > 0 && document.querySelector('audio').duration > 0", 30)
    page.get_by_label("Add a note").fill("Wants the brochure by Friday.")
    hand.click("Save note", "button")
    hand.sees("Wants the brochure by Friday.")
    call = api.get(f"/calls/{page.url.rsplit('/', 1)[1]}")
    for place in (f"/leads/{call['lead_id']}", f"/contacts/{call['contact_id']}"):
        page.goto(hand.url + place)
        hand.sees("Wants the brochure by Friday.")
