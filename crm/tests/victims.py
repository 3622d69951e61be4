"""One record for each API address that names one: (workspace) -> path parameters. Its scope is open."""

import uuid
from collections.abc import Callable
from typing import Any

from accounts.models import ApiKey, LedgerEntry, WebhookDelivery, WebhookEndpoint

# Addresses with parameters that name no record of a workspace, with the reason.
NO_RECORD: dict[str, str] = {
    "public-lead": "open to whoever holds the edit token; leads/tests/test_public_intake.py meets it without one",
    "telephony-webhook": "a provider's name; the call is proved by its token",
    "enrichment-numbers": "an unguessable token, made for one provider and one question",
}


def _contact(**values: Any) -> Any:
    from contacts.models import Contact

    slug = uuid.uuid4().hex[:10]
    return Contact.objects.create(**{"first_name": "Vic", "last_name": "Tim", "email": f"{slug}@victim.test", **values})


def _lead() -> Any:
    from leads.models import Lead

    contact = _contact()
    return Lead.objects.create(contact=contact, first_name="Vic", last_name="Tim", email=contact.email)


def _note() -> Any:
    from notes.models import Note

    return Note.objects.create(lead=_lead(), content="secret")


def _call() -> Any:
    from calls.models import Call, Conversation

    call = Call.objects.create(phone_number="+12025550171", callback_token="secret", dial_state="ended", status="ended")
    Conversation.objects.create(call=call, transcript="secret", messages=[])
    return call


def _recording() -> Any:
    from calls.models import Recording

    return Recording.objects.create(call=_call(), status="available", file="secret.wav", size_bytes=6)


def _endpoint() -> Any:
    return WebhookEndpoint.objects.create(url="https://example.com/hook", secret="whsec_AAAA")


def _delivery() -> dict[str, Any]:
    delivery = WebhookDelivery.objects.create(endpoint=_endpoint(), event="contact.created", payload={})
    return {"endpoint_id": delivery.endpoint_id, "pk": delivery.pk}


def _tie() -> Any:
    from network.models import Relationship

    return Relationship.objects.create(from_contact=_contact(), to_contact=_contact())


def _introduction() -> Any:
    from network.models import Introduction

    return Introduction.objects.create(to_contact=_contact(), via_contact=_contact())


def _import(kind: str) -> Any:
    from contacts.models import Import

    return Import.objects.create(kind=kind, file="secret.csv", file_name="secret.csv", sha256="0" * 64)


def _campaign() -> Any:
    from campaigns.models import Campaign

    return Campaign.objects.create(name="Secret campaign")


def _campaign_lead() -> Any:
    from campaigns.models import CampaignLead

    lead = _lead()
    return CampaignLead.objects.create(
        campaign=_campaign(), lead=lead, contact_id=lead.contact_id, phone_number="+12025550172"
    )


def _batch() -> Any:
    from campaigns.models import LeadBatch

    return LeadBatch.objects.create(campaign=_campaign(), source="contacts")


def _of_campaign(record: Any) -> dict[str, Any]:
    return {"campaign_id": record.campaign_id, "pk": record.pk}


def _do_not_call() -> Any:
    from campaigns.models import Suppression

    return Suppression.objects.create(phone_number=f"+1202555{uuid.uuid4().int % 10000:04}")


def _why() -> Any:
    from campaigns.models import WhyEntry

    return WhyEntry.objects.create(phone_number="+12025550173", rule="do_not_call", allowed=False)


def _cleaning(model: str) -> Any:
    """A record of the work of keeping contacts clean."""
    from contacts import models

    if model == "DuplicatePair":
        first, second = sorted((_contact(), _contact()), key=lambda c: c.pk)
        return models.DuplicatePair.objects.create(first=first, second=second, score=0.9)
    if model == "Merge":
        return models.Merge.objects.create(kept=_contact(), other=_contact())
    if model == "CustomField":
        return models.CustomField.objects.create(key=f"k{uuid.uuid4().hex[:8]}", label="Secret")
    if model == "SavedView":
        return models.SavedView.objects.create(name=uuid.uuid4().hex[:8], is_shared=True)
    return models.BulkAction.objects.create(action="tag")


VICTIMS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "user-detail": lambda w: {"pk": w.manager.pk},
    "api-key-detail": lambda w: {"pk": ApiKey.objects.order_by("created_at")[0].pk},
    "ledger-detail": lambda w: {"pk": LedgerEntry.objects.filter(account__kind="credits")[0].pk},
    "webhook-endpoint-detail": lambda w: {"pk": _endpoint().pk},
    "webhook-deliveries": lambda w: {"endpoint_id": _endpoint().pk},
    "webhook-redeliver": lambda w: _delivery(),
    "lead-notes": lambda w: {"lead_id": _lead().pk},
    "contact-enrich": lambda w: {"contact_id": _contact().pk},
    "contact-enrichments": lambda w: {"contact_id": _contact().pk},
    "contact-notes": lambda w: {"contact_id": _contact().pk},
    "note-history": lambda w: {"note_id": _note().pk},
    "note-detail": lambda w: {"pk": _note().pk},
}
for _name in ("detail", "restore"):
    VICTIMS[f"contact-{_name}"] = lambda w: {"pk": _contact().pk}
for _name in ("detail", "transcript", "disposition"):
    VICTIMS[f"call-{_name}"] = lambda w: {"pk": _call().pk}
VICTIMS["recording"] = lambda w: {"recording_id": _recording().pk}
for _name in ("detail", "state", "resume", "restore"):
    VICTIMS[f"lead-{_name}"] = lambda w: {"pk": _lead().pk}
VICTIMS["relationship-detail"] = lambda w: {"pk": _tie().pk}
VICTIMS["graph-network"] = lambda w: {"contact_id": _contact().pk}
for _name in ("detail", "accept", "decline", "complete"):
    VICTIMS[f"introduction-{_name}"] = lambda w: {"pk": _introduction().pk}
for _name in ("merge", "timeline"):
    VICTIMS[f"contact-{_name}"] = lambda w: {"pk": _contact().pk}
for _name in ("detail", "errors", "undo", "cancel"):
    VICTIMS[f"contact-import-{_name}"] = lambda w: {"pk": _import("contacts").pk}
    VICTIMS[f"lead-import-{_name}"] = lambda w: {"pk": _import("leads").pk}
for _name in ("detail", "copy", "pause", "preflight", "prompt-preview", "resume", "schedule", "start", "stats", "stop"):
    VICTIMS[f"campaign-{_name}"] = lambda w: {"pk": _campaign().pk}
for _name in ("bulk", "lead-list"):
    VICTIMS[f"campaign-{_name}"] = lambda w: {"campaign_id": _campaign().pk}
VICTIMS["campaign-lead-detail"] = lambda w: _of_campaign(_campaign_lead())
VICTIMS["campaign-batch"] = lambda w: _of_campaign(_batch())
VICTIMS["do-not-call-detail"] = lambda w: {"pk": _do_not_call().pk}
VICTIMS["why-log-detail"] = lambda w: {"pk": _why().pk}
for _name, _model in {
    "duplicate-detail": "DuplicatePair",
    "duplicate-dismiss": "DuplicatePair",
    "merge-undo": "Merge",
    "custom-field-detail": "CustomField",
    "saved-view-detail": "SavedView",
    "bulk-action-detail": "BulkAction",
    "bulk-action-undo": "BulkAction",
}.items():
    VICTIMS[_name] = lambda w, model=_model: {"pk": _cleaning(model).pk}
