"""The pages of campaigns and of the do-not-call list."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls.models import Call
from campaigns import membership, why
from campaigns.live import look_at
from campaigns.models import Campaign, CampaignLead, Suppression
from contacts.importing import engine
from contacts.models import Contact, Import
from core.scope import tenant_context
from leads.models import Lead

pytestmark = pytest.mark.django_db


class Browser:
    """A signed-in browser whose requests start without an open scope, as real ones do."""

    def __init__(self, workspace, role):
        with tenant_context(None):
            self.client = workspace.browser(role)

    def get(self, *args, **kwargs):
        with tenant_context(None):
            return self.client.get(*args, **kwargs)

    def post(self, *args, **kwargs):
        with tenant_context(None):
            return self.client.post(*args, **kwargs)


@pytest.fixture
def browser(workspace):
    return Browser(workspace, "manager")


@pytest.fixture
def campaign(make_campaign):
    return make_campaign()


FORM = {
    "name": "Autumn",
    "provider": "simulated",
    "hours_kind": "own",
    "hours_0": "9-12, 14:30–20",
    "hours_5": "10-17",
    "holidays": "2026-12-25",
    "max_concurrent_calls": "5",
    "max_retries": "2",
    "retry_failed": "on",
    "busy": "0.5, 60",
    "consent_policy": "waived",
    "consent_waiver_reason": "Simulated",
    "caller_ids": "212-736-5000",
}


def test_a_campaign_is_made_and_changed_by_form(browser, scoped):
    answer = browser.post("/campaigns/new", FORM)
    campaign = Campaign.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/campaigns/{campaign.pk}/add")
    assert campaign.calling_hours == {
        "mon": [["09:00", "12:00"], ["14:30", "20:00"]],
        "sat": [["10:00", "17:00"]],
        "holidays": ["2026-12-25"],
    }
    assert (campaign.retry_rules, campaign.caller_ids) == ({"busy": [0.5, 60.0]}, ["+12127365000"])
    page = browser.get(f"/campaigns/{campaign.pk}/edit").content.decode()
    assert "09:00–12:00, 14:30–20:00" in page
    assert browser.post(f"/campaigns/{campaign.pk}/edit", {**FORM, "hours_kind": "always"}).status_code == 302
    campaign.refresh_from_db()
    assert campaign.calling_hours == "always"


def test_what_the_rules_refuse_is_shown_at_its_field(browser, with_twilio):
    page = browser.post("/campaigns/new", {**FORM, "provider": "twilio"}).content.decode()
    assert "Real people are left alone for at least 15 minutes here." in page
    page = browser.post("/campaigns/new", {**FORM, "hours_0": "noon"}).content.decode()
    assert "Monday: write times like" in page


def test_the_live_page_shows_figures_and_moves(browser, campaign, make_lead):
    assert "Nobody to call yet" in browser.get(f"/campaigns/{campaign.pk}").content.decode()
    make_lead(campaign)
    page = browser.get(f"/campaigns/{campaign.pk}").content.decode()
    assert "Funnel" in page
    assert "Leads by state" in page
    browser.post(f"/campaigns/{campaign.pk}/start")
    page = browser.get(f"/campaigns/{campaign.pk}").content.decode()
    assert f'sse-connect="/campaigns/{campaign.pk}/events"' in page
    assert browser.get(f"/campaigns/{campaign.pk}/live").status_code == 200


def test_buttons_move_the_campaign_and_say_so(browser, campaign, make_lead):
    make_lead(campaign)
    for step, status in (("start", "running"), ("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        answer = browser.post(f"/campaigns/{campaign.pk}/{step}", follow=True)
        assert answer.status_code == 200
        campaign.refresh_from_db()
        assert campaign.status == status
    assert "cannot be started" in browser.post(f"/campaigns/{campaign.pk}/start", follow=True).content.decode()
    browser.post(f"/campaigns/{campaign.pk}/copy")
    assert Campaign.objects.filter(name="Spring renewals (copy)", status="draft").exists()
    assert browser.post(f"/campaigns/{campaign.pk}/delete").status_code == 302
    assert browser.get(f"/campaigns/{campaign.pk}").status_code == 404


def test_agents_look_but_do_not_change(workspace, campaign):
    agent = Browser(workspace, "agent")
    assert agent.get("/campaigns").status_code == 200
    assert "Edit settings" not in agent.get(f"/campaigns/{campaign.pk}").content.decode()
    assert agent.get("/campaigns/new").status_code == 403
    assert agent.post(f"/campaigns/{campaign.pk}/start").status_code == 403
    assert agent.get("/do-not-call").status_code == 200
    assert agent.get("/do-not-call/new").status_code == 403


def test_another_workspace_gets_404(stranger, campaign):
    other = Browser(stranger, "admin")
    for path in ("", "/live", "/edit", "/people", "/add", "/preflight"):
        assert other.get(f"/campaigns/{campaign.pk}{path}").status_code == 404
    assert other.post(f"/campaigns/{campaign.pk}/start").status_code == 404


def test_people_are_added_by_number_tag_and_file(browser, campaign, workspace):
    at = f"/campaigns/{campaign.pk}"
    Contact.objects.create(first_name="Vi", phone_number="+12127360122", tags=["vip"])
    assert browser.post(f"{at}/add", {"phone_number": "212-736-0121", "first_name": "Ada"}).status_code == 302
    assert "already in the campaign" in browser.post(f"{at}/add", {"phone_number": "2127360121"}).content.decode()
    assert "/batches/" in browser.post(f"{at}/add/many", {"tag": "vip"})["Location"]
    file = SimpleUploadedFile("people.csv", b"Name,Phone\nBo Li,212-736-0123\nCy,12\n", content_type="text/csv")
    assert "/contacts/imports/" in browser.post(f"{at}/add/file", {"file": file})["Location"]
    membership.add_person(actor=workspace.manager, campaign=campaign, phone_number="2127360123", first_name="Bo")
    assert CampaignLead.objects.count() == 3
    people = browser.get(f"{at}/people").content.decode()
    assert ">Bo<" in people
    row = CampaignLead.objects.get(first_name="Bo")
    browser.post(f"{at}/people/{row.pk}/remove")
    assert ">Bo<" not in browser.get(f"{at}/people?ordering=first_name").content.decode().split("</header>")[-1]


def test_the_preflights_numbers_lead_to_their_lists(browser, campaign, make_lead, scoped):
    free, listed, later, gone = (make_lead(campaign) for _ in range(4))
    Suppression.objects.create(phone_number=listed.phone_number)
    CampaignLead.objects.filter(pk=later.pk).update(status="retry_wait", next_attempt_at="2999-01-01T00:00:00Z")
    gone.contact.deleted_at = gone.created_at
    gone.contact.save()
    at = f"/campaigns/{campaign.pk}"
    page = browser.get(f"{at}/preflight").content.decode()
    for group, row in (("callable", free), ("do_not_call", listed), ("waiting", later), ("contact_deleted", gone)):
        assert f"{at}/people?list={group}" in page
        people = browser.get(f"{at}/people?list={group}").content.decode()
        shown = [other for other in (free, listed, later, gone) if str(other.pk) in people]
        assert shown == [row], group


def test_numbers_are_listed_and_taken_off(browser, scoped):
    assert browser.post("/do-not-call/new", {"phone_number": "212-736-0121", "reason": "Asked"}).status_code == 302
    file = SimpleUploadedFile("list.csv", b"+12127360122\n+12127360123\n", content_type="text/csv")
    assert "/contacts/imports/" in browser.post("/do-not-call/import", {"file": file})["Location"]
    job = Import.objects.get(kind="do_not_call")
    while engine.run_slice(job.tenant_id, job.pk):
        pass
    assert "Asked" in browser.get("/do-not-call?search=asked").content.decode()
    entry = Suppression.objects.get(phone_number="+12127360121")
    browser.post(f"/do-not-call/{entry.pk}/remove")
    assert Suppression.objects.count() == 2


@pytest.mark.parametrize("path", ["/campaigns", "/campaigns/{}/people", "/do-not-call"])
def test_lists_take_the_same_queries_for_one_row_and_three(browser, campaign, make_campaign, make_lead, path):
    url, counts = path.format(campaign.pk), []
    for n in range(3):
        row = make_lead(campaign)
        Suppression.objects.create(phone_number=row.phone_number)
        if n:
            make_campaign(name=f"More {n}")
        if n != 1:
            assert browser.get(url).status_code == 200
            with CaptureQueriesContext(connection) as queries:
                browser.get(url)
            counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_why_log_of_a_person_shows_rule_and_value_and_leads_back(browser, campaign, make_lead):
    row, other = make_lead(campaign), make_lead(campaign)
    why.log(row, rule="attempt_cap", allowed=False, value="per_day 2, 3 calls in 30 days")
    why.log(other, rule="allowed", allowed=True)
    page = browser.get(f"/why-log?campaign_lead={row.pk}").content.decode()
    assert "Called often enough" in page
    assert "per_day 2, 3 calls in 30 days" in page
    assert f"/campaigns/{campaign.pk}/people" in page
    assert f"/api/v1/why-log/export?campaign_lead={row.pk}" in page
    assert f"/why-log?campaign_lead={row.pk}" in browser.get(f"/campaigns/{campaign.pk}/people").content.decode()


def test_only_whom_the_campaign_reached_counts_as_qualified_by_it(browser, campaign, make_lead):
    reached, before = make_lead(campaign, attempts=1), make_lead(campaign, attempts=1)
    Lead.objects.filter(pk__in=[reached.lead_id, before.lead_id]).update(state="qualified")
    made = {"campaign": campaign, "callback_token": "t", "dial_state": "ended", "status": "ended"}
    talk = {"outcome": "completed", "answered_by": "human", "duration_seconds": 40, "answered_at": timezone.now()}
    Call.objects.create(campaign_lead=reached, phone_number=reached.phone_number, **made, **talk)
    Call.objects.create(campaign_lead=before, phone_number=before.phone_number, outcome="busy", **made)
    assert look_at(campaign, timezone.now()).qualified == 1
    page = browser.get(f"/campaigns/{campaign.pk}/people?list=qualified").content.decode()
    assert reached.phone_number[-4:] in page
    assert before.phone_number[-4:] not in page
