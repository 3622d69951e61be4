"""What a provider reports is believed once, and only when it is signed."""

import json
import time
import uuid

import pytest

from calls.models import Call, CallEvent, Conversation, OrphanEvent, Recording
from calls.tests.conftest import Desk
from campaigns.models import CampaignLead, Suppression
from core.models import OutboxMessage
from simulator.webhooks import sign

pytestmark = pytest.mark.django_db
SECRET = "secret-of-the-test"
NUMBER = "+12025550171"
PATH = "/api/v1/webhooks/telephony/simulated"


@pytest.fixture
def call(workspace, settings):
    """A placed call of a campaign."""
    settings.SIMULATOR_SECRET, settings.SIMULATOR_SPEED = SECRET, 1
    campaign = Desk(workspace).campaign([NUMBER])
    with workspace.scope():
        lead = CampaignLead.objects.get(campaign=campaign)
        CampaignLead.objects.filter(pk=lead.pk).update(status="dialing", attempts=1)
        made = Call.objects.create(
            campaign=campaign,
            campaign_lead=lead,
            lead_id=lead.lead_id,
            contact_id=lead.contact_id,
            phone_number=NUMBER,
            callback_token="right-token",
            dial_state="placed",
            provider_call_id="SIM0000000001",
        )
        made.refresh_from_db()
        return made


def event(call, sequence=1, kind="call.ringing", **facts):
    return {
        "id": f"EV-{call.pk}-{sequence}",
        "type": kind,
        "call_id": "SIM0000000001",
        "reference": str(call.pk),
        "sequence": sequence,
        "occurred_at": "2026-11-21T01:00:00+00:00",
        **facts,
    }


def post(client, body, *, secret=SECRET, token="right-token", attempt=None, path=PATH, at=None):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    attempt = attempt or (body["reference"] if isinstance(body, dict) else "")
    query = f"?attempt={attempt}&token={token}" if token else ""
    signature = sign(secret, raw, at or int(time.time()))
    headers = {"HTTP_X_SIMULATOR_SIGNATURE": signature} if secret else {}
    return client.generic("POST", path + query, raw, content_type="application/json", **headers)


ENDED = {
    "outcome": "completed",
    "answered_by": "human",
    "duration_seconds": 75,
    "cost": "0.1175",
    "summary": "Wants a quote.",
    "transcript": [{"role": "person", "content": "Send me a quote.", "at": 2.5}],
    "disposition": "interested",
}


def test_a_call_rises_through_its_events_to_its_end(workspace, client, call):
    assert post(client, event(call, 1)).status_code == 200
    assert post(client, event(call, 2, "call.answered", answered_by="human")).status_code == 200
    with workspace.scope():
        call.refresh_from_db()
        assert (call.status, call.answered_by) == ("in_progress", "human")
        assert CampaignLead.objects.get().status == "in_call"
    assert post(client, event(call, 3, "call.ended", **ENDED)).status_code == 200
    with workspace.scope():
        call.refresh_from_db()
        assert (call.status, call.outcome, call.dial_state, call.duration_seconds) == (
            "ended",
            "completed",
            "ended",
            75,
        )
        assert str(call.cost) == "0.1175"
        lead = CampaignLead.objects.select_related("lead").get()
        assert (lead.status, lead.lead.state) == ("done", "reached_out")
        assert Conversation.objects.get().transcript == "[0:02] Person: Send me a quote."


def test_a_repeat_has_no_effect(workspace, client, call):
    body = event(call, 3, "call.ended", **ENDED)
    assert post(client, body).json() == {"result": "applied"}
    again = post(client, body)
    assert (again.status_code, again.json()) == (200, {"result": "repeated"})
    with workspace.scope():
        assert CallEvent.objects.count() == 1


def test_a_late_ringing_does_not_bring_an_ended_call_back(workspace, client, call):
    post(client, event(call, 3, "call.ended", **ENDED))
    assert post(client, event(call, 1)).status_code == 200
    with workspace.scope():
        call.refresh_from_db()
        assert (call.status, call.dial_state) == ("ended", "ended")


def test_a_late_fact_fills_what_is_empty_and_nothing_else(workspace, client, call):
    post(client, event(call, 3, "call.ended", outcome="completed", duration_seconds=30))
    post(client, event(call, 4, "call.ended", **ENDED))
    with workspace.scope():
        call.refresh_from_db()
        assert (call.duration_seconds, str(call.cost), call.summary) == (30, "0.1175", "Wants a quote.")


def test_a_recording_is_ordered_once(workspace, client, call):
    for sequence in (4, 5):
        ready = event(call, sequence, "recording.ready", recording_id="REC0000000001", duration=75)
        assert post(client, ready).status_code == 200
    with workspace.scope():
        assert Recording.objects.get().status == "pending"
        assert OutboxMessage.objects.filter(topic="calls.copy_recording").count() == 1


def test_an_opt_out_suppresses_the_number_with_its_proof(workspace, client, call):
    said = [{"role": "person", "content": "Do not call me again.", "at": 3}]
    ended = {"outcome": "opt_out", "answered_by": "human", "duration_seconds": 20, "transcript": said}
    post(client, event(call, 3, "call.ended", **ended))
    with workspace.scope():
        entry = Suppression.objects.get()
        assert entry.phone_number == NUMBER
        assert entry.proof["said"] == ["Do not call me again."]
        lead = CampaignLead.objects.get()
        assert (lead.status, lead.status_reason) == ("blocked", "do_not_call")


def test_an_event_without_a_good_signature_is_refused_and_leaves_nothing(workspace, client, call):
    body = event(call)
    assert post(client, body, secret="wrong").status_code == 403
    assert post(client, body, secret="").status_code == 403
    assert post(client, body, at=int(time.time()) - 3600).status_code == 403
    assert post(client, body, token="wrong-token").status_code == 403
    with workspace.scope():
        call.refresh_from_db()
        assert call.status == "initiated"
        assert not CallEvent.objects.exists()


def test_a_call_nobody_placed_is_kept_as_an_orphan(client, call):
    body = {**event(call), "reference": str(uuid.uuid4())}
    answer = post(client, body, token="")
    assert (answer.status_code, answer.json()) == (202, {"result": "orphan"})
    assert post(client, body, token="").status_code == 202
    assert OrphanEvent.objects.count() == 1


def test_nonsense_never_breaks_anything(client, call):
    assert post(client, b"{", token="").status_code == 400
    assert post(client, b"[]", token="").status_code == 400
    assert post(client, {"id": "x", "reference": "\x00"}, token="").status_code == 400
    odd = event(call, 9, "call.exploded", duration_seconds=-1, cost="many", transcript="no", answered_by=7)
    assert post(client, odd).status_code == 200
    assert post(client, event(call, 8, "call.ended", outcome="completed", duration_seconds=10**12)).status_code == 200
    assert post(client, event(call), path="/api/v1/webhooks/telephony/nobody").status_code == 404
    assert post(client, b" " * (256 * 1024 + 1), token="").status_code == 413
    assert client.get(PATH).status_code == 405


def test_minutes_held_are_settled_by_begun_minutes(workspace, client, call):
    from accounts import ledger

    with workspace.scope():
        ledger.hold(kind="minutes", amount=5, key=f"call:{call.pk}")
        Call.objects.filter(pk=call.pk).update(minutes_held=5)
    post(client, event(call, 3, "call.ended", **ENDED))
    with workspace.scope():
        account = ledger.get_account("minutes")
        assert (account.balance, account.held) == (998, 0)
        assert ledger.drift() == []
