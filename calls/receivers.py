"""What campaigns announce: each only nudges; the tick finds the work without it."""

from __future__ import annotations

from typing import Any

from calls import tasks
from campaigns import signals


def connect() -> None:
    """Listen to campaigns."""
    signals.campaign_started.connect(nudge_dialer, dispatch_uid="calls.nudge_dialer")
    signals.campaign_stopping.connect(hang_up_calls, dispatch_uid="calls.hang_up_calls")


def nudge_dialer(sender: Any, *, tenant_id: str, **_: Any) -> None:
    """Dial at once instead of at the next tick."""
    tasks.drive_dialer.delay(str(tenant_id))


def hang_up_calls(sender: Any, *, tenant_id: str, campaign_id: str, hang_up: bool = False, **_: Any) -> None:
    """End the calls in flight of a campaign that was stopped hard."""
    if hang_up:
        tasks.hang_up_campaign.delay(str(tenant_id), str(campaign_id))
    tasks.drive_dialer.delay(str(tenant_id))
