"""Ending calls from our side: for a hard stop, or when a person of the workspace asks for it."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import structlog
from django.db import transaction

from calls import telephony
from calls.models import Call
from calls.providers.base import ProviderError, VoiceProvider
from core.scope import tenant_context

log = structlog.get_logger(__name__)
AT_ONCE = 16


def hang_up_campaign(*, tenant_id: uuid.UUID, campaign_id: uuid.UUID) -> int:
    """Ask the provider to end every placed call of a campaign; how they ended is told by webhooks as always.

    Calls of unknown fate have no provider id yet; they are found by the sweep and end by themselves.
    """
    with tenant_context(tenant_id), transaction.atomic():
        live = Call.objects.filter(campaign_id=campaign_id, provider_call_id__isnull=False).live()
        placed = list(live.values_list("provider", "provider_call_id"))
        providers = telephony.find_providers({provider for provider, _ in placed})
    calls = [(provider, pk) for name, pk in placed if (provider := providers[name])]
    if not calls:
        return 0
    with ThreadPoolExecutor(min(AT_ONCE, len(calls)), thread_name_prefix="hang-up") as pool:
        return sum(pool.map(_hang_up, calls))


def hang_up_call(*, call: Call) -> bool:
    """Ask the provider to end one call; whether it was asked. A call it has not confirmed yet cannot be ended."""
    provider = telephony.find_providers([call.provider])[call.provider] if call.provider_call_id else None
    return provider is not None and _hang_up((provider, str(call.provider_call_id)))


def _hang_up(call: tuple[VoiceProvider, str]) -> bool:
    provider, provider_call_id = call
    try:
        provider.hang_up(provider_call_id)
    except ProviderError as error:
        log.warning("hang_up_failed", provider=provider.name, error=type(error).__name__)
        return False
    return True
