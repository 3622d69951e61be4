"""Campaigns over the API: records, their rules, and the course of dialling."""

import pytest

from accounts.models import LedgerAccount, LedgerEntry
from campaigns.models import Campaign, CampaignLead
from campaigns.signals import campaign_started, campaign_stopping

pytestmark = pytest.mark.django_db
BASE = "/api/v1/campaigns"


@pytest.fixture
def manager(workspace):
    return workspace.api("manager")


@pytest.fixture
def campaign(manager):
    return manager.post(BASE, {"name": "Spring", "calling_hours": "always"}).json()


def add(client, campaign, number, **fields):
    return client.post(f"{BASE}/{campaign['id']}/contacts", {"phone_number": number, **fields})


def test_a_campaign_starts_as_a_draft_with_the_usual_limits(manager):
    answer = manager.post(BASE, {"name": " Spring  renewals "})
    assert answer.status_code == 201
    body = answer.json()
    expected = {
        "name": "Spring renewals",
        "status": "draft",
        "provider": "simulated",
        "max_concurrent_calls": 10,
        "retry_failed": True,
        "max_retries": 3,
        "calling_hours": None,
        "caller_ids": [],
        "budget": None,
        "total_leads": 0,
        "calls_completed": 0,
        "calls_failed": 0,
        "consent_policy": "waived",
        "started_at": None,
        "pause_reason": "",
    }
    assert {name: body[name] for name in expected} == expected
    assert body["created_at"].endswith("Z")
    assert body["consent_waiver_reason"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "  "}, "name"),
        ({"max_concurrent_calls": 0}, "max_concurrent_calls"),
        ({"max_concurrent_calls": -1}, "max_concurrent_calls"),
        ({"max_concurrent_calls": 100_000}, "max_concurrent_calls"),
        ({"max_concurrent_calls": True}, "max_concurrent_calls"),
        ({"max_concurrent_calls": 2.5}, "max_concurrent_calls"),
        ({"max_concurrent_calls": 10**20}, "max_concurrent_calls"),
        ({"max_retries": 11}, "max_retries"),
        ({"max_retries": -1}, "max_retries"),
        ({"system_prompt": "x" * 200_000}, "system_prompt"),
        ({"calling_hours": {"mon": [["20:00", "09:00"]]}}, "calling_hours.mon.0"),
        ({"calling_hours": {"monday": []}}, "calling_hours.monday"),
        ({"calling_hours": "sometimes"}, "calling_hours"),
        ({"provider": "twilio", "calling_hours": "always"}, "calling_hours"),
        ({"provider": "carrier-pigeon"}, "provider"),
        ({"retry_rules": {"busy": ["x"]}}, "retry_rules.busy"),
        ({"provider": "twilio", "retry_rules": {"busy": [1]}}, "retry_rules.busy"),
        ({"consent_policy": "waived"}, "consent_waiver_reason"),
        ({"budget": -1}, "budget"),
        ({"caller_ids": ["abc"]}, "caller_ids.0"),
        ({"status": "running"}, "status"),
        ({"total_leads": 5}, "total_leads"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_value_answers_400_and_names_its_field(manager, change, field):
    answer = manager.post(BASE, {"name": "Spring", **change})
    assert answer.status_code == 400, answer.content
    assert field in [error["field"] for error in answer.json()["errors"]]


def test_a_real_provider_asks_for_consent_unless_a_reason_is_written(manager):
    assert manager.post(BASE, {"name": "A", "provider": "twilio"}).json()["consent_policy"] == "require"
    waived = {"name": "B", "provider": "twilio", "consent_policy": "waived", "consent_waiver_reason": "Own customers"}
    assert manager.post(BASE, waived).json()["consent_policy"] == "waived"
    simulated = manager.post(BASE, {"name": "C"}).json()
    refused = manager.patch(f"{BASE}/{simulated['id']}", {"provider": "twilio", "consent_policy": "waived"})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "consent_waiver_reason"
    moved = manager.patch(f"{BASE}/{simulated['id']}", {"provider": "twilio"}).json()
    assert (moved["consent_policy"], moved["consent_waiver_reason"]) == ("require", "")


def test_short_waits_and_fractions_are_taken_for_the_simulator(manager):
    answer = manager.post(BASE, {"name": "A", "retry_rules": {"busy": [0.05], "no_answer": [0]}})
    assert answer.status_code == 201
    assert answer.json()["retry_rules"] == {"busy": [0.05], "no_answer": [0]}


def test_agents_read_and_managers_write(workspace, campaign):
    agent = workspace.api("agent")
    assert agent.get(BASE).json()["total"] == 1
    assert agent.post(BASE, {"name": "x"}).status_code == 403
    assert agent.patch(f"{BASE}/{campaign['id']}", {"name": "x"}).status_code == 403
    for act in ("start", "pause", "resume", "stop"):
        assert agent.post(f"{BASE}/{campaign['id']}/{act}").status_code == 403


def test_another_workspace_sees_and_reaches_nothing(stranger, manager, campaign):
    row = add(manager, campaign, "+12127360001").json()
    other, at = stranger.api("admin"), f"{BASE}/{campaign['id']}"
    assert other.get(BASE).json()["items"] == []
    for answer in (
        other.get(at),
        other.patch(at, {"name": "x"}),
        other.delete(at),
        other.post(f"{at}/start"),
        other.get(f"{at}/stats"),
        other.get(f"{at}/preflight"),
        other.get(f"{at}/contacts"),
        other.post(f"{at}/contacts", {"phone_number": "+12127360002"}),
        other.post(f"{at}/contacts/bulk", {"contact_ids": []}),
        other.delete(f"{at}/contacts/{row['id']}"),
    ):
        assert answer.status_code == 404, answer.content


def test_a_change_counts_versions(manager, campaign):
    at = f"{BASE}/{campaign['id']}"
    etag = manager.get(at)["ETag"]
    changed = manager.patch(at, {"max_concurrent_calls": 4, "caller_ids": ["(212) 736-5000"]}, HTTP_IF_MATCH=etag)
    assert changed.status_code == 200
    assert (changed.json()["max_concurrent_calls"], changed.json()["caller_ids"]) == (4, ["+12127365000"])
    assert manager.patch(at, {"name": "x"}, HTTP_IF_MATCH=etag).status_code == 412


def test_a_start_tells_how_many_are_due_and_happens_once(manager, campaign, after_commit):
    heard = []
    campaign_started.connect(lambda **said: heard.append(said["campaign_id"]), weak=False, dispatch_uid="test")
    for number in ("+12127360001", "+12127360002"):
        assert add(manager, campaign, number).status_code == 201
    with after_commit():
        started = manager.post(f"{BASE}/{campaign['id']}/start")
    campaign_started.disconnect(dispatch_uid="test")
    assert started.json() == {"status": "running", "jobs_enqueued": 2}
    assert heard == [campaign["id"]]
    again = manager.post(f"{BASE}/{campaign['id']}/start")
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    assert manager.get(f"{BASE}/{campaign['id']}").json()["started_at"]


def test_nobody_to_call_is_no_start(manager, campaign):
    answer = manager.post(f"{BASE}/{campaign['id']}/start")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_pending_leads")


def test_without_minutes_nothing_starts(manager, workspace, campaign):
    add(manager, campaign, "+12127360001")
    with workspace.scope():
        account = LedgerAccount.objects.get(kind="minutes")
        LedgerEntry.objects.create(account=account, kind="capture", amount=-1000, key="spent")
        LedgerAccount.objects.filter(pk=account.pk).update(balance=0)
    assert manager.post(f"{BASE}/{campaign['id']}/start").status_code == 402


def test_without_any_consent_a_real_campaign_does_not_start(manager, with_twilio):
    campaign = manager.post(BASE, {"name": "Real", "provider": "twilio"}).json()
    add(manager, campaign, "+12127360001")
    answer = manager.post(f"{BASE}/{campaign['id']}/start")
    assert (answer.status_code, answer.json()["code"]) == (409, "compliance_block")
    assert answer.json()["reasons"] == ["no_consent"]


def test_pause_resume_and_stop_follow_the_table(manager, campaign, after_commit):
    heard = []
    campaign_stopping.connect(lambda **said: heard.append(said["hang_up"]), weak=False, dispatch_uid="test")
    at = f"{BASE}/{campaign['id']}"
    add(manager, campaign, "+12127360001")
    for act in ("pause", "resume", "stop"):
        assert manager.post(f"{at}/{act}").status_code == 409
    manager.post(f"{at}/start")
    assert manager.delete(at).status_code == 409
    paused = manager.post(f"{at}/pause")
    assert paused.json() == {"status": "paused", "in_flight": 0}
    assert manager.get(at).json()["pause_reason"] == "user"
    assert manager.post(f"{at}/pause").status_code == 409
    assert manager.post(f"{at}/start").status_code == 409
    assert manager.post(f"{at}/resume").json()["status"] == "running"
    assert manager.get(at).json()["pause_reason"] == ""
    with after_commit():
        assert manager.post(f"{at}/stop?hang_up=true").json()["status"] == "stopped"
    campaign_stopping.disconnect(dispatch_uid="test")
    assert heard == [True]
    for act in ("start", "pause", "resume", "stop"):
        assert manager.post(f"{at}/{act}").status_code == 409
    assert add(manager, campaign, "+12127360009").json()["code"] == "campaign_ended"


def test_a_stop_with_a_call_in_flight_waits_for_its_end(manager, workspace, campaign):
    from calls.models import Call

    row = add(manager, campaign, "+12127360001").json()
    manager.post(f"{BASE}/{campaign['id']}/start")
    with workspace.scope():
        lead = CampaignLead.objects.get(pk=row["id"])
        Call.objects.create(
            campaign_id=campaign["id"], campaign_lead=lead, phone_number=lead.phone_number, dial_state="placed"
        )
    assert manager.post(f"{BASE}/{campaign['id']}/stop").json() == {"status": "stopping", "in_flight": 1}


def test_deleting_keeps_the_row_for_its_calls(manager, workspace, campaign):
    at = f"{BASE}/{campaign['id']}"
    assert manager.delete(at).status_code == 204
    assert manager.get(at).status_code == 404
    assert manager.get(BASE).json()["total"] == 0
    with workspace.scope():
        assert Campaign.objects.filter(pk=campaign["id"]).exists()


def test_the_statistics_add_up(manager, workspace, campaign):
    from campaigns.tests.test_attempts import ended_call

    rows = [add(manager, campaign, f"+1212736000{n}").json() for n in range(3)]
    with workspace.scope():
        leads = [CampaignLead.objects.select_related("campaign").get(pk=row["id"]) for row in rows]
        call = ended_call(leads[0], 1, "completed", answered_by="human", duration_seconds=90, cost="0.1500")
        call.answered_at = call.ended_at
        call.save()
        ended_call(leads[1], 1, "busy", duration_seconds=0)
    stats = manager.get(f"{BASE}/{campaign['id']}/stats").json()
    body = manager.get(f"{BASE}/{campaign['id']}").json()
    assert sum(stats["job_status_counts"].values()) == body["total_leads"] == 3
    assert {k: v for k, v in stats["calls_by_outcome"].items() if v} == {"completed": 1, "busy": 1}
    assert (body["calls_completed"], body["calls_failed"]) == (1, 1)
    assert (stats["answer_rate"], stats["average_duration_seconds"], stats["minutes"]) == (0.5, 90.0, 1.5)
    assert (stats["cost"], stats["in_flight"]) == ("0.1500", 0)
    assert sum(hour["calls"] for hour in stats["by_hour"]) == 2


@pytest.mark.parametrize("query", ["status=flying", "colour=red", "page_size=0", "ordering=password"])
def test_a_bad_parameter_answers_400(manager, campaign, query):
    assert manager.get(f"{BASE}?{query}").status_code == 400
    assert manager.get(f"{BASE}/{campaign['id']}/contacts?{query}").status_code == 400


def test_lists_take_the_same_queries_for_one_row_and_three(manager, campaign, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as one:
        manager.get(BASE)
    for name in ("B", "C"):
        manager.post(BASE, {"name": name})
    with CaptureQueriesContext(connection) as three:
        assert manager.get(BASE).json()["total"] == 3
    assert len(one) == len(three)
