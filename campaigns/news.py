"""News of a campaign to the pages that watch it, over Redis; lost news only delays them by seconds."""

import uuid
from typing import Any

import structlog
from django.db import transaction
from redis.exceptions import RedisError

from core.rates import redis_client
from core.scope import current_tenant_id

log = structlog.get_logger(__name__)


def channel_of(tenant_id: Any, campaign_id: Any) -> str:
    """The channel of one campaign; it begins with the workspace."""
    return f"sb:{tenant_id}:campaign:{campaign_id}"


def tell(campaign_id: uuid.UUID) -> None:
    """Say after the commit that something of the campaign has changed."""
    channel = channel_of(current_tenant_id(), campaign_id)
    transaction.on_commit(lambda: _publish(channel), robust=True)


def _publish(channel: str) -> None:
    try:
        redis_client().publish(channel, "1")
    except (RedisError, OSError) as error:
        log.warning("campaign_news_lost", error=type(error).__name__)
