"""Telling integrations: events are written down with the change that causes them and delivered afterwards.

Headers follow Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature: v1,<base64 of
HMAC-SHA256 over "id.timestamp.body">`. A delivery is tried for 24 hours with growing pauses; redirects are not
followed, private addresses are refused at every try, and the answer's body is never kept.
"""

import base64
import contextlib
import datetime as dt
import hashlib
import hmac
import secrets
import time
import uuid
from typing import Any

import httpx
import orjson
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import WebhookDelivery, WebhookEndpoint
from accounts.principals import Actor
from core import net, outbox
from core.problems import DomainError, InvalidInput
from core.scope import current_tenant_id

EVENTS = (
    "contact.created",
    "contact.updated",
    "contact.deleted",
    "lead.created",
    "lead.state_changed",
    "note.created",
    "campaign.started",
    "campaign.completed",
    "call.ended",
    "do_not_call.added",
    "enrichment.completed",
)
PAUSES = [5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 28800]  # seconds before the next try; about 24 hours
GIVE_UP_AFTER = dt.timedelta(days=3)
MOST_ENDPOINTS = 20
TOPIC = "webhook"


class TooManyEndpoints(DomainError):
    """The workspace has as many endpoints as it may have."""

    code = "too_many_endpoints"
    title = f"A workspace has at most {MOST_ENDPOINTS} webhook endpoints."


class UrlRefused(InvalidInput):
    """The address is not one that this server calls."""

    code = "url_not_allowed"


def create_endpoint(*, actor: Actor, url: str, events: list[str], description: str = "") -> WebhookEndpoint:
    """Add an endpoint; `secret` of the answer is shown only now. Refuses addresses that are not public https.

    A name that cannot be looked up just now is taken: each delivery judges the address anew.
    """
    try:
        with contextlib.suppress(net.HostUnknown):
            net.check_public_url(url, allowed_origins=settings.WEBHOOK_ALLOWED_ORIGINS)
    except net.UrlNotAllowed as refused:
        raise UrlRefused(refused.reason, field="url", field_code=refused.code) from None
    if unknown := sorted(set(events) - set(EVENTS)):
        raise InvalidInput(f"There is no event “{unknown[0]}”.", field="events", field_code="invalid_choice")
    if WebhookEndpoint.objects.count() >= MOST_ENDPOINTS:
        raise TooManyEndpoints
    endpoint: WebhookEndpoint = WebhookEndpoint.objects.create(
        url=url,
        events=sorted(set(events)),
        description=description,
        secret="whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
        created_by=actor.user_or_none,
    )
    audit.record(actor=actor, action="webhook.created", record=endpoint)
    endpoint.refresh_from_db()
    return endpoint


def delete_endpoint(*, actor: Actor, endpoint: WebhookEndpoint) -> None:
    """Remove an endpoint and its deliveries."""
    audit.record(actor=actor, action="webhook.deleted", record=endpoint)
    endpoint.delete()


def publish(*, event: str, data: dict[str, Any]) -> None:
    """Promise an event to every endpoint that wants it, in the caller's transaction."""
    with connection.cursor() as cursor:  # asked for every call that ends, and mostly in vain
        cursor.execute(
            "SELECT id FROM accounts_webhookendpoint WHERE tenant_id = %s AND disabled_at IS NULL"
            " AND (events = '{}' OR %s = ANY(events))",
            [current_tenant_id(), event],
        )
        wanted = [pk for (pk,) in cursor.fetchall()]
    if not wanted:
        return
    deliveries = [
        WebhookDelivery(
            endpoint_id=endpoint_id,
            event=event,
            payload={"type": event, "timestamp": timezone.now().isoformat(), "data": data},
            next_attempt_at=timezone.now(),
        )
        for endpoint_id in wanted
    ]
    WebhookDelivery.objects.bulk_create(deliveries)
    for delivery in deliveries:
        _promise(delivery, 1)


