"""Taking a bulk change of leads back: each lead gets back what it had, unless someone changed the same since."""

import uuid
from typing import Any

from django.utils.dateparse import parse_datetime

from accounts import webhooks
from accounts.models import User
from core.problems import DomainError
from leads.models import BulkRun, Lead, LeadEvent
from leads.services import assign_lead, record_event
from network.referrals import mark_open


class NotUndoable(DomainError):
    """The run was taken back already."""

    code = "not_undoable"
    title = "This was taken back already."


def begin(actor: Any, run: BulkRun) -> None:
    """Turn a locked run around; raises NotUndoable. A run that still goes on stops where it is."""
    if run.status in (BulkRun.Status.UNDOING, BulkRun.Status.UNDONE):
        raise NotUndoable
    run.status, run.undone_by, run.last_id, run.filters = BulkRun.Status.UNDOING, actor.user_or_none, None, {}
    run.step += 1
    run.save()


def step_back(run: BulkRun, *, most: int) -> bool:
    """Take back the next events of a run, the newest first; False at the end. The caller saves the run."""
    events = LeadEvent.objects.filter(run=run.pk).order_by("-pk")
    if run.last_id:
        events = events.filter(pk__lt=run.last_id)
    found = list(events[:most])
    leads = {lead.pk: lead for lead in Lead.objects.for_update().filter(pk__in=[e.lead_id for e in found])}
    for event in found:
        run.back += _BACK[event.kind](run.undone_by, leads[event.lead_id], event)
    if len(found) < most:
        run.status = BulkRun.Status.UNDONE
        return False
    run.last_id = found[-1].pk
    return True


def _out_of_the_trash(actor: Any, lead: Lead, event: LeadEvent) -> bool:
    if lead.deleted_at is None or lead.deleted_at != parse_datetime(event.data["at"]):
        return False
    if not Lead.objects.filter(pk=lead.pk, contact__deleted_at=None).update(deleted_at=None):
        return False
    record_event(lead=lead, kind=LeadEvent.Kind.RESTORED, actor=actor)
    return True


def _to_its_owner(actor: Any, lead: Lead, event: LeadEvent) -> bool:
    if str(lead.owner_id or "") != event.data["owner_id"]:
        return False
    before = event.data["before_id"]
    owner = User.objects.filter(pk=uuid.UUID(before)).first() if before else None
    assign_lead(actor=actor, lead=lead, owner=owner)
    return True


def _to_its_state(actor: Any, lead: Lead, event: LeadEvent) -> bool:
    """The way back need not be a legal step: it was not taken, it is taken back."""
    newest = lead.events.filter(kind=LeadEvent.Kind.STATE).order_by("-created_at", "-id").first()
    if newest != event:
        return False
    before, after = event.data["before"], event.data["after"]
    lead.state = before
    if event.data["first"]:
        lead.reached_out_at = None
    lead.save(update_fields=["state", "reached_out_at"])
    record_event(lead=lead, kind=LeadEvent.Kind.STATE, actor=actor, before=after, after=before, reason="undo")
    if after == Lead.State.CONVERTED:
        mark_open(lead_id=lead.pk)
    webhooks.publish(event="lead.state_changed", data={"id": str(lead.pk), "from": after, "to": before})
    return True


_BACK = {
    LeadEvent.Kind.DELETED: _out_of_the_trash,
    LeadEvent.Kind.OWNER: _to_its_owner,
    LeadEvent.Kind.STATE: _to_its_state,
}
