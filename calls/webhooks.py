"""Events from providers: verified, stored once, and applied to their call in one transaction."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Mapping
from typing import Any

import orjson
from django.conf import settings
from django.db import OperationalError, connection, transaction

from calls import telephony
from calls.dialer import finish
from calls.models import Call, OrphanEvent
from calls.providers import base
from core.ids import uuid7
from core.problems import DomainError, InvalidInput
from core.scope import tenant_context

MOST_BYTES = 256 * 1024
TRIES = 3


class BadSignature(DomainError):
    """The event was not sent by the provider, or not to this address."""

    code = "bad_signature"
    status = 403
    title = "The signature is not valid."


def receive(
    *,
    provider: str,
    headers: Mapping[str, str],
    body: bytes,
    path: str,
    attempt: str = "",
    token: str = "",
) -> str:
    """Take one webhook; answer `applied`, `repeated`, or `orphan` for a call that nobody here placed.

    `path` is path and query as they were called: the signature is checked over them under our configured
    public address, never the Host header. Raises NotFound for an unknown provider, BadSignature, InvalidInput.
    """
    adapter = telephony.get_provider(provider)
    url = f"{settings.PUBLIC_BASE_URL}{path}"
    try:
        adapter.verify_signature(headers, body, url)
    except base.BadSignature:
        raise BadSignature from None
    try:
        events = adapter.parse_events(headers, body, url)
    except base.MalformedEvent as error:
        raise InvalidInput(f"The event cannot be read: {error.detail}") from None
    results = [_take(provider, event, attempt, token) for event in events]
    return next((result for result in ("applied", "orphan") if result in results), "repeated")


def _take(provider: str, event: base.ProviderEvent, attempt: str, token: str) -> str:
    call_id = _as_uuid(attempt or event.facts.reference)
    tenant_id = _tenant_of(call_id) if call_id else None
    if call_id is None or tenant_id is None:
        return _keep_orphan(provider, event)
    with tenant_context(tenant_id):
        for last in range(TRIES):
            try:
                return _apply(provider, event, call_id, token if attempt else None)
            except OperationalError:  # a deadlock with a claim that meets the same number: whoever lost tries again
                if last == TRIES - 1 or connection.in_atomic_block:
                    raise
    raise AssertionError("unreachable")


@transaction.atomic
def _apply(provider: str, event: base.ProviderEvent, call_id: uuid.UUID, token: str | None) -> str:
    call = Call.objects.for_update().get(pk=call_id)
    if call.provider != provider or (token is not None and not hmac.compare_digest(token, call.callback_token)):
        raise BadSignature
    if not _insert(provider, event, call):
        return "repeated"
    finish.apply_facts(call=call, facts=event.facts)
    return "applied"


def _insert(provider: str, event: base.ProviderEvent, call: Call) -> bool:
    """Store the event; False when it was here before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO calls_callevent (id, tenant_id, call_id, provider, event_key, kind, payload, applied)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, true) ON CONFLICT DO NOTHING",
            [uuid7(), call.tenant_id, call.pk, provider, event.event_key[:200], event.kind.value, _payload(event)],
        )
        return bool(cursor.rowcount)


def _payload(event: base.ProviderEvent) -> str:
    """What is kept of an event: its facts in our words, without what was said (that is kept once, in the call)."""
    facts = event.facts
    kept: dict[str, Any] = {
        "status": facts.status,
        "outcome": facts.outcome,
        "answered_by": facts.answered_by,
        "duration_seconds": facts.duration_seconds,
        "cost": str(facts.cost) if facts.cost is not None else None,
        "disposition": facts.disposition,
        "detail": facts.detail[:300],
        "occurred_at": event.occurred_at,
    }
    return orjson.dumps({name: value for name, value in kept.items() if value not in (None, "")}).decode()


@transaction.atomic
def _keep_orphan(provider: str, event: base.ProviderEvent) -> str:
    row = OrphanEvent(id=uuid7(), provider=provider, event_key=event.event_key[:200], kind=event.kind.value)
    row.payload = {"provider_call_id": event.facts.provider_call_id, "reference": event.facts.reference}
    OrphanEvent.objects.bulk_create([row], ignore_conflicts=True)
    return "orphan"


def _tenant_of(call_id: uuid.UUID) -> uuid.UUID | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT find_call_tenant(%s)", [call_id])
        found: uuid.UUID | None = cursor.fetchone()[0]
    return found


def _as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
