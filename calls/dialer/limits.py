"""What limits a running campaign now: the same reckoning as a claim's, without its locks, said in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.db.models.functions import Now

from accounts import ledger
from accounts.models import LedgerAccount
from calls.caller_numbers import find_pool, free_again_at
from calls.dialer import timing
from calls.dialer.pacing import live_counts
from campaigns.limits import Limit
from campaigns.models import Campaign, CampaignLead, ProviderGate
from campaigns.reasons import reason_advice


def explain(campaign: Campaign) -> Limit | None:
    """What is in the way of the next call: nobody is due, or the smallest of all limits, if it leaves no room.

    None while the next call may be placed: then the dialer is about to place it, and nothing limits the campaign.
    """
    if nobody := _nobody_due(campaign):
        return nobody
    of_campaign, of_tenant = live_counts(campaign)
    lines: dict[str, tuple[int, Callable[[], Limit]]] = {
        "campaign": (
            campaign.max_concurrent_calls - of_campaign,
            lambda: _at_once("campaign", of_campaign, campaign.max_concurrent_calls, "the campaign"),
        ),
        "tenant": (
            campaign.tenant.max_concurrent_calls - of_tenant,
            lambda: _at_once("tenant", of_tenant, campaign.tenant.max_concurrent_calls, "the workspace"),
        ),
        "minutes": (ledger.available(LedgerAccount.Kind.MINUTES), _minutes),
    }
    if (rate := _rate(campaign)) is not None:
        lines["rate"] = rate
    if (pool := find_pool(campaign)) is not None:
        lines["caller_ids"] = (pool.free, lambda: _caller_numbers(campaign))
    room, say = min(lines.values(), key=lambda line: line[0])
    return say() if room <= 0 else None


def _nobody_due(campaign: Campaign) -> Limit | None:
    waiting = CampaignLead.objects.filter(campaign=campaign).waiting().order_by()
    if waiting.due().exists():
        return None
    first = waiting.order_by("next_attempt_at").first()
    if first is None:
        return Limit("leads", "Everybody has been called; the last calls come to their end.")
    why = reason_advice(first.status_reason) or "The next try comes when its time has come."
    return Limit("leads", f"Nobody is due just now. {why}", first.next_attempt_at)


def _at_once(code: str, live: int, most: int, whose: str) -> Limit:
    return Limit(code, f"Calls at once: {live} of {most} in {whose}.")


def _minutes() -> Limit:
    account = ledger.get_account(LedgerAccount.Kind.MINUTES)
    return Limit(
        "minutes", f"Call minutes: {max(0, account.available)} free, {account.held} held by calls on the line."
    )


def _caller_numbers(campaign: Campaign) -> Limit:
    count = len(campaign.caller_ids)
    numbers = "The caller number is" if count == 1 else f"All {count} caller numbers are"
    return Limit("caller_ids", f"{numbers} used as much as allowed.", free_again_at(campaign))


def _rate(campaign: Campaign) -> tuple[int, Callable[[], Limit]] | None:
    """Calls that the provider account's bucket would let start now; None before the first call over it."""
    speed = timing.speed_of(campaign.provider)
    gate = ProviderGate.objects.filter(provider=campaign.provider).annotate(now=Now()).first()
    if gate is None:
        return None
    network = campaign.get_provider_display()
    if gate.throttled_until and gate.throttled_until > gate.now:
        until: dt.datetime = gate.throttled_until
        return 0, lambda: Limit("throttled", f"{network} has asked to slow down.", until)
    a_second = gate.calls_per_second * speed
    tokens = min(max(a_second, 1.0), gate.tokens + a_second * (gate.now - gate.refilled_at).total_seconds())
    return int(tokens), lambda: Limit("rate", f"New calls: {a_second:g} a second over {network}.")
