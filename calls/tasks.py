"""Background work of calls: the drive and the sweep. Each finds its due work by a query."""

import uuid

from celery import shared_task

from calls.dialer import drive, hanging_up, sweep


@shared_task(queue="dialer")
def drive_dialer(tenant_id: str = "") -> int:
    """Dial for every running campaign for a few seconds; the tenant only says who asked for the nudge."""
    return drive.Drive().run()


@shared_task(queue="default")
def sweep_calls(tenant_id: str = "") -> int:
    """Look after attempts whose lease has expired, also while no campaign runs."""
    return sweep.sweep_all()


@shared_task(queue="dialer")
def hang_up_campaign(tenant_id: str, campaign_id: str) -> int:
    """End every call in flight of a campaign that was stopped hard."""
    return hanging_up.hang_up_campaign(tenant_id=uuid.UUID(tenant_id), campaign_id=uuid.UUID(campaign_id))
