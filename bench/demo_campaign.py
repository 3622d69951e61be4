"""The demo campaign: a file of people called to the end on a whole running product, with every figure checked.

`script/prove demo_campaign --leads 10000` starts a product of its own, brings the file in over the API, opens the
live page in a browser, starts the campaign and looks at page and statistics until it has ended. Then campaign,
statistics, list of people, list of calls, live page and purse of minutes must all say the same, and each look in
between must have shown every lead in one state. Exit code 0 when they do. `--pictures FOLDER` keeps screenshots.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, Page, sync_playwright

from bench import demo_figures as figures
from crm import embedded
from crm.embedded.place import REPOSITORY
from crm.tests.running import CHROMIUM, FLAGS, PASSWORD, Api, Product, until

MAIL = "admin@demo.test"
LINES = """
from accounts.models import Tenant
from core.scope import tenant_scope
with tenant_scope("{tenant}"):
    Tenant.objects.update(max_concurrent_calls={lines})
"""
CAMPAIGN = {
    "name": "Spring offer",
    "provider": "simulated",
    "system_prompt": "You call on behalf of {{company}} about the spring offer.",
    "calling_hours": "always",
    "max_retries": 1,
}
AREAS = "212 213 214 215 216 303 305 312 313 314 404 415 480 503 512 602 612 617 702 713 773 808 813 202 206"
BUSY = ("running", "stopping")


def say(words: str) -> None:
    """Progress, beside the figures."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {words}\n")
    sys.stderr.flush()


def people_file(count: int) -> bytes:
    """So many people: one of ten has a number of the fictional range, which always answers as its digits say."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["First name", "Last name", "Phone", "Email"])
    for n in range(count):
        fictional, area = n % 10 == 0, AREAS.split()[n // 1000 % 25]
        number = f"+1{area}555{100 + n // 10 % 100:04}" if fictional else f"+1{area}8{n:06}"
        rows.writerow([f"Pat{n}", "Demo", number, f"pat{n}@demo-people.test"])
    return text.getvalue().encode()


def manage(product: Product, *arguments: str) -> str:
    """Run a command of the product beside the running one."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=REPOSITORY, env=product.environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout


def prepare(product: Product, options: argparse.Namespace) -> tuple[Api, str]:
    """A workspace with minutes and lines, and a campaign with everyone of the file in it."""
    account = ("--email", MAIL, "--password", PASSWORD, "--minutes", str(options.leads * 10))
    made = json.loads(manage(product, "create_workspace", "Demo", *account).strip().splitlines()[-1])
    manage(product, "shell", "-c", LINES.format(tenant=made["tenant_id"], lines=options.lines))
    api = product.api(made["api_key"])
    campaign_id = api.post("/campaigns", CAMPAIGN | {"max_concurrent_calls": options.lines}, status=201)["id"]
    began, at = time.monotonic(), f"/campaigns/{campaign_id}/contacts/bulk"
    answer = api.client.post(at, files={"file": ("people.csv", people_file(options.leads), "text/csv")})
    batch = answer.raise_for_status().json()
    done = until(lambda: api.get(f"{at}/{batch['id']}"), lambda b: b["status"] in ("completed", "failed"), 900)
    say(f"{done['added']} people added in {time.monotonic() - began:.0f} s, {done['refused']} refused")
    if done["added"] != options.leads:
        raise RuntimeError(str(done))
    return api, campaign_id


