"""Campaigns that start by themselves, consents that come with leads, and the why-log."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns import scheduling
from campaigns.consents import record_consents_of_leads
from campaigns.models import Campaign, Consent
from campaigns.timeline import lead_entries
from campaigns.verdicts import apply_refusals, judge_leads
from core.problems import DomainError, InvalidInput
from leads.models import Lead, Submission

pytestmark = pytest.mark.django_db


def due(campaign):
    Campaign.objects.filter(pk=campaign.pk).update(scheduled_at=timezone.now() - timedelta(seconds=1))


def test_a_campaign_starts_at_its_time_and_not_before(make_campaign, make_lead, scoped):
    campaign = make_campaign()
    make_lead(campaign)
    later = timezone.now() + timedelta(hours=1)
    planned = scheduling.schedule_campaign(actor=scoped.manager, campaign=campaign, at=later)
    assert planned.status == "scheduled"
    assert scheduling.start_due_campaigns() == 0
    due(campaign)
    assert scheduling.start_due_campaigns() == 1
    campaign.refresh_from_db()
    assert (campaign.status, campaign.scheduled_at) == ("running", None)


def test_what_cannot_start_becomes_a_draft_that_says_why(make_campaign, scoped):
    campaign = make_campaign()
    scheduling.schedule_campaign(actor=scoped.manager, campaign=campaign, at=timezone.now() + timedelta(hours=1))
    due(campaign)
    assert scheduling.start_due_campaigns() == 0
    campaign.refresh_from_db()
    assert campaign.status == "draft"
    assert "nobody to call" in campaign.pause_detail


def test_a_plan_lies_ahead_and_can_be_taken_back(make_campaign, make_lead, scoped):
    campaign = make_campaign()
    with pytest.raises(InvalidInput):
        scheduling.schedule_campaign(actor=scoped.manager, campaign=campaign, at=timezone.now())
    at = timezone.now() + timedelta(hours=1)
    campaign = scheduling.schedule_campaign(actor=scoped.manager, campaign=campaign, at=at)
    assert scheduling.schedule_campaign(actor=scoped.manager, campaign=campaign, at=None).status == "draft"
    Campaign.objects.filter(pk=campaign.pk).update(status="running")
    with pytest.raises(DomainError):
        scheduling.schedule_campaign(actor=scoped.manager, campaign=campaign, at=at)


def test_the_consent_of_a_form_becomes_proof_once(make_campaign, make_lead, scoped):
    row = make_lead(make_campaign(consent_policy="require"), status="blocked", status_reason="no_consent")
    Lead.objects.filter(pk=row.lead_id).update(consent=True, source="web")
    Submission.objects.create(
        lead=row.lead, consent=True, consent_wording="Call me.", consent_version=3, address="203.0.113.9"
    )
    assert record_consents_of_leads([row.lead_id]) == 1
    assert record_consents_of_leads([row.lead_id]) == 0
    consent = Consent.objects.get()
    assert (consent.wording, consent.proof["wording_version"], consent.proof["address"]) == (
        "Call me.",
        3,
        "203.0.113.9",
    )
    row.refresh_from_db()
    assert row.status == "pending"


def test_the_why_log_is_read_on_the_lead_and_exported(make_campaign, make_lead, workspace, scoped):
    row = make_lead(make_campaign(consent_policy="require"))
    now = timezone.now()
    verdicts = judge_leads(campaign=row.campaign, leads=[row], now=now)
    apply_refusals(leads=[row], verdicts=verdicts, now=now)
    assert [(e.title, e.detail) for e in lead_entries(row.lead)] == [("Not called", "No consent · Spring renewals")]
    api = workspace.api("manager")
    listed = api.get(f"/api/v1/why-log?phone_number={row.phone_number[1:]}").json()
    assert [item["rule"] for item in listed["items"]] == ["no_consent"]
    answer = api.get(f"/api/v1/why-log/export?contact={row.contact_id}")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert '"phone_number","campaign"' in lines[0]
    assert "no_consent" in lines[1]
    assert workspace.api("agent").get("/api/v1/why-log/export").status_code == 403