def _promise(delivery: WebhookDelivery, attempt: int, run_at: dt.datetime | None = None) -> None:
    payload = {"delivery_id": str(delivery.pk), "attempt": attempt}
    outbox.put(topic=TOPIC, key=f"{delivery.pk}:{attempt}", payload=payload, run_at=run_at)


def redeliver(*, delivery: WebhookDelivery) -> WebhookDelivery:
    """Send an event once more, whatever became of it."""
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        status=WebhookDelivery.Status.PENDING, next_attempt_at=timezone.now()
    )
    payload = {"delivery_id": str(delivery.pk), "attempt": delivery.attempts + 1}
    outbox.put(topic=TOPIC, key=f"{delivery.pk}:again:{uuid.uuid4()}", payload=payload)
    delivery.refresh_from_db()
    return delivery


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header of a message."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


@outbox.handles(TOPIC)
def deliver(message: dict[str, Any]) -> None:
    """Try one delivery once, outside any transaction, and write down how it went."""
    with transaction.atomic():
        deliveries = WebhookDelivery.objects.select_related("endpoint").filter(pk=message["delivery_id"])
        delivery = deliveries.first()
    if delivery is None or delivery.endpoint.disabled_at or delivery.status != WebhookDelivery.Status.PENDING:
        return
    started = time.monotonic()
    status, error = _post(delivery)
    with transaction.atomic():
        delivery.attempts += 1
        delivery.response_status = status
        delivery.duration_ms = int((time.monotonic() - started) * 1000)
        delivery.error = error[:200]
        _conclude(delivery, ok=status is not None and 200 <= status < 300)


def _post(delivery: WebhookDelivery) -> tuple[int | None, str]:
    """Send; returns (status or None, words of what went wrong)."""
    body = orjson.dumps(delivery.payload)
    timestamp = int(time.time())
    headers = {
        "content-type": "application/json",
        "user-agent": f"{settings.BRAND}-Webhooks/1",
        "webhook-id": str(delivery.pk),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(delivery.endpoint.secret, str(delivery.pk), timestamp, body),
    }
    try:
        checked = net.check_public_url(delivery.endpoint.url, allowed_origins=settings.WEBHOOK_ALLOWED_ORIGINS)
        with (
            net.pinned_client(checked) as client,
            client.stream("POST", delivery.endpoint.url, content=body, headers=headers) as response,
        ):
            status = response.status_code
    except net.UrlNotAllowed as refused:
        return None, refused.reason
    except httpx.HTTPError as failure:
        return None, type(failure).__name__
    return status, "" if 200 <= status < 300 else f"The endpoint answered {status}."


def _conclude(delivery: WebhookDelivery, *, ok: bool) -> None:
    endpoint = delivery.endpoint
    now = timezone.now()
    if ok:
        delivery.status, delivery.delivered_at, delivery.next_attempt_at = "delivered", now, None
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failing_since=None)
    elif delivery.attempts <= len(PAUSES) and delivery.response_status != 410:
        pause = PAUSES[delivery.attempts - 1] * (0.9 + secrets.randbelow(200) / 1000)
        delivery.next_attempt_at = now + dt.timedelta(seconds=pause)
        _promise(delivery, delivery.attempts + 1, delivery.next_attempt_at)
        WebhookEndpoint.objects.filter(pk=endpoint.pk, failing_since=None).update(failing_since=now)
    else:
        delivery.status, delivery.next_attempt_at = "failed", None
    delivery.save()
    _disable_when_hopeless(endpoint, delivery, now)


def _disable_when_hopeless(endpoint: WebhookEndpoint, delivery: WebhookDelivery, now: dt.datetime) -> None:
    """410 means gone; three days without one success means nobody listens."""
    reason = "The endpoint answered 410 Gone." if delivery.response_status == 410 else ""
    if endpoint.failing_since and now - endpoint.failing_since > GIVE_UP_AFTER and delivery.status != "delivered":
        reason = "Nothing was delivered for three days."
    if reason:
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(disabled_at=now, disabled_reason=reason)