def open_live_page(browser: Browser, product: Product, campaign_id: str) -> Page:
    """Sign in and look at the campaign."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{product.url}/campaigns/{campaign_id}")
    page.get_by_label("Email").fill(MAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("#live .stat")
    return page


def watch(api: Api, campaign_id: str, page: Page, options: argparse.Namespace) -> tuple[dict[str, Any], list[str]]:
    """Look at page and statistics until the campaign has ended; what was seen, and what was wrong."""
    began, wrong, looks, moved, last = time.monotonic(), [], 0, 0, {}
    while time.monotonic() - began < options.seconds:
        status = api.get(f"/campaigns/{campaign_id}")["status"]
        told = api.get(f"/campaigns/{campaign_id}/stats")
        seen = shown(page)
        for name, states in (("statistics", told["job_status_counts"]), ("live page", seen.get("states"))):
            if states is not None and sum(states.values()) != options.leads:
                wrong.append(f"{name} showed {sum(states.values())} leads")
        looks, moved, last = looks + 1, moved + (seen != last), seen
        if looks % 10 == 1:
            over = sum(told["job_status_counts"][state] for state in ("done", "blocked", "exhausted"))
            say(f"{status}: {over} of {options.leads} over, {told['in_flight']} on a line, {told['cost']} spent")
        if looks == 15 and options.pictures:
            pictures(page, options.pictures, "running")
        if status not in BUSY:
            break
        time.sleep(1)
    seconds = round(time.monotonic() - began, 1)
    return {"status": status, "seconds": seconds, "looks": looks, "drawings_seen": moved}, wrong


def shown(page: Page) -> dict[str, Any]:
    """The figures on the page; nothing while it loads anew."""
    try:
        return figures.of_page(page)
    except Error:
        return {}


def pictures(page: Page, folder: Path, name: str) -> None:
    """The page light, dark and on a phone."""
    folder.mkdir(parents=True, exist_ok=True)
    for scheme, width in (("light", 1440), ("dark", 1440), ("phone", 390)):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.wait_for_timeout(500)  # colours and the sidebar glide
        page.screenshot(path=folder / f"{name}-{scheme}.png", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")


def judge(product: Product, api: Api, campaign_id: str, page: Page, purse: int) -> tuple[dict[str, Any], list[str]]:
    """Count everything by hand and compare it with what each part of the product says."""
    page.reload()
    seen = figures.of_page(page)
    counted = figures.of_rows(api, campaign_id)
    spent = purse - api.get("/auth/me")["minutes_remaining"]
    counted["spend"] = f"${Decimal(counted['cost']):,.2f}"
    told = figures.of_answers(api, campaign_id)
    wrong = figures.differences("answers", told, counted) + figures.differences("live page", seen, counted)
    wrong += figures.differences("purse", {"minutes_spent": spent}, counted)
    wrong += figures.differences("attempts", {"attempts": counted["calls"], "without_reason": 0}, counted)
    wrong += [f"lead states: {name}" for name in counted["states"] if name not in ("done", "blocked", "exhausted")]
    findings = json.loads(manage(product, "doctor", "--json"))
    wrong += [f"doctor: {one['words']}" for one in findings if one["subject"] == "invariants" and one["level"] != "ok"]
    return counted, wrong


def run(product: Product, options: argparse.Namespace) -> tuple[dict[str, Any], list[str]]:
    """The whole course; figures, and everything that was wrong."""
    api, campaign_id = prepare(product, options)
    purse = api.get("/auth/me")["minutes_remaining"]
    before = api.get(f"/campaigns/{campaign_id}/preflight")
    wrong = [] if before["callable_now"] == options.leads else [f"pre-flight: {before}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        page = open_live_page(browser, product, campaign_id)
        started = api.post(f"/campaigns/{campaign_id}/start")
        wrong += [] if started["jobs_enqueued"] == options.leads else [f"start: {started}"]
        page.reload()
        course, seen_wrong = watch(api, campaign_id, page, options)
        wrong += seen_wrong + ([] if course["status"] == "completed" else [f"ended {course['status']}"])
        wrong += [] if course["drawings_seen"] > 2 else ["the live page stood still"]
        counted, uneven = judge(product, api, campaign_id, page, purse)
        if options.pictures:
            pictures(page, options.pictures, "ended")
        browser.close()
    calls_a_second = round(counted["calls"] / course["seconds"], 1)
    return {"leads": options.leads, **course, "calls_a_second": calls_a_second, "counted": counted}, wrong + uneven


def main() -> int:
    """Run, print; 0 when every number adds up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--lines", type=int, default=100, help="calls at once")
    parser.add_argument("--speed", type=int, default=120, help="simulated seconds per real one")
    parser.add_argument("--seconds", type=float, default=7200, help="give up after so long")
    parser.add_argument("--pictures", type=Path, help="keep screenshots of the live page here")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="sb-demo-"))
    folder.chmod(0o755)
    product = Product(folder / "data", SIMULATOR_SPEED=str(options.speed), SIMULATOR_SEED="7")
    try:
        product.wait_until_ready()
        say(f"the product runs at {product.url}")
        result, wrong = run(product, options)
        product.stop()
    finally:
        product.up.kill()
        product.up.wait()
        embedded.stop(folder / "data")
        shutil.rmtree(folder)
    sys.stdout.write(json.dumps({**result, "wrong": wrong}, indent=1) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
