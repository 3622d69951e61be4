"""The import wizard clicked through in a real browser with a messy, real-looking file."""

import os
import shutil
import threading
import time
from pathlib import Path

import pytest
from django.db import connection

from contacts.importing import engine
from contacts.models import Contact, Import
from core.scope import tenant_scope

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = "--no-sandbox --disable-gpu --disable-dev-shm-usage --disable-background-networking --no-first-run"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.django_db(transaction=True),
]

STATES = ("212", "415", "206", "303", "512")


def messy_file(path: Path, rows: int = 120) -> Path:
    """As an everyday CRM exports it: semicolons, quotes, odd names of columns, two phone columns, accents, bad rows."""
    lines = ['"Vorname";"Nachname";"E-Mail 1 - Value";"Work Phone";"Mobile";"Organization Name";"Labels";"Shirt size"']
    for n in range(rows):
        area = STATES[n % 5]
        mobile = f"({area}) 555-01{n % 100:02d}" if n % 3 else ""
        lines.append(
            f'"Zoë {n}";"O\'Brien; Jr.";"zoe{n}@exämple{n % 7}.example";"{area}.555.01{n % 100:02d}";"{mobile}";"Acme ""{n}""";"VIP ::: * myContacts";"L"'
            .replace("exämple", "example")
        )  # fmt: skip
    lines += ['"No";"Address";"";"";"";"";"";""', '"Bad";"Mail";"not an email";"";"";"";"";""']
    path.write_bytes("\r\n".join(lines).encode("cp1252"))
    return path


def work(tenant_id, stop, hold):
    """A worker: runs what the wizard enqueues, unless it is held."""
    while not stop.is_set():
        for tenant, job in engine.due_imports():
            if tenant == tenant_id and not hold.is_set():
                while engine.run_slice(tenant, job):
                    pass
        time.sleep(0.2)
    connection.close()


def counts_of(page):
    """The four figures of the report."""
    return page.locator(".stat b").all_inner_texts()


def found_as_imported(tenant_id):
    """The messy cells have become clean contacts."""
    with tenant_scope(tenant_id):
        job = Import.objects.get()
        assert (job.created, job.failed, job.status) == (120, 2, "completed")
        zoe = Contact.objects.get(email="zoe1@example1.example")
        assert (zoe.first_name, zoe.last_name, zoe.company, zoe.tags) == ("Zoë 1", "O'Brien; Jr.", 'Acme "1"', ["VIP"])
        assert zoe.phone_number == "+14155550101"
        assert zoe.custom_fields["shirt_size"] == "L"
    connection.close()  # the browser's loop has a connection of its own


def test_the_wizard_is_clicked_through(workspace, live_server, tmp_path, settings):
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the browser's driver runs a loop in this thread
    stop, hold = threading.Event(), threading.Event()
    worker = threading.Thread(target=work, args=(workspace.id, stop, hold), daemon=True)
    worker.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
            page = browser.new_page()
            page.set_default_timeout(60_000)
            page.goto(f"{live_server.url}/login")
            page.fill("[name=username]", workspace.manager.email)
            page.fill("[name=password]", "correct-horse")
            page.press("[name=password]", "Enter")
            page.wait_for_url(lambda url: "/login" not in url)
            page.goto(f"{live_server.url}/contacts/import")
            page.set_input_files("input[type=file]", messy_file(tmp_path / "kontakte.csv"))
            page.click("text=Go on to the columns")
            page.wait_for_url("**/contacts/imports/*")
            chosen = page.eval_on_selector_all("select[name=target]", "all => all.map(s => s.value)")
            assert chosen[:3] == ["first_name", "last_name", "email"]
            assert {"phone_number", "phone_number_2", "company", "tags"} <= set(chosen)
            new_field = page.locator("select[aria-label='Shirt size goes to']")
            assert new_field.input_value() == "custom:shirt_size"
            assert "New field" in new_field.locator("option:checked").inner_text()
            page.click("text=Try it first")
            page.wait_for_selector("text=This was a trial")
            assert counts_of(page) == ["120", "0", "0", "2"]
            assert "2 rows would be refused" in page.inner_text("main")
            hold.set()
            page.click("text=Import 122 rows")
            page.wait_for_selector(".progress >> text=0 of about 122")
            hold.clear()
            page.wait_for_selector("text=Refused rows")
            assert counts_of(page) == ["120", "0", "0", "2"]
            with page.expect_download() as download:
                page.click("text=Download all 2")
            refused = download.value.path().read_text("utf-8-sig").splitlines()
            assert [line.split(",")[0] for line in refused[1:]] == ['"122"', '"123"']
            assert refused[0].endswith('"Labels","Shirt size"')
            report = page.url
            page.click("text=See the contacts")
            page.wait_for_selector("text=Zoë 119")
            found_as_imported(workspace.id)
            page.goto(report)
            page.click("text=Undo this import…")
            page.click("text=Take it back")
            page.wait_for_selector("text=120 contacts removed")
            browser.close()
    finally:
        stop.set()
        worker.join(10)
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
    with tenant_scope(workspace.id):
        assert Import.objects.get().status == "undone"
        assert not Contact.objects.exists()
