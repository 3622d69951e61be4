"""A trial run says which rows would be refused and why, and nothing of it stays."""

import json

import pytest

from contacts.importing import engine
from contacts.models import Import, ImportRow
from contacts.tests.test_imports import CSV, run, upload

pytestmark = pytest.mark.django_db
STATUS = json.dumps({"Email": "email", "Status": "status"})


def test_a_trial_run_tells_why_rows_would_be_refused(workspace, monkeypatch):
    monkeypatch.setattr(engine, "BATCH", 3)
    text = CSV + "No,Address,,,Too,,\n" + f"Bad,Again,x@y@z.example,,{'Long ' * 30},,\n"
    job = run(workspace, upload(workspace, text, dry_run="true"))
    assert [(why["code"], why["count"], [row["line"] for row in why["examples"]]) for why in job["refusals"]] == [
        ("invalid", 2, [4, 9]),
        ("required", 2, [6, 8]),
        ("invalid_phone", 1, [5]),
    ]
    assert job["refusals"][1]["reason"] == "There is neither an email address nor a phone number."
    assert job["refusals"][1]["examples"][1] == {"line": 8, "row": "No · Address · Too"}
    assert job["refusals"][0]["examples"][1]["row"] == "Bad · Again · x@y@z.example · " + ("Long " * 30)[:59] + "…"
    page = workspace.browser("manager").get(f"/contacts/imports/{job['id']}").content.decode()
    assert "Why rows would be refused" in page
    assert "Line 8: No · Address · Too" in page
    with workspace.scope():
        assert not ImportRow.objects.exists()


def test_a_trial_run_tells_many_reasons_shortly(workspace):
    rows = "".join(f"p{n}@example.com,odd{n}\n" for n in range(40))
    job = run(workspace, upload(workspace, "Email,Status\n" + rows, dry_run="true", mapping=STATUS))
    *told, others = job["refusals"]
    assert (len(told), {why["count"] for why in told}) == (20, {1})
    assert (others["code"], others["count"], len(others["examples"])) == ("other", 20, 3)


def test_why_rows_would_be_refused_is_forgotten_with_the_samples(workspace, after_commit):
    trial = run(workspace, upload(workspace, dry_run="true"))
    with after_commit():
        workspace.browser("manager").post(f"/contacts/imports/{trial['id']}/start", {"action": "import"})
        while engine.run_slice(workspace.id, trial["id"]):
            pass
    with workspace.scope():
        kept = Import.objects.get(pk=trial["id"])
        assert (kept.status, kept.failed) == ("completed", 3)
        assert "not-an-email" not in json.dumps(kept.options)
