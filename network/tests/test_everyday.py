"""Ties from files, thanks, made-up referrals, and introductions where people look: timeline and Today."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from contacts.importing.engine import run_slice
from contacts.models import Contact, Import, ImportRow
from contacts.timeline import timeline_of
from core.models import Email
from network import introductions
from network.models import Introduction, Referral, Relationship
from network.referrals import credit_referral, mark_converted
from network.statistics import viral_stats

pytestmark = pytest.mark.django_db(transaction=True)

FILE = (
    "Who;Who email;Knows;Knows email;Strength;Mutual\n"
    "Ann;ann@people.test;Bob;BOB@people.test;80 %;yes\n"
    "Bob;bob@people.test;Ann;ann@people.test;0,4;yes\n"
    "Bob;bob@people.test;Cat;cat@people.test;;no\n"
    "Cat;cat@people.test;Zoe;zoe@nowhere.test;0.5;\n"
    "Cat;cat@people.test;Cat;cat@people.test;0.5;\n"
    "Ann;ann@people.test;Cat;cat@people.test;lots;\n"
)


@pytest.fixture
def three(workspace):
    with workspace.scope():
        return [
            Contact.objects.create(first_name=n, email=f"{n.lower()}@people.test", company="Acme")
            for n in ("Ann", "Bob", "Cat")
        ]


def test_a_file_of_ties_is_imported_by_the_wizard_and_taken_back(workspace, three):
    browser = workspace.browser("manager")
    upload = SimpleUploadedFile("ties.csv", FILE.encode(), "text/csv")
    sent = browser.post("/network/import", {"file": upload})
    assert sent.status_code == 302, sent.content[:300]
    columns = browser.get(sent["Location"]).content.decode()
    assert "The other’s email" in columns
    assert "New field" not in columns
    with workspace.scope():
        job = Import.objects.get()
        assert job.mapping["targets"] == ["", "email", "", "email_2", "strength", "mutual"]
    browser.post(f"/contacts/imports/{job.pk}/start", {"target": job.mapping["targets"], "on_conflict": "skip"})
    run_slice(workspace.id, job.pk)
    with workspace.scope():
        ties = Relationship.objects.order_by("id").values_list(
            "from_contact__first_name", "to_contact__first_name", "strength", "mutual", "strength_is_manual"
        )
        assert [(a, b, float(s), m, h) for a, b, s, m, h in ties] == [
            ("Ann", "Bob", 0.8, True, True),
            ("Bob", "Cat", 0.5, False, False),
        ]
        codes = dict(ImportRow.objects.exclude(code="").values_list("line", "code"))
        assert codes == {
            3: "relationship_exists",
            5: "unknown_contact",
            6: "self_relationship",
            7: "invalid",
        }
    browser.post(f"/contacts/imports/{job.pk}/undo")
    run_slice(workspace.id, job.pk)
    with workspace.scope():
        assert not Relationship.objects.exists()


def test_a_colleague_joins_the_network_once(workspace, three):
    browser = workspace.browser()
    assert 'action="/network/me"' in browser.get("/network").content.decode()
    for _ in range(2):
        assert browser.post("/network/me").status_code == 302
    assert 'action="/network/me"' not in browser.get("/network").content.decode()
    with workspace.scope():
        me = Contact.objects.get(email=workspace.agent.email)
        assert (me.first_name, me.last_name) == ("Ana", "Agent")


def refer(referrer, person, **more):
    return credit_referral(code=referrer.referral_code, contact=person, lead_id=None, source="form", **more)


def test_a_referrer_is_thanked_once_and_a_suspicious_one_only_when_judged_real(workspace, three):
    ann, bob, cat = three
    with workspace.scope():
        refer(ann, bob, origin="203.0.113.9", device="Firefox")
        doubtful = refer(ann, cat, origin="203.0.113.9", device="Firefox")
        assert doubtful.suspicious
        assert Email.objects.filter(kind="referral_thanks").count() == 1
        mail = Email.objects.get(kind="referral_thanks")
        assert mail.to == ["ann@people.test"]
        assert f"/r/{ann.referral_code}" in mail.text
    browser = workspace.browser("manager")
    assert "Same address and device" in browser.get("/leaderboard").content.decode()
    assert browser.post(f"/referrals/{doubtful.pk}/keep").status_code == 302
    assert browser.post(f"/referrals/{doubtful.pk}/keep").status_code == 302
    with workspace.scope():
        assert Email.objects.filter(kind="referral_thanks").count() == 2
        assert viral_stats(period="7d")["referrals"] == 2


def test_a_manager_takes_the_credit_of_a_made_up_referral_away(workspace, three):
    ann, bob, _ = three
    with workspace.scope():
        made_up = refer(ann, bob)
    assert workspace.browser().post(f"/referrals/{made_up.pk}/void").status_code == 403
    browser = workspace.browser("manager")
    assert browser.post(f"/referrals/{made_up.pk}/burn").status_code == 404
    assert browser.post(f"/referrals/{made_up.pk}/void").status_code == 302
    with workspace.scope():
        assert viral_stats(period="7d")["referrals"] == 0
        assert Referral.objects.get().voided_at is not None
        assert mark_converted(lead_id=made_up.pk) == 0


def test_an_introduction_stands_in_both_timelines_and_on_today(workspace, three):
    ann, bob, _ = three
    with workspace.scope():
        asked = introductions.request_introduction(
            actor=workspace.agent, to_contact_id=ann.pk, via_contact_id=bob.pk, message="Please"
        )
        introductions.accept_introduction(introduction=asked)
        refer(bob, ann)
    browser = workspace.browser()
    today = browser.get("/today").content.decode()
    assert f"/introductions/{asked.pk}/completed" in today
    body = {"outcome": "They met.", "next": "/today"}
    assert browser.post(f"/introductions/{asked.pk}/completed", body)["Location"] == "/today"
    assert f"/introductions/{asked.pk}/completed" not in browser.get("/today").content.decode()
    with workspace.scope():
        assert Introduction.objects.get().outcome == "They met."
        for person in (ann, bob):
            events = timeline_of(person, kinds=["introduction", "referral"])
            assert {event.title for event in events} >= {
                "Asked Bob to introduce us to Ann",
                "Bob said yes to introducing us to Ann",
                "Bob introduced us to Ann",
            }
            assert len(events) == 4
            newest = events[0].at
            assert all(e.at < newest for e in timeline_of(person, before=newest, kinds=["introduction"]))
