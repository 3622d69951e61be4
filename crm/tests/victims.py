"""One record for each API address that names one: (workspace) -> path parameters. Its scope is open."""

import uuid
from collections.abc import Callable
from typing import Any

from accounts.models import ApiKey, LedgerEntry, WebhookDelivery, WebhookEndpoint

# Addresses with parameters that name no record of a workspace, with the reason.
NO_RECORD: dict[str, str] = {
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
