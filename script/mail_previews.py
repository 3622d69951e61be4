"""Draw the mails the product sends, as docs/screenshots/mail-*.png: .venv/bin/python script/mail_previews.py"""

import os
import sys
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "crm.settings"
django.setup()

from django.template.loader import render_to_string  # noqa: E402 - the settings come first
from playwright.sync_api import sync_playwright  # noqa: E402

from leads.models import IntakeSettings, Lead  # noqa: E402

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
LEAD = Lead(
    first_name="Grace",
    last_name="Okafor",
    email="grace.okafor@lumenfreight.example",
    phone_number="+13125550147",
    company="Lumen Freight",
    consent=True,
    message="We run 40 trucks out of Joliet and want to move dispatch calls to one number.\nMornings are best.",
)
CONTEXT = {
    "brand": "Switchboard",
    "business": "Northwind",
    "base_url": "https://crm.northwind.example",
    "form": IntakeSettings(),
    "lead": LEAD,
    "greeting": "Grace",
    "file_name": "fleet-overview.pdf",
    "author": "Maya Chen",
    "about": LEAD.name,
    "note": {"content": "@Sam she asked for the carrier rates before Thursday. Can you send them?"},
    "address": "https://crm.northwind.example/leads",
}


def main() -> None:
    """Draw each mail by its page, 640 wide."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 640, "height": 320})
        for kind, name in (("lead_received", "team"), ("lead_confirmation", "sender"), ("note_mention", "mention")):
            page.set_content(render_to_string(f"emails/{kind}.html", CONTEXT))
            page.screenshot(path=ROOT / "docs" / "screenshots" / f"mail-{name}.png", full_page=True)
        browser.close()


if __name__ == "__main__":
    main()
