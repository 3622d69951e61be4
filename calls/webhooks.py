"""Events from providers: verified, stored once, and applied to their call in one transaction."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings
from django.core import signing
from django.db import OperationalError, connection, transaction

from calls import telephony
from calls.dialer import finish
from calls.models import Call, OrphanEvent
from calls.providers import base
from core.ids import uuid7
from core.problems import DomainError, InvalidInput
from core.scope import tenant_context

MOST_BYTES = 256 * 1024
_ACCOUNTS = signing.Signer(salt="calls.webhooks.account")
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
    account: str = "",
) -> str:
    """Take one webhook; answer `applied`, `repeated`, or `orphan` for a call that nobody here placed.

    `path` is path and query as they were called: the signature is checked over them under our configured
    public address, never the Host header. Whose secret must have signed is known beforehand: that of the workspace
    of `attempt`, else of `account` (see `webhook_account`), else the installation's; it then counts for calls that
    go over that account alone. Raises NotFound for an unknown provider, BadSignature, InvalidInput.
    """
    named = _find(attempt)
    signer = named.tenant_id if named else _tenant_of_account(account)
    adapter = _adapter(provider, signer)
    url = f"{settings.PUBLIC_BASE_URL}{path}"
    try:
        adapter.verify_signature(headers, body, url)
    except base.BadSignature:
        raise BadSignature from None
    try:
        events = adapter.parse_events(headers, body, url)
    except base.MalformedEvent as error:
        raise InvalidInput(f"The event cannot be read: {error.detail}") from None
    if attempt:
        results = [_take(provider, event, named, token) for event in events]
    else:
        results = [_take(provider, event, _speaks_of(provider, event, adapter), None) for event in events]
    return next((result for result in ("applied", "orphan") if result in results), "repeated")


def webhook_account(tenant_id: uuid.UUID) -> str:
    """What stands as `account` in an address that a workspace enters at its provider; nobody else can make it."""
    return _ACCOUNTS.sign(tenant_id.hex)


def _tenant_of_account(account: str) -> uuid.UUID | None:
    try:
        return _as_uuid(_ACCOUNTS.unsign(account)) if account else None
    except signing.BadSignature:
        raise BadSignature from None


def _adapter(provider: str, tenant_id: uuid.UUID | None) -> base.VoiceProvider:
    """Through which calls of the workspace go, and whose secret therefore signs what is said of them."""
    if tenant_id is None:
        return telephony.shared_provider(provider)
    with tenant_context(tenant_id):
        return telephony.get_provider(provider)


@dataclass(frozen=True, slots=True)
class _Named:
    """A call of ours, and whose it is."""

    call_id: uuid.UUID
    tenant_id: uuid.UUID


def _speaks_of(provider: str, event: base.ProviderEvent, verified: base.VoiceProvider) -> _Named | None:
    """The call an event names by our reference; raises BadSignature when it goes over another account."""
    named = _find(event.facts.reference)
    if named and _adapter(provider, named.tenant_id) is not verified:
        raise BadSignature
    return named


def _take(provider: str, event: base.ProviderEvent, named: _Named | None, token: str | None) -> str:
    if named is None:
        return _keep_orphan(provider, event)
    with tenant_context(named.tenant_id):
        for last in range(TRIES):
            try:
                return _apply(provider, event, named.call_id, token)
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


def _find(text: str) -> _Named | None:
    call_id = _as_uuid(text)
    if call_id is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT find_call_tenant(%s)", [call_id])
        tenant_id: uuid.UUID | None = cursor.fetchone()[0]
    return _Named(call_id, tenant_id) if tenant_id else None


def _as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
