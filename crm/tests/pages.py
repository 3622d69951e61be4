"""Every page of the product: the least role that may see it, whether it only takes forms, and the record it is about."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import ApiKey, WebhookEndpoint
from core.models import Email
from crm.tests.victims import VICTIMS

NUMBER = "+12025550171"
Record = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True)
class Page:
    """One entry of the table."""

    role: str
    form: bool
    record: Record | None


def _none(workspace: Any) -> dict[str, Any]:
    return {}


def _campaign(workspace: Any) -> dict[str, Any]:
    from campaigns.models import Campaign

    return {"pk": Campaign.objects.create(name="Spring offer", calling_hours="always", consent_policy="waived").pk}


def _lead_bulk(workspace: Any) -> dict[str, Any]:
    from leads.models import BulkRun

    return {"pk": BulkRun.objects.create(action="delete", total=3, changed=3, created_by=workspace.agent).pk}


def _person(workspace: Any) -> dict[str, Any]:
    from campaigns.models import CampaignLead
    from leads.models import Lead

    campaign = _campaign(workspace)["pk"]
    lead = Lead.objects.get(pk=VICTIMS["lead-detail"](workspace)["pk"])
    row = CampaignLead.objects.create(
        campaign_id=campaign, lead=lead, contact=lead.contact, phone_number=NUMBER, zones=["America/New_York"]
    )
    return {"pk": campaign, "campaign_lead_id": row.pk}


def _batch(workspace: Any) -> dict[str, Any]:
    from campaigns.models import LeadBatch

    campaign = _campaign(workspace)["pk"]
    return {"pk": campaign, "batch_id": LeadBatch.objects.create(campaign_id=campaign, source="filter").pk}


def _suppression(workspace: Any) -> dict[str, Any]:
    from campaigns.models import Suppression

    return {"pk": Suppression.objects.create(phone_number=NUMBER, reason="asked for it").pk}


def _import(workspace: Any) -> dict[str, Any]:
    from contacts.models import Import

    options = {"file": {"header": ["Email"]}}
    return {"pk": Import.objects.create(file_name="people.csv", options=options, mapping={"targets": ["email"]}).pk}


def _run(workspace: Any) -> dict[str, Any]:
    from enrichment.models import EnrichmentRun

    contact = VICTIMS["contact-detail"](workspace)["pk"]
    return {"pk": contact, "run_id": EnrichmentRun.objects.create(contact_id=contact).pk}


def _enrichment_batch(workspace: Any) -> dict[str, Any]:
    from enrichment.models import EnrichmentBatch

    return {"pk": EnrichmentBatch.objects.create(total=3).pk}


def _task(workspace: Any) -> dict[str, Any]:
    from leads.models import Task

    lead = VICTIMS["lead-detail"](workspace)["pk"]
    due = timezone.now() - timedelta(hours=1)
    return {"pk": Task.objects.create(title="Ring back", lead_id=lead, owner=workspace.agent, due_at=due).pk}


def _email(workspace: Any) -> dict[str, Any]:
    key = str(uuid.uuid4())
    mail = Email.objects.create(kind="lead_received", key=key, to=["a@b.test"], subject="New lead", text="Hi")
    return {"pk": mail.pk}


RECORDS: dict[str, Record] = {
    "-": _none,
    "user": lambda w: {"pk": w.manager.pk},
    "key": lambda w: {"pk": ApiKey.objects.order_by("created_at")[0].pk},
    "endpoint": lambda w: {
        "pk": WebhookEndpoint.objects.create(url="https://example.com/hook", secret="whsec_AAAA").pk
    },
    "contact": VICTIMS["contact-detail"],
    "field": lambda w: VICTIMS["contact-detail"](w) | {"name": "company"},
    "import": _import,
    "bulk-action": VICTIMS["bulk-action-detail"],
    "run": _run,
    "provider": lambda w: {"name": "simulated"},
    "lead-bulk": _lead_bulk,
    "voice": lambda w: {"name": "vapi"},
    "enrichment-batch": _enrichment_batch,
    "lead": VICTIMS["lead-detail"],
    "note": VICTIMS["note-detail"],
    "call": VICTIMS["call-detail"],
    "campaign": _campaign,
    "step": lambda w: _campaign(w) | {"step": "start"},
    "person": _person,
    "batch": _batch,
    "number": _suppression,
    "task": _task,
    "mail": _email,
    "form": lambda w: {"form_key": w.form_key},
}
# name, least role, what it is (page or form), record
_TABLE = """
home agent page -
gallery agent page -
account agent page -
workspace-settings admin page -
people admin page -
person-new admin page -
person admin page user
api-keys admin page -
api-key-revoke admin form key
webhooks-page admin page -
webhook-delete admin form endpoint
credits-page manager page -
audit-page admin page -
intake-settings admin page -
mail-list admin page -
mail-detail admin page mail
mail-resend admin form mail
public-form nobody page form
public-form-sent nobody page form
contacts:list agent page -
contacts:new agent page -
contacts:bulk agent form -
contacts:bulk-detail agent page bulk-action
contacts:bulk-undo agent form -
contacts:trash agent page -
contacts:import manager page -
contacts:imports manager page -
contacts:import-detail manager page import
contacts:import-start manager form import
contacts:import-progress manager page import
contacts:import-cancel manager form import
contacts:import-undo manager form import
contacts:import-errors manager page import
contacts:detail agent page contact
contacts:edit agent page contact
contacts:resolve agent form contact
contacts:delete agent form contact
contacts:restore agent form contact
contacts:purge admin form contact
contacts:field agent page field
enrich agent form contact
enrichment-panel agent page contact
enrichment-undo agent form run
enrichment-providers-page admin page -
enrichment-provider admin page provider
enrichment-provider-earlier admin form provider
enrichment-spend manager page -
enrichment-batch-new manager page -
enrichment-batch-start manager form -
enrichment-batch manager page enrichment-batch
enrichment-batch-cancel manager form enrichment-batch
enrichment-batch-undo manager form enrichment-batch
contacts:duplicates agent page -
contacts:duplicate-dismiss agent form -
contacts:merge agent page contact
contacts:merge-undo agent form -
contacts:export manager page -
contacts:view-save agent form -
contacts:view-delete agent form -
contacts:fields admin page -
contacts:field-delete admin form -
search agent page -
network agent page -
network-options agent page -
network-add-tie agent form -
network-join agent form -
tie-import manager page -
referral-judge manager form -
introductions agent page -
introduction-new agent page -
introduction-step agent form -
leaderboard agent page -
referral-link nobody page -
answer-introduction nobody page -
lead-import manager page -
campaign-prompt agent page campaign
campaign-schedule manager form campaign
campaign-import manager form campaign
why-log-page agent page -
calls:list agent page -
calls:numbers manager page -
calls:voice-providers admin page -
calls:voice-provider admin page voice
calls:voice-provider-check admin form voice
calls:voice-provider-forget admin form voice
calls:detail agent page call
calls:disposition agent form call
calls:note agent form call
calls:hang-up agent form call
calls:note-and-next agent form call
calls:queue agent page -
calls:try-prompt manager form campaign
calls:next agent form -
calls:call-lead agent form lead
calls:call-contact agent form contact
today agent page -
task-new agent form -
task-done agent form task
task-reopen agent form task
task-put-off agent form task
leads-page agent page -
lead-new agent page -
lead-board agent page -
lead-trash agent page -
lead-bulk agent form -
lead-bulk-detail agent page lead-bulk
lead-bulk-undo agent form lead-bulk
lead-export manager page -
lead-export-excel manager page -
lead-page agent page lead
lead-edit agent page lead
lead-state-page agent form lead
lead-owner agent form lead
lead-delete agent form lead
lead-restore-page agent form lead
lead-purge admin form lead
lead-resume-page agent page lead
notes-page agent page -
note-new agent form -
note-edit agent page note
note-history-page agent page note
note-pin agent form note
note-delete agent form note
note-restore agent form note
campaigns agent page -
campaign-new manager page -
campaign agent page campaign
campaign-live agent page campaign
campaign-edit manager page campaign
campaign-delete manager form campaign
campaign-copy manager form campaign
campaign-preflight agent page campaign
campaign-step manager form step
campaign-people agent page person
campaign-add manager page campaign
campaign-add-many manager form campaign
campaign-batch-page agent page batch
campaign-person-remove manager form person
do-not-call-page agent page -
do-not-call-new manager page -
do-not-call-import-page manager form -
do-not-call-remove manager form number
"""
PAGES = {
    name: Page(role, kind == "form", RECORDS[record])
    for name, role, kind, record in (line.split() for line in _TABLE.strip().splitlines())
}
# Addresses that are no pages of people who are signed in, with the reason.
NOT_WALKED = {
    "login": "for nobody who is signed in; crm/tests/test_every_page.py looks at it by itself",
    "logout": "ends the session; likewise",
    "healthz": "for machines",
    "readyz": "for machines",
    "metrics": "for machines",
    "campaign-events": "a stream of events; campaigns/tests/test_live_events.py reads it",
}


def parameters(record: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
    """What an address wants of a record."""
    return {name: record[name] if name in record else _made_up(name) for name in wanted}


def _made_up(parameter: str) -> str:
    return {"step": "start", "name": "simulated"}.get(parameter) or str(uuid.uuid4())
