"""The live page as a stream of server-sent events: a new drawing whenever something has happened."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.template.loader import render_to_string
from redis import asyncio as redis
from redis.exceptions import RedisError

from campaigns.news import channel_of
from campaigns.pages import live_context
from campaigns.selectors import get_campaign
from core.scope import current_tenant_id, tenant_scope

_PAUSE = 1.0
"""Seconds between two drawings at least."""
_QUIET = 10.0
"""After so many seconds without news the page is drawn anyway: times run on, and news can be lost."""
_MOST = 1800.0
"""Seconds after which the browser is made to connect anew, so that nobody watches with an old sign-in."""


@transaction.non_atomic_requests
async def campaign_events(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Stream the drawings of one campaign; 404 for a campaign of another workspace."""
    tenant_id = current_tenant_id()
    await sync_to_async(_find)(tenant_id, pk)
    response = StreamingHttpResponse(_events(tenant_id, pk), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _find(tenant_id: uuid.UUID, pk: uuid.UUID) -> None:
    with tenant_scope(tenant_id):
        get_campaign(pk)
    _give_back()


def _give_back() -> None:
    """Put the connection back into the pool: a stream is open for minutes and needs it for moments."""
    if not connection.in_atomic_block:
        connection.close()


async def _events(tenant_id: uuid.UUID, pk: uuid.UUID) -> AsyncIterator[str]:
    client = redis.Redis.from_url(settings.CACHE_URL)
    listener = client.pubsub(ignore_subscribe_messages=True)
    loop = asyncio.get_running_loop()
    ends = loop.time() + _MOST
    status = ""
    try:
        await _quietly(listener.subscribe(channel_of(tenant_id, pk)))
        while loop.time() < ends:
            drawn, now = await sync_to_async(_draw)(tenant_id, pk)
            yield _event("figures", drawn)
            if status and now != status:
                yield _event("moved", now)
            status = now
            if now not in ("running", "paused", "stopping"):
                return
            await asyncio.sleep(_PAUSE)
            await _wait(listener)
    finally:
        await _quietly(listener.aclose())  # type: ignore[no-untyped-call]
        await _quietly(client.aclose())


async def _wait(listener: Any) -> None:
    """Until news come, or quiet has lasted long enough; without Redis until the latter."""
    try:
        await listener.get_message(timeout=_QUIET)
        while await listener.get_message(timeout=0):
            pass
    except (RedisError, OSError, RuntimeError):
        await asyncio.sleep(_QUIET)


async def _quietly(step: Any) -> None:
    try:
        await step
    except (RedisError, OSError):
        return


def _draw(tenant_id: uuid.UUID, pk: uuid.UUID) -> tuple[str, str]:
    with tenant_scope(tenant_id):
        campaign = get_campaign(pk)
        drawn = render_to_string("campaigns/live.html", live_context(campaign))
    _give_back()
    return drawn, campaign.status


def _event(name: str, data: str) -> str:
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\n{lines}\n"
